import { adoptNotes } from './adopt-notes';
import { canonical, digest } from './canonical';
import { type ChangeItem, type Committed, type Desired, NOTHING, type Plan, type Step } from './change';
import { checkDesired } from './check';
import { refuse } from './check-parse';
import { libvirtNetworks } from './compile/libvirt';
import { compileNative } from './compile/native';
import { OVS_MARK } from './compile/ovs';
import { effectsOf } from './effects';
import { isNative, isOvs } from './kinds/network';
import type { Observed, Section } from './observed';
import { goingLibvirt, libvirtRefusal } from './plan-libvirt';
import { foreignLimit, needsLimits } from './plan-limits';
import { foreignOvsLimit } from './plan-limits-ovs';
import { linkSituation, removedFirst, without } from './plan-links-facts';
import { leavingTaps } from './plan-links-leaving';
import { linkNotes } from './plan-links-notes';
import { busyLinks } from './plan-links-remove';
import { linkStrangers, linkUnknowns, withLinks } from './plan-links-whole';
import { keepTranslating } from './plan-nft';
import { type NicSituation, nicNotes, nicSteps, nicsUnknown, removeNics } from './plan-nics';
import { notesFor } from './plan-notes';
import { goingOvs } from './plan-ovs';
import { markedOvs, ovsAt } from './plan-ovs-situation';
import { FORWARDING, goingBridges, ourBridges, portsOf, type Situation } from './plan-situation';
import { differences } from './plan-steps';
import { pluggedWords } from './plugged';
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
    goal: keepTranslating(compileNative(desired, place), observed),
    was: compileNative(committed.desired, place),
    formerly: [committed.desired, ...ours].map((d) => compileNative(d, place)),
    libvirt: { goal: libvirtNetworks(desired), was: libvirtNetworks(committed.desired) },
    desired,
    alsoOurs: new Set(ours.flatMap((d) => d.networks.filter(isNative).map((n) => n.bridge.name))),
    alsoOvs: new Set(ours.flatMap((d) => d.networks.filter(isOvs).map((n) => n.bridge.name))),
  };
  const links = linkSituation(observed, desired, { committed, ours });
  const nics: NicSituation = {
    observed,
    goal: desired.nics ?? [],
    known: [committed.desired, ...ours].flatMap((d) => d.nics ?? []),
  };
  const refused =
    unknownFacts(input, situation) ??
    unknownOvs(situation) ??
    withoutVlans(situation) ??
    (purpose === 'change' ? othersQueues(situation) : null) ??
    strangers(situation) ??
    libvirtRefusal(situation) ??
    nicsUnknown(nics) ??
    linkUnknowns(links) ??
    linkStrangers(links);
  if (refused !== null) return refused;
  const leaving = leavingTaps(links, goingNames(situation));
  const then = { ...links, observed: leaving.observed };
  // Taps that are made anew are plugged in when everything else is there.
  const anew = removedFirst(then).filter((l) => l.tap !== null);
  const left: Situation = { ...situation, observed: without(leaving.observed, anew) };
  if (purpose === 'change') {
    const busy = busyBridges(left, items) ?? busyLinks(links);
    if (busy !== null) return busy;
  }
  const drafts = [
    ...removeNics(nics),
    ...leaving.steps,
    ...withLinks(then, differences(left), situation.goal),
    ...nicSteps(nics),
  ];
  const steps: readonly Step[] = drafts.map((draft, i) => ({ n: i + 1, ...draft }));
  const { host } = observed.agent;
  return ok({
    host,
    steps,
    notes: [
      ...adoptNotes(observed, committed.desired, desired),
      ...linkNotes(links),
      ...nicNotes(nics, committed.desired),
      ...notesFor(situation, items),
    ],
    effects: effectsOf(situation, {
      ...{ items, steps: drafts, was: committed.desired, desired },
      away: leaving.moved,
    }),
    hash: digest(
      canonical({ host, version: committed.version, committed: committed.desired, desired, steps }),
    ),
  });
}

/** What could not be put back is not touched. */
function othersQueues(situation: Situation): Result<never> | null {
  const foreign = foreignLimit(situation) ?? foreignOvsLimit(situation);
  if (foreign === null) return null;
  const { device, kind, command } = foreign;
  const away =
    command === undefined ? `\`tc qdisc del dev ${device} root\` or \`… ingress\`` : `\`${command}\``;
  return fail(
    'FOREIGN_QUEUES',
    `${device} cannot be limited: somebody else has set how it queues packets (${kind}), which Patchbay could not put back. ${away} takes it away.`,
  );
}

