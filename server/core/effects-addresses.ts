import { sameValue } from './canonical';
import { servesDhcp } from './compile/dnsmasq';
import { servesDns } from './compile/dnsmasq-dns';
import type { Effect, When } from './effect';
import { AT_ONCE, type Guest, tell } from './effects-seats';
import { blockOf, blockText, contains, countBetween, familyOf } from './ip';
import type { Network } from './kinds/network';
import type { LeaseTime, Reservation, Subnet } from './kinds/subnet';
import type { Lease } from './observed';

/** A network as it is and as it shall be. */
export type Update = { readonly before: Network; readonly after: Network };

/** dnsmasq's own lease time where none is given (s). */
const USUAL_LEASE = 3600;

const blockOfSubnet = ({ address, prefix }: Subnet) => blockOf(address, prefix);
const subnetOf = (network: Network, address: string): Subnet | undefined =>
  network.subnets.find((s) => {
    const block = blockOfSubnet(s);
    return block !== null && block.family === familyOf(address) && contains(block, address);
  });
const inRange = (subnet: Subnet, address: string) =>
  subnet.dhcp?.ranges.find((r) => countBetween(r.start, address) > 0n && countBetween(address, r.end) > 0n);

/** By its MAC, or by the name it gave. */
function reservationOf(subnet: Subnet | undefined, guest: Guest, lease?: Lease): Reservation | undefined {
  return subnet?.dhcp?.hosts.find((h) =>
    h.mac === undefined
      ? h.duid === undefined && h.name !== undefined && h.name === lease?.hostname
      : h.mac.toLowerCase() === guest.mac,
  );
}

/** What is left of a lease. */
const leaseEnd = (lease: Lease, at: string): When => ({
  at: 'renewal',
  within: lease.expires === 0 ? null : Math.max(0, lease.expires - Date.parse(at) / 1000),
});

const UNITS = { seconds: 1, minutes: 60, hours: 3600 } as const;
/** In seconds; null never ends. */
const secondsOf = (time: LeaseTime | undefined): number | null =>
  time === undefined ? USUAL_LEASE : time.expiry === 0 ? null : time.expiry * UNITS[time.unit];

/** A client asks again after half of its lease; one that was given a longer lease than now, when that is over. */
function renewal(lease: Lease, length: number | null, at: string): When {
  if (lease.expires === 0 || length === null) return { at: 'renewal', within: null };
  const left = Math.max(0, lease.expires - Date.parse(at) / 1000);
  return { at: 'renewal', within: left > length ? left : length / 2 };
}

/** What becomes of guests' addresses and of what they learnt with them. `at`: when this was observed (ISO 8601). */
export function addressEffects(update: Update, guests: readonly Guest[], at: string): readonly Effect[] {
  const { after } = update;
  const one = guests.flatMap((guest): readonly Effect[] => {
    const found = guest.leases.flatMap((lease) => ofLease(update, { guest, lease, at }));
    return found.flatMap((told) => tell(after.name, [guest], told));
  });
  return [...one, ...withoutLease(update, guests), ...options(update, guests, at), ...dns(update, guests)];
}

type Told = Pick<Effect, 'what' | 'when' | 'severity'>;

function ofLease(
  { before, after }: Update,
  { guest, lease, at }: { readonly guest: Guest; readonly lease: Lease; readonly at: string },
): readonly Told[] {
  const { address } = lease;
  const [was, is] = [subnetOf(before, address), subnetOf(after, address)];
  if (was === undefined) return [];
  if (is === undefined)
    return [
      {
        what: 'Its address is in no subnet any more: the host and what lies behind it are out of reach until it asks anew (dhclient in the guest).',
        when: AT_ONCE,
        severity: 'ends',
      },
    ];
  const reserved = reservationOf(was, guest, lease);
  const length = secondsOf(reserved?.lease ?? inRange(was, address)?.lease);
  const moved = gatewayMoved(was, is);
  const rest = ofService([was, is], { guest, lease, at });
  return [
    ...(moved === null ? [] : [moved]),
    ...(rest === null ? [] : [{ ...rest, when: rest.when ?? renewal(lease, length, at) }]),
  ];
}

type OfService = Pick<Told, 'what' | 'severity'> & { readonly when?: When };

