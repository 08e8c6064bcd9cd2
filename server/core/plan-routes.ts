import type { Action } from './change';
import type { BridgeGoal, RouteGoal } from './compile/realisation';
import { blockText, parseBlock, toNumber } from './ip';
import { items, type Link, type Observed, type Route } from './observed';
import { type Draft, ip, type Situation } from './plan-situation';

/** These come back by themselves: with an address, or when a router says so again. */
const BY_THEMSELVES: readonly (string | null)[] = ['kernel', 'ra', 'redirect'];

/** Routes by way of a device that somebody made: the kernel drops them with its addresses, and nobody brings them back. */
export const routesBy = (observed: Observed, device: string): readonly Route[] =>
  items(observed.routes).filter(
    (r) => r.device === device && r.type === 'unicast' && !BY_THEMSELVES.includes(r.protocol),
  );

export const routeText = ({ destination, gateway }: Route): string =>
  gateway === null ? destination : `${destination} via ${gateway}`;

/** Also where it is still there. */
function put(r: Route): Action {
  const { gateway } = r;
  return ip(
    ...[r.family === 4 ? '-4' : '-6', 'route', 'replace', r.destination],
    ...(gateway === null
      ? []
      : ['via', ...(r.family === 4 && gateway.includes(':') ? ['inet6'] : []), gateway]),
    ...['dev', r.device ?? '', 'table', r.table],
    ...(r.protocol === null ? [] : ['proto', r.protocol]),
    ...(r.family === 4 && r.scope !== null ? ['scope', r.scope] : []),
    ...(r.source === null ? [] : ['src', r.source]),
    ...(r.metric === null ? [] : ['metric', String(r.metric)]),
    ...(r.flags.includes('onlink') ? ['onlink'] : []),
  );
}

/** Those without a gateway first: they lead to the gateways of others. */
export const routesBack = (observed: Observed, { name }: Link): readonly Action[] => {
  const all = routesBy(observed, name);
  return [...all.filter((r) => r.gateway === null), ...all.filter((r) => r.gateway !== null)].map(put);
};

const sameBlock = (a: string, b: string) => {
  const [x, y] = [parseBlock(a), parseBlock(b)];
  return x === null || y === null ? a === b : x.family === y.family && blockText(x) === blockText(y);
};

/** Is this observed route the one that is wanted? */
const isRoute = (goal: RouteGoal, r: Route): boolean =>
  r.table === 'main' &&
  r.family === goal.family &&
  (r.metric ?? 0) === goal.metric &&
  sameBlock(r.destination, goal.destination) &&
  r.gateway !== null &&
  toNumber(r.gateway) === toNumber(goal.gateway);

const goalAction = (verb: 'replace' | 'del', device: string, r: RouteGoal): Action =>
  ip(
    ...[r.family === 4 ? '-4' : '-6', 'route', verb, r.destination, 'via', r.gateway, 'dev', device],
    ...['metric', String(r.metric), 'proto', 'static'],
  );

const textOf = (routes: readonly RouteGoal[]) =>
  routes.map((r) => `${r.destination} via ${r.gateway}`).join(', ');

type RouteSteps = {
  /** Before addresses change: with an address the kernel takes routes away, and what is gone cannot be removed. */
  readonly before: readonly Draft[];
  readonly after: readonly Draft[];
  /** Those that stay, to be put back after addresses changed. */
  readonly again: readonly Action[];
};

/** Routes that the network wants by way of its bridge. Others are left alone. */
export function routeSteps(s: Situation, goal: BridgeGoal): RouteSteps {
  const { name } = goal;
  const there = routesBy(s.observed, name);
  const has = (r: RouteGoal) => there.some((o) => isRoute(r, o));
  const wanted = (r: RouteGoal) =>
    goal.routes.some(
      (g) => g.metric === r.metric && g.gateway === r.gateway && g.destination === r.destination,
    );
  const had = s.was.bridges.find((b) => b.name === name)?.routes ?? [];
  const gone = had.filter((r) => has(r) && !wanted(r));
  const fresh = goal.routes.filter((r) => !has(r));
  const touches = [`bridge ${name}`, `network ${goal.network}`, 'routes of the host'];
  const step = (title: string, actions: readonly Action[], inverse: readonly Action[]): Draft => ({
    ...{ title, touches, actions, inverse },
  });
  const put = (r: RouteGoal) => goalAction('replace', name, r);
  const del = (r: RouteGoal) => goalAction('del', name, r);
  return {
    before: gone.length === 0 ? [] : [step(`Remove the route ${textOf(gone)}`, gone.map(del), gone.map(put))],
    after:
      fresh.length === 0
        ? []
        : [step(`Add the route ${textOf(fresh)}`, fresh.map(put), [...fresh].reverse().map(del))],
    again: goal.routes.filter(has).map(put),
  };
}

/** Does the network bring this route back by itself? */
export const isWanted = (goal: BridgeGoal | undefined, r: Route): boolean =>
  goal?.routes.some((g) => isRoute(g, r)) ?? false;
