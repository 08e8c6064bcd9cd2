import type { BridgePort, FdbEntry, Link, PortVlans } from '../observed';
import { items } from '../observed';
import type { Scene } from './places';
import type { Evidence, TraceCode } from './report';

/* One pass through a Linux bridge, from one port to another; the bridge's own port has the bridge's name. */

export type Fault = {
  readonly code: TraceCode;
  readonly object: string;
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
};
export type BridgePass = {
  readonly bridge: Link;
  readonly into: string;
  readonly out: string;
  /** Of the packet as it comes in: null: no tag. */
  readonly tag: number | null;
  readonly macFrom: string | null;
  readonly macTo: string | null;
};
export type BridgeAnswer = {
  readonly faults: readonly Fault[];
  /** As it goes out: null: without a tag, or the bridge does not look at them. */
  readonly tag: number | null;
  /** In the bridge. */
  readonly vlan: number | null;
};

const portOf = ({ observed }: Scene, port: string): BridgePort | undefined =>
  observed.bridgePorts.known ? observed.bridgePorts.value[port] : undefined;
const vlansOf = ({ observed }: Scene, port: string): PortVlans['vlans'] | null =>
  observed.vlans.known ? (observed.vlans.value[port]?.vlans ?? []) : null;

export const vlanEvidence = (port: string, vlans: PortVlans['vlans']): Evidence => ({
  command: `bridge vlan show dev ${port}`,
  output: vlanWords(vlans) || 'none',
});
function vlanWords(vlans: PortVlans['vlans']): string {
  const one = ({ from, to, pvid, untagged }: PortVlans['vlans'][number]) =>
    [
      from === to ? `${from}` : `${from}-${to}`,
      ...(pvid ? ['PVID'] : []),
      ...(untagged ? ['untagged'] : []),
    ].join(' ');
  return vlans.map(one).join(', ');
}

export const linkEvidence = ({ name, up, carrier, master, operState }: Link): Evidence => ({
  command: `ip -d link show ${name}`,
  output: `${up ? 'UP' : 'DOWN'}${up && !carrier ? ', no carrier' : ''}, state ${operState}, master ${master ?? 'none'}`,
});

/** A device that packets go through. */
export function linkFaults(link: Link): readonly Fault[] {
  const evidence = [linkEvidence(link)];
  const say = (code: TraceCode, sentence: string): Fault => ({ code, object: link.name, sentence, evidence });
  if (!link.up) return [say('LINK_SET_DOWN', `${link.name} is set down.`)];
  if (!link.carrier && link.kind === 'tun')
    return [say('TAP_NO_OPENER', `No process holds ${link.name} open, so nobody is behind it.`)];
  if (!link.carrier)
    return [say('LINK_SET_DOWN', `${link.name} has no carrier: its other end is down or not plugged in.`)];
  return [];
}

const inVlan = (vlans: PortVlans['vlans'], id: number) => vlans.find((v) => v.from <= id && id <= v.to);

export function passBridge(
  scene: Scene,
  { bridge, into, out, tag, macFrom, macTo }: BridgePass,
): BridgeAnswer {
  const faults: Fault[] = [];
  const self = bridge.name;
  for (const port of [into, out]) {
    if (port === self) continue;
    const state = portOf(scene, port);
    // Ports of a bridge that is down, and such without carrier, are disabled: that is said of these.
    const counts = bridge.up && scene.links.get(port)?.carrier !== false;
    if (counts && state !== undefined && state.state !== 'forwarding')
      faults.push({
        ...{ code: 'STP_NOT_FORWARDING', object: port },
        sentence: `Port ${port} of ${self} does not forward: it is ${state.state}.`,
        evidence: [{ command: `bridge -d link show dev ${port}`, output: `state ${state.state}` }],
      });
  }
  const from = portOf(scene, into);
  const to = portOf(scene, out);
  if (from?.locked && macFrom !== null && !isLearnt(scene, into, macFrom))
    faults.push({
      ...{ code: 'PORT_LOCKED', object: into },
      sentence: `Port ${into} of ${self} is locked, and takes packets only from addresses that the bridge has there already.`,
      evidence: [{ command: `bridge -d link show dev ${into}`, output: 'locked on' }],
    });
  if (from?.isolated && to?.isolated) {
    // The same in both directions: it is one thing.
    const pair = [into, out].sort();
    faults.push({
      ...{ code: 'PORTS_ISOLATED', object: pair[0] ?? out },
      sentence: `Ports ${pair.join(' and ')} of ${self} are both isolated: isolated ports do not reach each other.`,
      evidence: pair.map((p) => ({ command: `bridge -d link show dev ${p}`, output: 'isolated on' })),
    });
  }
  if (to?.flood === false && macTo !== null && !isLearnt(scene, out, macTo))
    faults.push({
      ...{ code: 'FLOOD_OFF', object: out },
      sentence: `Port ${out} of ${self} gets no packets for addresses that the bridge has not learnt, and it has not learnt ${macTo} there.`,
      evidence: [{ command: `bridge -d link show dev ${out}`, output: 'flood off' }],
    });
  faults.push(...elsewhere(scene, { bridge: self, out, macTo }));
  const { faults: tagged, ...rest } = tags(scene, { bridge, into, out, tag });
  return { faults: [...faults, ...tagged], ...rest };
}

