import type { AdoptTarget } from './adopt';
import type { Desired } from './change';
import { isOurLink, kindOf } from './compile/link';
import { OVS_MARK } from './compile/ovs';
import { bearsMark } from './libvirt/mark';
import { items, type Link, type Observed } from './observed';

/** What all marks of ours on interfaces begin with. */
const ANY_MARK = 'patchbay';

export type Candidate = AdoptTarget & {
  /** What it is, for people: "bridge", "libvirt network". */
  readonly kind: string;
};

const WORDS: Readonly<Record<string, string>> = { bridge: 'bridge', vlan: 'VLAN', bond: 'bond', tap: 'tap' };

/** What is on the host that could be managed here and is not, by name. Whether it can be said as a design, `adopt` tells. */
export function adoptable(observed: Observed, desired: Desired): readonly Candidate[] {
  const networks = items(observed.libvirtNetworks).filter(
    (n) =>
      !bearsMark(n.config) && !desired.networks.some((d) => d.footing === 'libvirt' && d.name === n.name),
  );
  const switches = items(observed.ovsBridges);
  const known = new Set<string>([
    ...desired.networks.flatMap((n) => n.bridge?.name ?? []),
    ...desired.links.map((l) => l.name),
    ...items(observed.libvirtNetworks).flatMap((n) =>
      n.bridge === null || n.forward === 'bridge' ? [] : [n.bridge],
    ),
  ]);
  const links = items(observed.links).filter(
    (l) => !known.has(l.name) && !switches.some((b) => b.name === l.name) && isCandidate(l),
  );
  return [
    ...networks.map((n): Candidate => ({ is: 'network', name: n.name, kind: 'libvirt network' })),
    ...switches
      .filter((b) => b.externalIds[OVS_MARK] === undefined && !known.has(b.name))
      .map((b): Candidate => ({ is: 'interface', name: b.name, kind: 'Open vSwitch bridge' })),
    ...links.map((l): Candidate => ({ is: 'interface', name: l.name, kind: WORDS[kindOf(l)] ?? l.kind })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Taps that a program holds open for itself are that program's. Unused bonds that the module makes are nobody's. */
function isCandidate(link: Link): boolean {
  if (isOurLink(link) || link.alias?.startsWith(ANY_MARK)) return false;
  const kind = kindOf(link);
  if (kind === 'tap') return link.tap?.persist === true;
  return kind === 'bridge' || kind === 'vlan' || (kind === 'bond' && link.up);
}
