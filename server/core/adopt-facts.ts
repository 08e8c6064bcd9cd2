import { blockOf, contains, parseBlock, toAddress } from './ip';
import { items, type Link, type Observed, type Route } from './observed';
import { cidr, givenAddresses } from './plan-links-facts';
import { routeText } from './plan-routes';
import { guestOf } from './port-guests';

/*
 * What an interface that is there has, told apart: what a design says, and what stays beside it because somebody else
 * looks after it or a design has no words for it.
 */

/** Addresses that stay with the host until somebody takes them: not leases, which their client looks after. */
export const lastingAddresses = (link: Link) => givenAddresses(link).filter((a) => !a.dynamic);

const ofOthers: readonly (string | null)[] = ['kernel', 'ra', 'redirect', 'dhcp'];

/** Routes by way of it that a design can say. */
export function lastingRoutes(observed: Observed, link: Link): readonly Route[] {
  const own = lastingAddresses(link).flatMap((a) => blockOf(a.address, a.prefix) ?? []);
  return items(observed.routes).filter(
    (r) =>
      r.device === link.name &&
      r.type === 'unicast' &&
      ['main', '254'].includes(r.table) &&
      r.gateway !== null &&
      // A gateway of the other family has no words.
      r.gateway.includes(':') === (r.family === 6) &&
      !ofOthers.includes(r.protocol) &&
      (r.gateway.startsWith('fe80:') || own.some((b) => contains(b, r.gateway ?? ''))),
  );
}

/** `to` of a route as a design writes it; undefined for the default route. */
export function destinationOf(r: Route): { readonly address: string; readonly prefix: number } | undefined {
  const block = r.destination === 'default' ? null : parseBlock(r.destination);
  return block === null ? undefined : { address: toAddress(block.first, block.family), prefix: block.prefix };
}

/** Plugged into it: ways out of the host, which a design lists, and what guests are plugged in with, which it does not. */
export function portsOn(observed: Observed, master: string) {
  const all = items(observed.links)
    .filter((l) => l.master === master)
    .sort((a, b) => a.index - b.index);
  const isGuests = (l: Link): boolean =>
    ['tun', 'macvtap', 'openvswitch'].includes(l.kind) ||
    (l.kind === 'veth' && guestOf(observed, l.name)?.name !== 'outside');
  return { uplinks: all.filter((l) => !isGuests(l)), guests: all.filter(isGuests) };
}

/** What stays as it is without being in the design, a sentence each. */
export function leftAlone(observed: Observed, name: string): readonly string[] {
  const link = observed.links.known ? observed.links.value[name] : undefined;
  if (link === undefined) return [];
  const leases = givenAddresses(link).filter((a) => a.dynamic);
  const said = new Set(lastingRoutes(observed, link));
  const routes = items(observed.routes).filter(
    (r) =>
      r.device === name &&
      r.type === 'unicast' &&
      !said.has(r) &&
      !['kernel', 'ra', 'redirect'].includes(r.protocol ?? ''),
  );
  const guests = link.kind === 'bridge' ? portsOn(observed, name).guests : [];
  const list = (all: readonly string[]) => `${all.slice(0, 6).join(', ')}${all.length > 6 ? ', …' : ''}`;
  return [
    ...(leases.length === 0
      ? []
      : [
          `${leases.map(cidr).join(', ')} of ${name} is a lease: its DHCP client goes on looking after it, and the design does not have it.`,
        ]),
    ...(routes.length === 0
      ? []
      : [
          `${routes.length === 1 ? 'This route stays' : 'These routes stay'} without being in the design of ${name}: ${list(routes.map(routeText))}.`,
        ]),
    ...(guests.length === 0
      ? []
      : [
          `What guests are plugged into ${name} with stays plugged in, and is not in its design: ${list(guests.map((g) => g.name))}.`,
        ]),
  ];
}
