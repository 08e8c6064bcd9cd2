import type { Action } from './change';
import { MARK } from './compile/native';
import type { AddressGoal, BridgeGoal } from './compile/realisation';
import { familyOf, toNumber } from './ip';
import { items, type Link } from './observed';
import { settingSteps, settingsBack } from './plan-bridge-settings';
import { portBack } from './plan-ports';
import { routeSteps, routesBack } from './plan-routes';
import {
  acceptRa,
  type Draft,
  FORWARDING,
  ip,
  type Situation,
  setting,
  sysctl,
  txChecksum,
} from './plan-situation';

/** For `restore` only: a change never takes a guest off its bridge. */
export const release = (s: Situation, port: string, bridge: string): Draft => ({
  title: `Unplug ${port} from ${bridge}`,
  touches: [`port ${port}`, `bridge ${bridge}`],
  actions: [ip('link', 'set', 'dev', port, 'nomaster')],
  inverse: [ip('link', 'set', 'dev', port, 'master', bridge), ...portBack(s, port)],
});

/** What one desired bridge needs. */
export function bridgeSteps(s: Situation, goal: BridgeGoal): readonly Draft[] {
  const { name } = goal;
  const link = items(s.observed.links).find((l) => l.name === name && l.kind === 'bridge');
  const touches = [`bridge ${name}`, `network ${goal.network}`];
  const steps: Draft[] = [];
  if (link === undefined) steps.push({ title: `Create bridge ${name}`, touches, ...create(s, goal) });
  else {
    if (link.alias !== goal.alias)
      steps.push({
        title: `Mark bridge ${name} as that of network ${goal.network}`,
        touches,
        actions: [ip('link', 'set', 'dev', name, 'alias', goal.alias)],
        inverse: [ip('link', 'set', 'dev', name, 'alias', link.alias ?? '')],
      });
    steps.push(...settingSteps(s, goal, link));
  }
  return [...steps, ...hostSide(s, goal, link)];
}

/** What the host itself has of a network: the device, up, with addresses and routes; `link` undefined: it is just made. */
export function hostSide(s: Situation, goal: BridgeGoal, link: Link | undefined): readonly Draft[] {
  const { name } = goal;
  const touches = [`bridge ${name}`, `network ${goal.network}`];
  const steps: Draft[] = [];
  if (link !== undefined && !goal.adopted) {
    const ra = setting(s.observed, acceptRa(name)) ?? '0';
    if (ra !== '0')
      steps.push({
        title: `Let no guest on ${name} give the host a route`,
        touches,
        actions: [sysctl(acceptRa(name), '0')],
        inverse: [sysctl(acceptRa(name), ra)],
      });
  }
  if (link === undefined || !link.up)
    steps.push({
      title: `Bring ${name} up`,
      touches,
      actions: [ip('link', 'set', 'dev', name, 'up')],
      inverse: [ip('link', 'set', 'dev', name, 'down')],
    });
  // After it is up: taking it down takes IPv6 addresses with it, and inverses run backwards.
  const routes = routeSteps(s, goal);
  steps.push(...routes.before, ...addressSteps(s, goal, link, routes.again), ...routes.after);
  if (goal.checksums && needsChecksums(s, name, link))
    steps.push({
      title: `Fill in checksums on ${name}, which some DHCP clients insist on`,
      touches,
      actions: [txChecksum(name, 'off')],
      inverse: [txChecksum(name, 'on')],
    });
  return steps;
}

function create(s: Situation, goal: BridgeGoal): Pick<Draft, 'actions' | 'inverse'> {
  const { name, alias, mac, mtu, stp, forwardDelay } = goal;
  const delay = forwardDelay === null ? [] : ['forward_delay', String(forwardDelay)];
  const six = s.observed.sysctls.known && s.observed.sysctls.value[FORWARDING[6]] !== undefined;
  return {
    actions: [
      ip(
        'link',
        'add',
        'name',
        name,
        'address',
        mac,
        'type',
        'bridge',
        ...delay,
        'stp_state',
        stp ? '1' : '0',
      ),
      ip('link', 'set', 'dev', name, 'alias', alias),
      // Set, not given at birth: only then it does not follow its ports.
      ...(mtu === null ? [] : [ip('link', 'set', 'dev', name, 'mtu', String(mtu))]),
      // A guest's router advertisement must not give the host a route.
      ...(six ? [sysctl(acceptRa(name), '0')] : []),
    ],
    inverse: [ip('link', 'del', 'dev', name)],
  };
}

