import type { Action } from './change';
import type { PortVlan } from './compile/realisation';
import type { Observed } from './observed';

/** An entry of the forwarding table that stays; `vid` null is for bridges that tell no VLANs apart. */
type Told = { readonly mac: string; readonly vid: number | null };

/** What of a port of a bridge is ours to set. */
export type PortState = {
  /** Sorted. */
  readonly vlans: readonly PortVlan[];
  readonly isolated: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly told: readonly Told[];
};

/** As the kernel has a port that was just plugged in. */
export const FRESH: PortState = {
  vlans: [{ vid: 1, pvid: true, untagged: true }],
  ...{ isolated: false, learning: true, flood: true, told: [] },
};

/** VLANs of a port, or of a bridge's own side. */
export function vlansOf(observed: Observed, port: string): readonly PortVlan[] {
  const seen = observed.vlans.known ? observed.vlans.value[port]?.vlans : undefined;
  return (seen ?? [])
    .flatMap(({ from, to, pvid, untagged }) =>
      Array.from({ length: to - from + 1 }, (_, i) => ({ vid: from + i, pvid, untagged })),
    )
    .sort((a, b) => a.vid - b.vid);
}

export function stateOf(observed: Observed, port: string): PortState {
  const seen = observed.bridgePorts.known ? observed.bridgePorts.value[port] : undefined;
  const table = observed.fdb.known ? Object.values(observed.fdb.value) : [];
  return {
    vlans: vlansOf(observed, port),
    isolated: seen?.isolated ?? false,
    learning: seen?.learning ?? true,
    flood: seen?.flood ?? true,
    told: table
      .filter((e) => e.port === port && e.bridge !== null && e.state === 'static')
      .map((e) => ({ mac: e.mac, vid: e.vlan })),
  };
}

type Command = readonly string[];

const sameVlan = (a: PortVlan, b: PortVlan) =>
  a.vid === b.vid && a.pvid === b.pvid && a.untagged === b.untagged;

/** Neighbours alike in one command; a PVID stands alone. */
function vlanCommands(verb: 'add' | 'del', device: string, vlans: readonly PortVlan[], self: boolean) {
  const runs: { first: PortVlan; last: number }[] = [];
  for (const v of vlans) {
    const run = runs.at(-1);
    const joins =
      run !== undefined &&
      run.last + 1 === v.vid &&
      (verb === 'del' || (!v.pvid && !run.first.pvid && v.untagged === run.first.untagged));
    if (joins) run.last = v.vid;
    else runs.push({ first: v, last: v.vid });
  }
  return runs.map(
    ({ first, last }): Command => [
      ...['vlan', verb, 'dev', device],
      ...['vid', first.vid === last ? String(last) : `${first.vid}-${last}`],
      ...(verb === 'add' && first.pvid ? ['pvid'] : []),
      ...(verb === 'add' && first.untagged ? ['untagged'] : []),
      ...(self ? ['self'] : []),
    ],
  );
}

/** What comes comes first, so that a port that keeps a VLAN is never without it. `self`: the bridge's own side. */
export function vlanChange(
  device: string,
  [from, to]: readonly [readonly PortVlan[], readonly PortVlan[]],
  self = false,
): readonly Command[] {
  const fresh = to.filter((v) => !from.some((o) => sameVlan(o, v)));
  const gone = from.filter((v) => !to.some((o) => o.vid === v.vid));
  return [...vlanCommands('add', device, fresh, self), ...vlanCommands('del', device, gone, self)];
}

const onOff = (yes: boolean) => (yes ? 'on' : 'off');

/** The commands, without the tool's name, that lead from one state to another; none when they are the same. */
export function portChange(port: string, from: PortState, to: PortState): readonly Command[] {
  const sameEntry = (a: Told, b: Told) => a.vid === b.vid && a.mac.toLowerCase() === b.mac.toLowerCase();
  const gone = from.told.filter((e) => !to.told.some((t) => sameEntry(e, t)));
  const fresh = to.told.filter((e) => !from.told.some((f) => sameEntry(e, f)));
  const entry = (verb: 'del' | 'replace', { mac, vid }: Told): Command => [
    ...['fdb', verb, mac, 'dev', port, 'master'],
    ...(verb === 'replace' ? ['static'] : []),
    ...(vid === null ? [] : ['vlan', String(vid)]),
  ];
  const flags = [
    ...(from.isolated === to.isolated ? [] : ['isolated', onOff(to.isolated)]),
    ...(from.learning === to.learning ? [] : ['learning', onOff(to.learning)]),
    ...(from.flood === to.flood ? [] : ['flood', onOff(to.flood)]),
  ];
  return [
    // Before its VLAN goes, after which the kernel no longer finds it.
    ...gone.map((e) => entry('del', e)),
    ...vlanChange(port, [from.vlans, to.vlans]),
    ...fresh.map((e) => entry('replace', e)),
    ...(flags.length === 0 ? [] : [['link', 'set', 'dev', port, ...flags]]),
  ];
}

/** Many commands are one process. */
export function bridgeActions(commands: readonly Command[]): readonly Action[] {
  const plain = commands.every((c) => c.every((word) => /^[A-Za-z0-9_.:@-]+$/.test(word)));
  if (commands.length < 5 || !plain) return commands.map((args) => ({ do: 'run', tool: 'bridge', args }));
  const stdin = commands.map((c) => `${c.join(' ')}\n`).join('');
  return [{ do: 'run', tool: 'bridge', args: ['-batch', '-'], stdin }];
}