/** What the DHCP service makes of a lease that fits its subnet. */
function ofService(
  [was, is]: readonly [Subnet, Subnet],
  { guest, lease, at }: { readonly guest: Guest; readonly lease: Lease; readonly at: string },
): OfService | null {
  if (!servesDhcp(was)) return null;
  if (!servesDhcp(is))
    return {
      what: 'DHCP ends: the address stays until its lease ends, and nobody gives another.',
      when: leaseEnd(lease, at),
      severity: 'ends',
    };
  const [had, has] = [reservationOf(was, guest, lease), reservationOf(is, guest, lease)];
  const { address } = lease;
  if (has !== undefined)
    return has.ip === address || has.ip === had?.ip
      ? null
      : {
          what: `Gets ${has.ip}, which is reserved for it, in place of ${address}; connections of the old address end then.`,
          severity: 'ends',
        };
  const fits = inRange(is, address) !== undefined;
  if (had !== undefined)
    return fits
      ? { what: 'Its reservation goes: the address stays as long as it is renewed.', severity: 'later' }
      : {
          what: 'Its reservation goes: the address stays until it asks again, then it gets another one.',
          severity: 'ends',
        };
  return fits || inRange(was, address) === undefined
    ? null
    : {
        what: 'Its address is outside of the DHCP ranges: it gets another one, and connections of the old one end then.',
        severity: 'ends',
      };
}

const gatewayMoved = (was: Subnet, is: Subnet): Told | null =>
  was.address === is.address
    ? null
    : {
        what: `The host is ${is.address} and no longer ${was.address}: it, and what lies behind it, are out of reach until the guest asks anew (dhclient) or is set.`,
        when: AT_ONCE,
        severity: 'ends',
      };

/** Of these guests nobody knows an address: what holds if they have one. */
function withoutLease({ before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const unknown = guests.filter((g) => g.leases.length === 0);
  return before.subnets.flatMap((was) => {
    const block = blockOfSubnet(was);
    if (block === null) return [];
    const is = after.subnets.find((s) =>
      sameValue(blockOfSubnet(s)?.first.toString(), block.first.toString()),
    );
    const moved = is === undefined ? null : gatewayMoved(was, is);
    if (is !== undefined) return moved === null ? [] : tell(after.name, unknown, moved);
    return tell(after.name, unknown, {
      what: `Subnet ${blockText(block)} goes: with an address of it, the host and what lies behind it are out of reach.`,
      when: AT_ONCE,
      severity: 'ends',
    });
  });
}

/** What a lease tells beside the address. */
function options({ before, after }: Update, guests: readonly Guest[], at: string): readonly Effect[] {
  if (!before.subnets.some(servesDhcp) || !after.subnets.some(servesDhcp)) return [];
  const raw = ({ dnsmasqOptions = [] }: Network) => dnsmasqOptions.filter((o) => /^dhcp-option/.test(o));
  const times = ({ subnets }: Network) => subnets.map((s) => s.dhcp?.ranges.map((r) => r.lease ?? null));
  const isolated = ({ forward }: Network) => forward.mode === 'none';
  const news = [
    ...(before.domain?.name === after.domain?.name ? [] : ['domain']),
    ...(isolated(before) === isolated(after) ? [] : [isolated(after) ? 'no gateway' : 'gateway']),
    ...(servesDns(before) === servesDns(after) ? [] : ['DNS server']),
    ...(sameValue(times(before), times(after)) || before.subnets.length !== after.subnets.length
      ? []
      : ['lease time']),
    ...(sameValue(raw(before), raw(after)) ? [] : ['options of dnsmasq']),
  ];
  if (news.length === 0) return [];
  return guests.flatMap((guest) =>
    tell(after.name, [guest], {
      what: `New in its lease when it asks again, or at once with dhclient: ${news.join(', ')}.`,
      when: renewalOf(before, guest, at),
      severity: 'later',
    }),
  );
}

/** When a guest asks again for what it has. */
export function renewalOf(network: Network, guest: Guest, at: string): When {
  const [lease] = guest.leases;
  const subnet = lease === undefined ? undefined : subnetOf(network, lease.address);
  if (lease === undefined || subnet === undefined) return { at: 'renewal', within: null };
  const time = reservationOf(subnet, guest, lease)?.lease ?? inRange(subnet, lease.address)?.lease;
  return renewal(lease, secondsOf(time), at);
}

function dns({ before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const serves = (n: Network) => n.subnets.length > 0 && servesDns(n);
  if (!serves(before) || serves(after)) return [];
  return tell(after.name, guests, {
    what: 'DNS of the network ends: names are asked in vain until a new lease, or somebody, names another server.',
    when: AT_ONCE,
    severity: 'ends',
  });
}
