import { BOND_OPTIONS, delayOf, miimonOf } from './compile/link';
import type { Bond, HostBridge } from './kinds/link';
import type { Link } from './observed';
import { type Draft, ip } from './plan-situation';

/** What a bridge of the host can change while everything stays plugged in. */
export function bridgeLinkSteps(goal: HostBridge, seen: Link): readonly Draft[] {
  const { name } = goal;
  const { bridge } = seen;
  if (bridge === null) return [];
  const set = (...options: readonly string[]) => ip('link', 'set', 'dev', name, 'type', 'bridge', ...options);
  const touches = [`bridge ${name}`];
  const steps: Draft[] = [];
  const delay = String(delayOf(goal));
  const was = bridge.forwardDelay === null ? delay : String(bridge.forwardDelay);
  // No STP takes any delay; with it the kernel wants 2 s and more. Off it goes before the delay, on after it.
  const stp = (on: boolean, wait: string) =>
    on
      ? [set('forward_delay', wait), set('stp_state', '1')]
      : [set('stp_state', '0'), set('forward_delay', wait)];
  if (bridge.stp !== goal.stp)
    steps.push({
      title: `Turn STP ${goal.stp ? 'on' : 'off'} on ${name}`,
      touches,
      actions: stp(goal.stp, delay),
      inverse: stp(bridge.stp, was),
    });
  else if (was !== delay)
    steps.push({
      title: `Change the forward delay of ${name} to ${Number(delay) / 100} s`,
      touches,
      actions: [set('forward_delay', delay)],
      inverse: [set('forward_delay', was)],
    });
  return steps;
}

/** What a bond can change while its members stay. */
export function bondSteps(goal: Bond, seen: Link): readonly Draft[] {
  const { bond } = seen;
  if (bond === null) return [];
  const option = (
    field: keyof typeof BOND_OPTIONS,
    to: string | undefined,
    from: string,
  ): readonly Draft[] => {
    if (to === undefined || to === from) return [];
    const set = (value: string) =>
      ip('link', 'set', 'dev', goal.name, 'type', 'bond', BOND_OPTIONS[field], value);
    return [
      {
        title: `Change ${WORDS[field]} of ${goal.name} to ${to}`,
        touches: [`bond ${goal.name}`],
        actions: [set(to)],
        inverse: from === '' ? [] : [set(from)],
      },
    ];
  };
  return [
    ...option('miimon', String(miimonOf(goal)), String(bond.miimon ?? miimonOf(goal))),
    ...option('hashPolicy', goal.hashPolicy, bond.hashPolicy ?? ''),
    ...option('primary', goal.primary, bond.primary ?? ''),
  ];
}

const WORDS = {
  miimon: 'the carrier interval',
  hashPolicy: 'the hash policy',
  primary: 'the primary member',
  lacpRate: 'the LACP rate',
} as const;
