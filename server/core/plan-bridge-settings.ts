import type { Action } from './change';
import type { BridgeGoal } from './compile/realisation';
import type { Link } from './observed';
import { hostVlansBack, vlanFiltering } from './plan-ports';
import { type Draft, FORWARDING, ip, type Situation, setting, sysctl } from './plan-situation';
import { guestPorts, labelOf } from './port-guests';

/** STP on: the delay first, which must be allowed with it; off: afterwards, when any is allowed. */
export const stpActions = (name: string, stp: boolean, delay: number | null): readonly Action[] => {
  const set = (...args: readonly string[]) => ip('link', 'set', 'dev', name, 'type', 'bridge', ...args);
  if (stp) return [set(...(delay === null ? [] : ['forward_delay', String(delay)]), 'stp_state', '1')];
  return [set('stp_state', '0'), ...(delay === null ? [] : [set('forward_delay', String(delay))])];
};

/** What is changed of a bridge that is there: its MAC, MTU, STP. */
export function settingSteps(s: Situation, goal: BridgeGoal, link: Link): readonly Draft[] {
  const touches = [`bridge ${goal.name}`, `network ${goal.network}`];
  const step = (title: string, actions: readonly Action[], inverse: readonly Action[]): Draft => ({
    ...{ title, touches, actions, inverse },
  });
  const was = s.was.bridges.find((b) => b.name === goal.name);
  return [
    ...macSteps(s, { goal, link, was }, step),
    ...stpSteps(goal, link, was, step),
    ...mtuSteps(s, goal, link, was),
  ];
}

type Make = (title: string, actions: readonly Action[], inverse: readonly Action[]) => Draft;
type Was = BridgeGoal | undefined;

/** What the kernel does about a new MAC address of a device only while this is on: it tells guests, who would send to the old one. */
export function telling(s: Situation, name: string, actions: readonly Action[]): readonly Action[] {
  const keys = [
    `net.ipv4.conf.${name.replaceAll('.', '/')}.arp_notify`,
    ...(setting(s.observed, FORWARDING[6]) === undefined
      ? []
      : [`net.ipv6.conf.${name.replaceAll('.', '/')}.ndisc_notify`]),
  ];
  return [...keys.map((key) => sysctl(key, '1')), ...actions, ...keys.map((key) => sysctl(key, '0'))];
}

function macSteps(
  s: Situation,
  { goal, link, was }: { readonly goal: BridgeGoal; readonly link: Link; readonly was: Was },
  step: Make,
): readonly Draft[] {
  const { name, mac, macChosen } = goal;
  // One that nobody chose stays as it is, unless it was chosen before.
  const left = !macChosen && !(was?.macChosen && link.mac === was.mac);
  if (left || link.mac === mac || link.mac === null) return [];
  const set = (to: string) => telling(s, name, [ip('link', 'set', 'dev', name, 'address', to)]);
  return [step(`Give ${name} the MAC address ${mac}`, set(mac), set(link.mac))];
}

function stpSteps(goal: BridgeGoal, link: Link, was: Was, step: Make): readonly Draft[] {
  const { name, stp, forwardDelay } = goal;
  if (link.bridge === null) return [];
  const { stp: had, forwardDelay: hadDelay } = link.bridge;
  if (had !== stp)
    return [
      step(
        `Turn STP ${stp ? 'on' : 'off'} on ${name}`,
        stpActions(name, stp, forwardDelay),
        stpActions(name, had, forwardDelay === null ? null : hadDelay),
      ),
    ];
  const chosen = was !== undefined && was.forwardDelay !== forwardDelay;
  const other = forwardDelay !== null && hadDelay !== null && hadDelay !== forwardDelay;
  // With STP alone the delay matters: somebody who sets it by hand then is told.
  if (!other || !(stp || chosen || was?.forwardDelay === forwardDelay)) return [];
  return [
    step(
      `Let ports of ${name} wait ${forwardDelay / 100} s before they forward`,
      [ip('link', 'set', 'dev', name, 'type', 'bridge', 'forward_delay', String(forwardDelay))],
      [ip('link', 'set', 'dev', name, 'type', 'bridge', 'forward_delay', String(hadDelay))],
    ),
  ];
}

/** An MTU that is no longer wanted goes back to what Ethernet has. */
const USUAL = 1500;

/** The bridge and its guests' ports; what guests themselves use they learn with their addresses. */
function mtuSteps(s: Situation, goal: BridgeGoal, link: Link, was: Was): readonly Draft[] {
  const had = was?.mtu ?? null;
  const ports = guestPorts(s, goal);
  const all = [...ports, link].filter(({ mtu }) =>
    goal.mtu === null ? had !== null && mtu === had && had !== USUAL : mtu !== goal.mtu,
  );
  if (all.length === 0) return [];
  const to = goal.mtu ?? USUAL;
  const set = (name: string, mtu: number) => ip('link', 'set', 'dev', name, 'mtu', String(mtu));
  return [
    {
      title: `Set the MTU of ${goal.name}${ports.length === 0 ? '' : ' and its ports'} to ${to}`,
      touches: [
        ...[`bridge ${goal.name}`, `network ${goal.network}`],
        ...all.filter((l) => l !== link).map((l) => `port ${labelOf(s.observed, l.name)}`),
      ],
      actions: all.map((l) => set(l.name, to)),
      inverse: [...all].reverse().map((l) => set(l.name, l.mtu)),
    },
  ];
}

/** How a bridge was, for the time after it was made again. */
export const settingsBack = (s: Situation, link: Link): readonly Action[] => [
  ...(link.mtu === USUAL ? [] : [ip('link', 'set', 'dev', link.name, 'mtu', String(link.mtu))]),
  ...(link.bridge?.vlanFiltering ? [vlanFiltering(link.name, true), ...hostVlansBack(s, link.name)] : []),
];
