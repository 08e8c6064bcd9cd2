import { canonical, digest } from './canonical';
import { type ChangeItem, type Committed, type Desired, NOTHING, type Plan, type Step } from './change';
import { checkDesired } from './check';
import { refuse } from './check-parse';
import { compileNative } from './compile/native';
import type { Observed, Section } from './observed';
import { notesFor } from './plan-notes';
import { FORWARDING, goingBridges, ourBridges, portsOf, type Situation } from './plan-situation';
import { differences } from './plan-steps';
import { fail, ok, type Result } from './result';
import { diffDesired } from './undo';

export type PlanInput = {
  readonly observed: Observed;
  /** What the agent committed last: how things were made. */
  readonly committed: Committed;
  readonly desired: Desired;
  /**
   * `change` (default) checks the desired state and refuses to take a bridge from under its guests. `restore` goes
   * back to a state that was checked when it was committed, and releases ports that are in its way: rolling back must
   * always be possible.
   */
  readonly purpose?: 'change' | 'restore';
  /** For `restore`: states that were being made when it broke off; their bridges are ours even if not marked yet. */
  readonly ours?: readonly Desired[];
};

/**
 * The ordered steps from what is observed to what is desired, each with its inverse from the same snapshot; no steps
 * when there is nothing to do. Pure: agent and browser get the same plan and the same hash. Refused with INVALID
 * (problems say where), PORTS_IN_USE, UNKNOWN (a fact that is needed cannot be read), READ_ONLY.
 */
export function planHost(input: PlanInput): Result<Plan> {
  const { observed, committed, desired, purpose = 'change', ours = [] } = input;
  const place = observed.agent;
  const items = diffDesired(committed.desired, desired);
  if (purpose === 'change') {
    if (!place.writable.yes) return fail('READ_ONLY', place.writable.why);
    const problems = checkDesired(desired, { observed, committed: committed.desired });
    if (problems.length > 0) return refuse(problems);
  }
  const situation: Situation = {
    observed,
    place,
    goal: compileNative(desired, place),
    was: compileNative(committed.desired, place),
    alsoOurs: new Set(ours.flatMap((d) => d.networks.map((n) => n.bridge.name))),
  };
  const refused = unknownFacts(input, situation) ?? strangers(situation);
  if (refused !== null) return refused;
  if (purpose === 'change') {
    const busy = busyBridges(situation, items);
    if (busy !== null) return busy;
  }
  const steps: readonly Step[] = differences(situation).map((draft, i) => ({ n: i + 1, ...draft }));
  const { host } = observed.agent;
  return ok({
    host,
    steps,
    notes: notesFor(situation, items),
    hash: digest(
      canonical({ host, version: committed.version, committed: committed.desired, desired, steps }),
    ),
  });
}

/** A plan made on a guess is worse than none. */
function unknownFacts(
  { observed, committed, desired }: PlanInput,
  { goal }: Situation,
): Result<never> | null {
  const anything = desired.networks.length + committed.desired.networks.length > 0;
  const needed: readonly Section[] = [
    'links',
    ...(anything ? (['nft', 'dnsmasq'] as const) : []),
    ...(goal.forwarding.length > 0 ? (['sysctls', 'routes'] as const) : []),
  ];
  for (const section of needed) {
    const fact = observed[section];
    if (!fact.known)
      return fail(
        'UNKNOWN',
        `The ${WORDS[section] ?? section} of this host cannot be read: ${fact.why.replace(/\.?$/, '.')}`,
      );
  }
  const missing = goal.forwarding.find(
    (f) => observed.sysctls.known && observed.sysctls.value[FORWARDING[f]] === undefined,
  );
  return missing === undefined
    ? null
    : fail(
        'UNKNOWN',
        `This host does not say whether it forwards IPv${missing} (${FORWARDING[missing]}): it may lack IPv${missing}.`,
      );
}

const WORDS: Partial<Record<Section, string>> = {
  links: 'interfaces',
  nft: 'firewall rules',
  dnsmasq: 'DHCP and DNS services',
  sysctls: 'kernel settings',
  routes: 'routes',
};

/** A desired bridge whose name somebody else's interface bears: it is never taken over. */
function strangers(s: Situation): Result<never> | null {
  if (!s.observed.links.known) return null;
  const mine = new Set(ourBridges(s).map((l) => l.name));
  for (const { name, alias } of s.goal.bridges) {
    const link = s.observed.links.value[name];
    if (link === undefined || mine.has(name)) continue;
    return fail(
      'STRANGER',
      `Interface ${name} (${link.kind}) is on this host but does not carry Patchbay's mark, so it is left alone. If it is ours: ip link set dev ${name} alias ${alias}`,
    );
  }
  return null;
}

/** Bridges that would go although something is plugged into them. */
function busyBridges(s: Situation, items: readonly ChangeItem[]): Result<never> | null {
  for (const { name, alias } of goingBridges(s)) {
    const ports = portsOf(s.observed, name);
    if (ports.length === 0) continue;
    const network = alias?.split(':')[1] ?? name;
    const count = ports.length === 1 ? '1 guest' : `${ports.length} guests`;
    const list = `${ports.slice(0, 5).join(', ')}${ports.length > 5 ? ', …' : ''}`;
    const renamed = items.find((i) => i.op === 'update' && i.before.bridge.name === name);
    return fail(
      'PORTS_IN_USE',
      `Network ${network} has ${count} plugged in (${list}): unplug ${ports.length === 1 ? 'it' : 'them'} first.${renamed === undefined ? '' : ' A bridge gets another name only when nothing is plugged into it.'}`,
    );
  }
  return null;
}

/** A committed state before anything was committed. */
export const nothingCommitted = (at: string): Committed => ({
  version: 0,
  desired: NOTHING,
  changeId: null,
  at,
});
