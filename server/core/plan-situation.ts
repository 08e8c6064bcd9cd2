import type { Action, Desired, Step } from './change';
import { isMarked } from './check-host';
import type { Place, Realisation } from './compile/realisation';
import type { Network } from './kinds/network';
import { items, type Link, type Observed } from './observed';
import { ovsPortsOf } from './plan-ovs-situation';

/** A step before it has its number. */
export type Draft = Omit<Step, 'n'>;

export type Situation = {
  readonly observed: Observed;
  readonly place: Place;
  /** What shall be. */
  readonly goal: Realisation;
  /** What was committed: how things were made that go now. */
  readonly was: Realisation;
  /** What was committed, and what was being made when it broke off. */
  readonly formerly: readonly Realisation[];
  /** What libvirt shall make, and what it was committed to. */
  readonly libvirt: { readonly goal: readonly Network[]; readonly was: readonly Network[] };
  readonly desired: Desired;
  /** Bridges of ours beside the marked ones: made by a step that was cut off before it marked them. */
  readonly alsoOurs: ReadonlySet<string>;
  /** The same of Open vSwitch. */
  readonly alsoOvs: ReadonlySet<string>;
};

/** Bridges on the host that are ours, in the order they were made. */
export function ourBridges({
  observed,
  alsoOurs,
}: Pick<Situation, 'observed' | 'alsoOurs'>): readonly Link[] {
  return items(observed.links)
    .filter((l) => isMarked(l) || (l.kind === 'bridge' && alsoOurs.has(l.name)))
    .sort((a, b) => a.index - b.index);
}

export const portsOf = (observed: Observed, bridge: string): readonly string[] =>
  [
    ...items(observed.links).filter((l) => l.master === bridge),
    ...items(observed.ovsBridges)
      .filter((b) => b.name === bridge)
      .flatMap(ovsPortsOf),
  ]
    .map((l) => l.name)
    .sort();

/** Bridges of ours that no desired network has. */
const unwanted = (s: Situation): readonly Link[] =>
  ourBridges(s).filter((l) => !s.goal.bridges.some((b) => b.name === l.name));

/**
 * Bridges with our mark that no committed network has and no step of this change made, with guests in them: left over
 * from records that are gone, or somebody else's Patchbay. They are not ours to empty.
 */
export const strays = (s: Situation): readonly Link[] =>
  unwanted(s).filter(
    (l) =>
      !s.was.bridges.some((b) => b.name === l.name) &&
      !s.alsoOurs.has(l.name) &&
      portsOf(s.observed, l.name).length > 0,
  );

/** Bridges that go. */
export function goingBridges(s: Situation): readonly Link[] {
  const left = new Set(strays(s).map((l) => l.name));
  return unwanted(s).filter((l) => !left.has(l.name));
}

export const FORWARDING = { 4: 'net.ipv4.ip_forward', 6: 'net.ipv6.conf.all.forwarding' } as const;

/** A dot in the name of a link is a slash here, as sysctl(8) has it. */
export const acceptRa = (link: string): string => `net.ipv6.conf.${link.replaceAll('.', '/')}.accept_ra`;

export const setting = (observed: Observed, key: string): string | undefined =>
  observed.sysctls.known ? observed.sysctls.value[key]?.value : undefined;

export const ip = (...args: readonly string[]): Action => ({ do: 'run', tool: 'ip', args });
export const sysctl = (key: string, value: string): Action => ({
  do: 'run',
  tool: 'sysctl',
  args: ['-w', `${key}=${value}`],
});

export const txChecksum = (device: string, to: 'on' | 'off'): Action => ({
  do: 'run',
  tool: 'ethtool',
  args: ['-K', device, 'tx', to],
});