/** A plan made on a guess is worse than none. */
function unknownFacts(
  { observed, committed, desired }: PlanInput,
  situation: Situation,
): Result<never> | null {
  const { goal } = situation;
  const anything = desired.networks.length + committed.desired.networks.length > 0;
  const needed: readonly Section[] = [
    'links',
    ...(anything ? (['nft', 'dnsmasq'] as const) : []),
    ...(goal.forwarding.length > 0 ? (['sysctls', 'routes'] as const) : []),
    ...([...goal.bridges, ...goal.ovs].some((b) => b.routes.length > 0) ? (['routes'] as const) : []),
    ...(goal.ports.some((p) => p.vlans !== null) ? (['vlans'] as const) : []),
    ...(goal.ports.some((p) => p.isolated || p.told) ? (['bridgePorts'] as const) : []),
    ...(goal.ports.some((p) => p.told) ? (['fdb'] as const) : []),
    ...(needsLimits(situation) ? (['qdiscs', 'limits'] as const) : []),
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

function withoutVlans({ goal, observed }: Situation): Result<never> | null {
  const needy = goal.ports.find((p) => p.own && p.vlans !== null);
  if (needy === undefined || observed.agent.vlanFiltering !== false) return null;
  return fail(
    'NO_VLAN_FILTERING',
    `Network ${needy.network} has VLANs, but the kernel of this host (${observed.agent.kernel}) cannot tell VLANs apart in a bridge (it lacks CONFIG_BRIDGE_VLAN_FILTERING).`,
  );
}

const WORDS: Partial<Record<Section, string>> = {
  links: 'interfaces',
  nft: 'firewall rules',
  dnsmasq: 'DHCP and DNS services',
  sysctls: 'kernel settings',
  routes: 'routes',
  vlans: 'VLANs of bridge ports',
  bridgePorts: 'bridge ports',
  fdb: 'forwarding tables',
  qdiscs: 'queueing disciplines',
  limits: 'bandwidth limits',
};

function unknownOvs({ goal, was, observed }: Situation): Result<never> | null {
  const [first] = [...goal.ovs, ...was.ovs];
  const fact = observed.ovsBridges;
  if (first === undefined || fact.known) return null;
  return fail(
    'UNKNOWN',
    `Network ${first.network} is on Open vSwitch, which cannot be asked: ${fact.why.replace(/\.?$/, '.')}`,
  );
}

/** A desired bridge whose name somebody else's interface bears: it is never taken over. */
function strangers(s: Situation): Result<never> | null {
  if (!s.observed.links.known) return null;
  const mine = new Set([...ourBridges(s), ...markedOvs(s.observed)].map((l) => l.name));
  for (const { name, network, adopted } of s.goal.ovs) {
    const link = s.observed.links.value[name];
    const theirs = ovsAt(s.observed, name);
    if ((link ?? theirs) === undefined || mine.has(name)) continue;
    if (theirs && (adopted || s.was.ovs.some((b) => b.name === name && b.adopted))) continue;
    const how = `If it is ours: ovs-vsctl set Bridge ${name} external_ids:${OVS_MARK}=${network}`;
    return fail(
      'STRANGER',
      `Interface ${name} (${theirs ? 'Open vSwitch bridge' : link?.kind}) is on this host but does not carry Patchbay's mark, so it is left alone.${theirs ? ` ${how}` : ''}`,
    );
  }
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

/** Bridges of networks that go, with the names of these. */
const going = (s: Situation): readonly { readonly network: string; readonly name: string | null }[] => [
  ...goingLibvirt(s),
  ...goingOvs(s).map((b) => ({ network: b.externalIds[OVS_MARK] ?? b.name, name: b.name })),
  ...goingBridges(s).map(({ name, alias }) => ({ network: alias?.split(':')[1] ?? name, name })),
];

const goingNames = (s: Situation): readonly string[] => going(s).flatMap(({ name }) => name ?? []);

/** Bridges that would go although something is plugged into them. */
function busyBridges(s: Situation, items: readonly ChangeItem[]): Result<never> | null {
  for (const { network, name } of going(s)) {
    const ports = name === null ? [] : portsOf(s.observed, name);
    if (ports.length === 0) continue;
    const count = ports.length === 1 ? '1 guest' : `${ports.length} guests`;
    const renamed = items.find(
      (i) => i.op === 'update' && i.before.kind === 'network' && i.before.bridge?.name === name,
    );
    return fail(
      'PORTS_IN_USE',
      `Network ${network} has ${count} plugged in: ${pluggedWords(s.observed, ports)}. Unplug ${ports.length === 1 ? 'it' : 'them'} first.${renamed === undefined ? '' : ' A bridge gets another name only when nothing is plugged into it.'}`,
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
