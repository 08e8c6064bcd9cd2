import { MARK } from './compile/native';
import { items, type Link, type Observed, type OvsBridge } from './observed';
import { vlansBack } from './plan-links-vlans';
import { transact } from './plan-ovs-columns';
import { ovsPortsOf } from './plan-ovs-situation';
import { portAgain, unplugPorts } from './plan-ovs-unplug';
import { portBack } from './plan-ports';
import { type Draft, ip } from './plan-situation';

/** What an interface is plugged into; `port`: as Open vSwitch has it, null on a Linux bridge. */
export type Plug = { readonly bridge: string; readonly port: OvsBridge['ports'][number] | null };

/** Null: into nothing. The kernel names Open vSwitch's datapath as the master, or nothing; the switch knows the bridge. */
export function plugOf(observed: Observed, name: string): Plug | null {
  for (const bridge of items(observed.ovsBridges)) {
    const port = ovsPortsOf(bridge).find((p) => p.name === name);
    if (port !== undefined) return { bridge: bridge.name, port };
  }
  const master = linkAt(observed, linkAt(observed, name)?.master ?? null);
  return master === undefined || master.kind === 'openvswitch' ? null : { bridge: master.name, port: null };
}

const linkAt = (observed: Observed, name: string | null): Link | undefined =>
  observed.links.known && name !== null ? observed.links.value[name] : undefined;

/** Out of what it is plugged into. */
export const unplugging = (name: string, from: Plug | null): Draft['actions'] => {
  if (from === null) return [];
  return from.port === null
    ? [ip('link', 'set', 'dev', name, 'nomaster')]
    : unplugPorts(from.bridge, [from.port]);
};

/** Back into what it was plugged into, with its VLANs and what else was said of it. */
export function pluggingBack(observed: Observed, name: string, into: Plug | null): Draft['inverse'] {
  if (into === null) return [];
  if (into.port !== null) return [transact(portAgain(into.bridge, into.port))];
  const bridge = linkAt(observed, into.bridge);
  return [
    ip('link', 'set', 'dev', name, 'master', into.bridge),
    ...(bridge?.alias?.startsWith(MARK) ? portBack({ observed }, name) : vlansBack(observed, bridge, [name])),
  ];
}