const entriesOf = ({ observed }: Scene, mac: string | null): readonly FdbEntry[] =>
  mac === null ? [] : items(observed.fdb).filter((e) => e.mac.toLowerCase() === mac.toLowerCase());
const isLearnt = (scene: Scene, port: string, mac: string) =>
  entriesOf(scene, mac).some((e) => e.port === port);

/** The bridge has learnt this address at another port: it sends what is for it there. */
function elsewhere(
  scene: Scene,
  { bridge, out, macTo }: { readonly bridge: string; readonly out: string; readonly macTo: string | null },
): readonly Fault[] {
  const learnt = entriesOf(scene, macTo).filter((e) => e.bridge === bridge && e.port !== bridge);
  const other = learnt.find((e) => e.port !== out);
  if (macTo === null || other === undefined || learnt.some((e) => e.port === out) || out === bridge)
    return [];
  return [
    {
      ...{ code: 'DUPLICATE_MAC', object: other.port },
      sentence: `${bridge} has learnt ${macTo} at port ${other.port}, not at ${out}: somebody there uses the same MAC address, or did.`,
      evidence: [{ command: `bridge fdb show br ${bridge}`, output: `${macTo} dev ${other.port}` }],
    },
  ];
}

type Tagged = Pick<BridgePass, 'bridge' | 'into' | 'out' | 'tag'>;

function tags(scene: Scene, { bridge, into, out, tag }: Tagged): BridgeAnswer {
  // Without VLAN filtering tags pass as they are.
  if (bridge.bridge?.vlanFiltering !== true) return { faults: [], tag, vlan: tag };
  const [mine, theirs] = [vlansOf(scene, into), vlansOf(scene, out)];
  if (mine === null || theirs === null) return { faults: [], tag: null, vlan: null };
  const self = bridge.name;
  const who = (port: string) => (port === self ? `the host's own port of ${self}` : port);
  const vlan = tag ?? mine.find((v) => v.pvid)?.from ?? null;
  if (vlan === null)
    return {
      ...{ tag: null, vlan: null },
      faults: [
        {
          ...{ code: 'NO_PVID', object: into },
          sentence: `${who(into)} has no PVID: what comes in without a tag is dropped there.`,
          evidence: [vlanEvidence(into, mine)],
        },
      ],
    };
  const evidence = [vlanEvidence(into, mine), vlanEvidence(out, theirs)];
  if (inVlan(mine, vlan) === undefined)
    return {
      ...{ tag: null, vlan },
      faults: [
        {
          ...{ code: 'VLAN_MISMATCH', object: into },
          sentence: `${who(into)} is not in VLAN ${vlan}, which the packet is tagged with.`,
          evidence: [vlanEvidence(into, mine)],
        },
      ],
    };
  const leaving = inVlan(theirs, vlan);
  if (leaving !== undefined) return { faults: [], tag: leaving.untagged ? null : vlan, vlan };
  const usual = theirs.find((v) => v.pvid)?.from;
  const fault: Fault =
    out === self
      ? {
          ...{ code: 'BRIDGE_SELF_NOT_IN_VLAN', object: self },
          sentence: `The host's own port of ${self} is not in VLAN ${vlan}: ${who(into)} reaches neither the host nor its DHCP.`,
          evidence,
        }
      : {
          ...{ code: into === self ? 'BRIDGE_SELF_NOT_IN_VLAN' : 'VLAN_MISMATCH', object: out },
          sentence:
            usual === undefined
              ? `${who(into)} is in VLAN ${vlan}, and ${who(out)} is not: they are separate segments.`
              : `${who(into)} is in VLAN ${vlan}, ${who(out)} in VLAN ${usual}: they are separate segments.`,
          evidence,
        };
  return { faults: [fault], tag: null, vlan };
}
