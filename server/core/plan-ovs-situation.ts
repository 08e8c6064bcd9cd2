import { OVS_MARK } from './compile/ovs';
import { items, type Observed, type OvsBridge } from './observed';

export const ovsAt = (observed: Observed, name: string): OvsBridge | undefined =>
  observed.ovsBridges.known ? observed.ovsBridges.value[name] : undefined;

/** Bridges of Open vSwitch that carry our mark. */
export const markedOvs = (observed: Observed): readonly OvsBridge[] =>
  items(observed.ovsBridges).filter((b) => b.externalIds[OVS_MARK] !== undefined);

/** All but the host's own, which is the bridge itself. */
export const ovsPortsOf = ({ name, ports }: OvsBridge): OvsBridge['ports'] =>
  ports.filter((p) => p.name !== name);
