import type { Action } from './change';
import { items, type Link, type Observed, type Route } from './observed';
import { ip } from './plan-situation';

/** These come back by themselves: with an address, or when a router says so again. */
const BY_THEMSELVES: readonly (string | null)[] = ['kernel', 'ra', 'redirect'];

/** Routes by way of a device that somebody made: the kernel drops them with its addresses, and nobody brings them back. */
export const routesBy = (observed: Observed, device: string): readonly Route[] =>
  items(observed.routes).filter(
    (r) => r.device === device && r.type === 'unicast' && !BY_THEMSELVES.includes(r.protocol),
  );

export const routeText = ({ destination, gateway }: Route): string =>
  gateway === null ? destination : `${destination} via ${gateway}`;

/** Where one is still there, this fails without harm. */
function add(r: Route): Action {
  const { gateway } = r;
  return ip(
    ...[r.family === 4 ? '-4' : '-6', 'route', 'add', r.destination],
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
  return [...all.filter((r) => r.gateway === null), ...all.filter((r) => r.gateway !== null)].map(add);
};