function needsChecksums({ observed }: Situation, name: string, link: Link | undefined): boolean {
  if (!observed.offloads.known) return false;
  return link === undefined || (observed.offloads.value[name]?.txChecksum ?? false);
}

function addressSteps(
  s: Situation,
  goal: BridgeGoal,
  link: Link | undefined,
  routesAgain: readonly Action[],
): readonly Draft[] {
  const there: readonly AddressGoal[] = (link?.addresses ?? []).filter(
    // The kernel and router advertisements make their own.
    (a) => !a.dynamic && a.scope !== 'link' && a.scope !== 'host',
  );
  const gone = there.filter((a) => !goal.addresses.some((b) => sameAddress(a, b)));
  const fresh = goal.addresses.filter((a) => !there.some((b) => sameAddress(a, b)));
  if (gone.length + fresh.length === 0) return [];
  const add = (a: AddressGoal) => ip(...addressArgs('add', goal.name, a));
  const del = (a: AddressGoal) => ip(...addressArgs('del', goal.name, a));
  const text = (all: readonly AddressGoal[]) => all.map((a) => `${a.address}/${a.prefix}`).join(', ');
  const title =
    gone.length === 0
      ? `Give ${goal.name} ${text(fresh)}`
      : fresh.length === 0
        ? `Take ${text(gone)} from ${goal.name}`
        : `Change ${text(gone)} of ${goal.name} to ${text(fresh)}`;
  return [
    {
      title,
      touches: [`bridge ${goal.name}`, `network ${goal.network}`],
      // An IPv6 address cannot be there twice, with one prefix and another: what goes goes first.
      actions: [...gone.map(del), ...fresh.map(add), ...(gone.length === 0 ? [] : routesAgain)],
      inverse: [
        ...[...fresh].reverse().map(del),
        ...gone.map(add),
        ...(gone.length === 0 || link === undefined ? [] : routesBack(s.observed, link)),
      ],
    },
  ];
}

export const sameAddress = (a: AddressGoal, b: AddressGoal): boolean =>
  a.prefix === b.prefix &&
  familyOf(a.address) === familyOf(b.address) &&
  toNumber(a.address) === toNumber(b.address);

function addressArgs(verb: 'add' | 'del', device: string, a: AddressGoal): readonly string[] {
  const cidr = `${a.address}/${a.prefix}`;
  if (verb === 'del') return ['addr', 'del', cidr, 'dev', device];
  // A bridge without ports has no carrier: duplicate address detection would never end, and nothing could bind to it.
  if (a.family === 6) return ['addr', 'add', cidr, 'dev', device, 'nodad'];
  return ['addr', 'add', cidr, ...(a.prefix < 31 ? ['brd', '+'] : []), 'dev', device];
}

const bridgeArgs = ({ bridge }: Link): readonly string[] => {
  const delay = bridge?.forwardDelay ?? null;
  return [
    ...(bridge?.stp && delay !== null ? ['forward_delay', String(delay)] : []),
    ...['stp_state', bridge?.stp ? '1' : '0'],
  ];
};

/** By its mark. */
const networkOf = ({ alias }: Link): readonly string[] =>
  alias?.startsWith(MARK) ? [alias.slice(MARK.length)] : [];

export const removeBridge = (s: Situation, link: Link): Draft => {
  const { name } = link;
  const ra = setting(s.observed, acceptRa(name));
  return {
    title: `Remove bridge ${name}`,
    touches: [`bridge ${name}`, ...networkOf(link).map((n) => `network ${n}`)],
    actions: [ip('link', 'del', 'dev', name)],
    inverse: [
      ip(
        ...['link', 'add', 'name', name, ...(link.mac === null ? [] : ['address', link.mac])],
        ...['type', 'bridge', ...bridgeArgs(link)],
      ),
      ...(link.alias === null ? [] : [ip('link', 'set', 'dev', name, 'alias', link.alias)]),
      ...settingsBack(s, link),
      ...(ra === undefined ? [] : [sysctl(acceptRa(name), ra)]),
      ...hostSideBack(s, link),
    ],
  };
};

/** For a device that was made again. */
export function hostSideBack(s: Situation, link: Link): readonly Action[] {
  const { name } = link;
  const { offloads } = s.observed;
  const back: AddressGoal[] = link.addresses.filter((a) => !a.dynamic && a.scope !== 'link');
  return [
    ...back.map((a) => ip(...addressArgs('add', name, a))),
    ...(link.up ? [ip('link', 'set', 'dev', name, 'up'), ...routesBack(s.observed, link)] : []),
    ...(offloads.known && offloads.value[name]?.txChecksum === false ? [txChecksum(name, 'off')] : []),
  ];
}
