import { short } from '../short';

/* One NIC as Ganeti describes it, whichever way it was written. */

export type GanetiNic = {
  readonly name?: string | undefined;
  readonly mac?: string | undefined;
  readonly ip?: string | undefined;
  readonly mode?: string | undefined;
  readonly link?: string | undefined;
  /** The bridge of mode bridged, when it is said apart from the link. */
  readonly bridge?: string | undefined;
  readonly vlan?: string | undefined;
  readonly network?: string | undefined;
};

export type Converted = {
  readonly nic: { readonly [field: string]: unknown };
  readonly problems: readonly string[];
  readonly notes: readonly string[];
};

/** Ganeti's words for "make one": the wish stays, nothing is invented. */
const MADE = ['auto', 'generate'];

/** Sentences are without the NIC they are about. */
export function convertGanetiNic(from: GanetiNic): Converted {
  const problems: string[] = [];
  const notes: string[] = [];
  const { ip, mac } = from;
  const pooled = ip === 'pool';
  if (pooled && from.network === undefined)
    problems.push('ip=pool needs a network, out of whose pool it comes.');
  if (pooled && from.network !== undefined)
    notes.push(`its address was to come out of the pool of network ${short(from.network)}: it has none yet.`);
  const open = mac === undefined || MADE.includes(mac);
  if (open) notes.push('its MAC address is still to be made.');
  return {
    nic: {
      mac: open ? undefined : mac,
      addresses: ip === undefined || ip === '' || pooled ? undefined : [ip],
      ...sourceOf(from, problems, notes),
      vlan: vlanOf(from, problems),
    },
    problems,
    notes,
  };
}

function sourceOf(from: GanetiNic, problems: string[], notes: string[]): object {
  const { mode, network, link, bridge, ip } = from;
  if (network !== undefined && (mode ?? link ?? bridge) === undefined)
    return { source: { type: 'network', network } };
  const to = link ?? bridge;
  if (link !== undefined && bridge !== undefined && link !== bridge && mode === 'bridged')
    problems.push(`its link is ${short(link)} and its bridge is ${short(bridge)}: they must be the same.`);
  switch (mode ?? (to === undefined ? undefined : 'bridged')) {
    case 'bridged':
    case 'openvswitch': {
      if (to === undefined) problems.push('link is needed: the bridge it is plugged into.');
      if (network !== undefined)
        notes.push(
          `it is in Ganeti's network ${short(network)}, which is ${mode ?? 'bridged'} on ${short(to ?? '')} here: that bridge is kept.`,
        );
      const onSwitch = mode === 'openvswitch' ? { virtualPort: { type: 'openvswitch' } } : {};
      return { source: { type: 'bridge', bridge: to }, ...onSwitch };
    }
    case 'routed': {
      if (ip === undefined || ip === '' || ip === 'pool') {
        problems.push('mode is routed, which needs an ip: the route to the guest goes there.');
        return {};
      }
      const routed = { type: 'routed', addresses: [ip] };
      if (link === undefined || link === '') return { source: routed };
      if (/^\d+$/.test(link)) return { source: { ...routed, table: Number(link) } };
      notes.push(
        `its link ${short(link)} is a table of routes that hosts give a name: the main one is taken.`,
      );
      return { source: routed };
    }
    case undefined:
      problems.push(
        'mode and link are needed, or a network: what Ganeti takes otherwise is a setting of its cluster.',
      );
      return {};
    default:
      problems.push(`mode must be bridged, routed or openvswitch, not "${short(mode ?? '')}".`);
      return {};
  }
}

/** `100` or `.100`: untagged in 100. `:1:2`: a trunk. `.1:2:3`: a trunk whose untagged packets are in 1. */
function vlanOf({ vlan, mode }: GanetiNic, problems: string[]): unknown {
  if (vlan === undefined || vlan === '') return undefined;
  const [, own = '', tagged = ''] = /^\.?(\d*)((?::\d+)*)$/.exec(vlan) ?? [];
  const trunk = tagged.split(':').filter((id) => id !== '');
  if (own === '' && trunk.length === 0) {
    problems.push(`vlan=${short(vlan)} is not written like .100, :10:20 or .100:10:20.`);
    return undefined;
  }
  if (mode === 'routed') problems.push('mode is routed, which has no VLAN.');
  const others = trunk.map((id) => ({ id: Number(id) }));
  if (trunk.length === 0) return { tags: [{ id: Number(own) }] };
  return {
    trunk: true,
    tags: own === '' ? others : [{ id: Number(own), nativeMode: 'untagged' }, ...others],
  };
}
