import { batch, createLines, forcedBatch, inOrder, isThat, markOf, portsIn } from './compile/link';
import type { HostLink } from './kinds/link';
import type { Link } from './observed';
import { gathered, MANY } from './plan-gather';
import { type LinkSituation, linkOf, masterOf, removedFirst, without } from './plan-links-facts';
import { bondSteps, bridgeLinkSteps } from './plan-links-options';
import { portSteps, touching } from './plan-links-ports';
import { removeLink } from './plan-links-remove';
import { vlanSteps, vlansBack } from './plan-links-vlans';
import { type Draft, ip } from './plan-situation';

/**
 * What the desired links of the host need: those that must be made anew go, then every link gets what it lacks, what
 * others stand on first. Removing what is not wanted any more comes after the networks (`linkRemovals`).
 */
export function linkSteps(all: LinkSituation): readonly Draft[] {
  const first = removedFirst(all);
  const s: LinkSituation = { ...all, observed: without(all.observed, first) };
  return [
    ...first.map((l) => removeLink(all, l, { again: true })),
    ...inOrder(s.goal.filter((g) => !isNewTap(s, g))).flatMap((g) => stepsFor(s, g)),
    ...newTaps(s),
  ];
}

const isNewTap = (s: LinkSituation, { kind, name }: HostLink): boolean =>
  kind === 'tap' && linkOf(s.observed, name) === undefined;

/** Nothing stands on taps: they come last, and many at once. */
function newTaps(s: LinkSituation): readonly Draft[] {
  const steps = inOrder(s.goal.filter((g) => isNewTap(s, g))).map((g) => stepsFor(s, g));
  if (steps.length < MANY) return steps.flat();
  return [...gathered(steps.flatMap(([made]) => made ?? [])), ...steps.flatMap(([, ...rest]) => rest)];
}

function stepsFor(s: LinkSituation, goal: HostLink): readonly Draft[] {
  const seen = linkOf(s.observed, goal.name);
  return [
    ...(seen === undefined ? [create(s, goal)] : alter(s, goal, seen)),
    ...(goal.kind === 'bridge' && seen !== undefined ? bridgeLinkSteps(goal, seen) : []),
    ...(goal.kind === 'bond' && seen !== undefined ? bondSteps(goal, seen) : []),
    ...released(s, goal, seen),
    ...portSteps(s, goal, seen),
    ...(goal.kind === 'bridge' ? vlanSteps(s, goal) : []),
  ];
}

function create(s: LinkSituation, goal: HostLink): Draft {
  return {
    title: `Create ${goal.kind === 'vlan' ? 'VLAN' : goal.kind} ${goal.name}`,
    touches: touching(goal),
    actions: [batch(createLines(goal, macFor(s, goal)))],
    inverse: [ip('link', 'del', 'dev', goal.name)],
  };
}

/** A bridge or bond takes the MAC of its first port, so that leases and neighbours know the host as before. */
function macFor(s: LinkSituation, goal: HostLink, seen: readonly string[] = []): string | null {
  if (goal.mac !== undefined) return goal.mac;
  const [first] = goal.kind === 'vlan' ? [goal.device] : portsIn(goal);
  if (first === undefined || seen.includes(first)) return null;
  const lower = s.goal.find((g) => g.name === first);
  const there = linkOf(s.observed, first)?.mac ?? null;
  return there ?? (lower === undefined ? null : macFor(s, lower, [...seen, first]));
}

/** What all kinds have. */
function alter(s: LinkSituation, goal: HostLink, seen: Link): readonly Draft[] {
  const steps: Draft[] = [];
  const set = (title: string, to: readonly string[], from: readonly string[]) =>
    steps.push({
      title,
      touches: touching(goal),
      actions: [ip('link', 'set', 'dev', goal.name, ...to)],
      inverse: [ip('link', 'set', 'dev', goal.name, ...from)],
    });
  if (goal.adopted && seen.alias === markOf(goal))
    set(`Take Patchbay's mark from ${goal.name}`, ['alias', ''], ['alias', markOf(goal)]);
  if (goal.adopted === undefined && seen.alias !== markOf(goal))
    set(`Mark ${goal.name} as made by Patchbay`, ['alias', markOf(goal)], ['alias', seen.alias ?? '']);
  if (goal.mac !== undefined && seen.mac !== null && goal.mac !== seen.mac)
    set(`Give ${goal.name} the MAC ${goal.mac}`, ['address', goal.mac], ['address', seen.mac]);
  const mtu = goal.mtu ?? mtuBack(s, goal, seen);
  if (mtu !== seen.mtu)
    set(`Change the MTU of ${goal.name} to ${mtu}`, ['mtu', String(mtu)], ['mtu', String(seen.mtu)]);
  if (!seen.up) set(`Bring ${goal.name} up`, ['up'], ['down']);
  return steps;
}

/** One that was chosen and is no longer goes back to what it stands on has, or Ethernet; any other stays. */
function mtuBack(s: LinkSituation, goal: HostLink, seen: Link): number {
  const chosen = s.known.some((k) => isThat(k, seen) && k.mtu === seen.mtu);
  if (!chosen) return seen.mtu;
  return (goal.kind === 'vlan' ? linkOf(s.observed, goal.device)?.mtu : undefined) ?? 1500;
}

/** Ports that it had by us and shall not have; those that another link takes are taken there. */
function released(s: LinkSituation, goal: HostLink, seen: Link | undefined): readonly Draft[] {
  if (seen === undefined) return [];
  const listed = s.known.filter((k) => k.name === goal.name && k.kind === goal.kind).flatMap(portsIn);
  const gone = [...new Set(listed)].sort().flatMap((name) => linkOf(s.observed, name) ?? []);
  return gone.flatMap((port): readonly Draft[] => {
    if (port.master !== goal.name || masterOf(s, port.name) !== undefined) return [];
    return [
      {
        title: `Take ${port.name} out of ${goal.name}`,
        touches: touching(goal, `link ${port.name}`),
        actions: [
          batch([`link set dev ${port.name} nomaster`, ...(port.up ? [`link set dev ${port.name} up`] : [])]),
        ],
        inverse: [
          forcedBatch([
            ...(goal.kind === 'bond' ? [`link set dev ${port.name} down`] : []),
            `link set dev ${port.name} master ${goal.name}`,
            ...(port.up ? [`link set dev ${port.name} up`] : []),
          ]),
          ...vlansBack(s.observed, seen, [port.name]),
        ],
      },
    ];
  });
}
