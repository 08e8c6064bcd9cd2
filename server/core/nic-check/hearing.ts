import { items, type Observed } from '../observed';
import { type PortState, stateOf } from '../port-state';

/*
 * Who hears a broadcast frame that a guest sends into its port: the other ports of its switch that are in the same
 * VLAN, but for those that isolation keeps apart (br_vlan.c, br_forward.c of the kernel; xbundle of Open vSwitch).
 */

/** Ports that should hear it, or why that is not known. `vid`: the sender's own tag. */
export type Hearing =
  | {
      readonly known: true;
      readonly switch: string;
      readonly ports: readonly string[];
      readonly vlan: number | null;
    }
  | { readonly known: false; readonly why: string };

export function whoHears(observed: Observed, port: string, vid?: number): Hearing {
  const ovs = items(observed.ovsBridges).find((b) => b.ports.some((p) => p.name === port));
  if (ovs) return onOvs(ovs, port, vid);
  const own = items(observed.bridgePorts).find((p) => p.port === port);
  if (own === undefined) return { known: false, why: `${port} is in no bridge.` };
  const bridge = items(observed.links).find((l) => l.name === own.bridge)?.bridge;
  if (!bridge) return { known: false, why: `What bridge ${own.bridge} is could not be read.` };
  const others = items(observed.bridgePorts).filter((p) => p.bridge === own.bridge && p.port !== port);
  const open = others.filter(
    (p) => p.state === 'forwarding' && p.flood !== false && !(p.isolated && own.isolated),
  );
  const sending = own.state === 'forwarding';
  if (!bridge.vlanFiltering)
    return { known: true, switch: own.bridge, vlan: null, ports: sending ? open.map((p) => p.port) : [] };
  if (!observed.vlans.known) return { known: false, why: `VLANs could not be read: ${observed.vlans.why}` };
  const vlan = ingress(stateOf(observed, port), vid);
  const inIt = (name: string) => stateOf(observed, name).vlans.some((v) => v.vid === vlan);
  const ports = vlan === null || !sending ? [] : open.filter((p) => inIt(p.port)).map((p) => p.port);
  return { known: true, switch: own.bridge, vlan, ports };
}

/** The VLAN that a frame is in; null where the port does not take it. */
function ingress({ vlans }: PortState, vid: number | undefined): number | null {
  if (vid === undefined) return vlans.find((v) => v.pvid)?.vid ?? null;
  return vlans.some((v) => v.vid === vid) ? vid : null;
}

type OvsBridge = ReturnType<typeof ovsBridges>[number];
type OvsPort = OvsBridge['ports'][number];
const ovsBridges = (observed: Observed) => items(observed.ovsBridges);

function onOvs(bridge: OvsBridge, port: string, vid: number | undefined): Hearing {
  const own = bridge.ports.find((p) => p.name === port);
  if (own === undefined) return { known: false, why: `${port} is in no bridge.` };
  const vlan = ovsIngress(own, vid);
  const carries = (p: OvsPort) => vlan !== null && ovsCarries(p, vlan);
  const ports = bridge.ports
    .filter((p) => p.name !== port && p.name !== bridge.name && carries(p) && !(p.protected && own.protected))
    .map((p) => p.name);
  return { known: true, switch: bridge.name, vlan: vlan === 0 ? null : vlan, ports };
}

/** ovs-vswitchd.conf.db(5), `vlan_mode`; without one it is access where there is a tag, else trunk. */
const modeOf = ({ vlanMode, tag }: OvsPort) => vlanMode ?? (tag === null ? 'trunk' : 'access');

/** 0: no VLAN. Null: the port drops it. */
function ovsIngress(p: OvsPort, vid: number | undefined): number | null {
  const mode = modeOf(p);
  if (mode === 'dot1q-tunnel') return p.tag ?? 0;
  if (mode === 'access') return vid === undefined ? (p.tag ?? 0) : null;
  const vlan = vid ?? (mode === 'trunk' ? 0 : (p.tag ?? 0));
  return ovsCarries(p, vlan) ? vlan : null;
}

function ovsCarries(p: OvsPort, vlan: number): boolean {
  const mode = modeOf(p);
  if (mode === 'access' || mode === 'dot1q-tunnel') return (p.tag ?? 0) === vlan;
  const native = mode !== 'trunk' && p.tag === vlan;
  return native || p.trunks.length === 0 || p.trunks.includes(vlan);
}
