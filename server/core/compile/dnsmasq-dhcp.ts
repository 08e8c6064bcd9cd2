import { countBetween, familyOf, netmask } from '../ip';
import type { DhcpRange, LeaseTime, Reservation, Subnet } from '../kinds/subnet';

/** dnsmasq keeps this count in an int; more leases than that nobody serves. */
const MOST_LEASES = 1_000_000n;
const ROOM = 100n;
/** dnsmasq's own limit where none is given. */
const USUAL_LEASES = 1000n;

export const servesDhcp = (subnet: Subnet): boolean =>
  subnet.dhcp !== undefined && subnet.dhcp.ranges.length + subnet.dhcp.hosts.length > 0;

/** Ranges of one subnet that serves, and what its guests boot. */
export function dhcpLines(subnet: Subnet): readonly string[] {
  const family = familyOf(subnet.address);
  const size = family === 4 ? netmask(subnet.prefix) : String(subnet.prefix);
  const { ranges = [], bootp } = subnet.dhcp ?? {};
  const lines =
    ranges.length > 0
      ? ranges.map((r) => ['dhcp-range=', r.start, ',', r.end, ',', size, leaseText(r.lease)].join(''))
      : [`dhcp-range=${subnet.address},static,${size}`];
  if (family === 6) return lines;
  const boot =
    bootp === undefined ? [] : [`dhcp-boot=${bootp.file}${bootp.server ? `,,${bootp.server}` : ''}`];
  return [...lines, 'dhcp-no-override', 'dhcp-authoritative', ...boot];
}

const UNITS = { seconds: 's', minutes: 'm', hours: 'h' } as const;

const leaseText = (lease: LeaseTime | undefined): string =>
  lease === undefined ? '' : `,${lease.expiry === 0 ? 'infinite' : `${lease.expiry}${UNITS[lease.unit]}`}`;

/** How many leases it must be able to keep; null where dnsmasq's own limit does. Reservations outside the ranges need leases too. */
export function leaseCount(serving: readonly Subnet[]): bigint | null {
  let ranges = 0n;
  let outside = 0n;
  for (const { dhcp } of serving) {
    if (dhcp === undefined) continue;
    for (const r of dhcp.ranges) ranges += countBetween(r.start, r.end);
    outside += BigInt(dhcp.hosts.filter((h) => !dhcp.ranges.some((r) => inRange(h, r))).length);
  }
  // Room for more of them, which then need no restart.
  const all = ranges + ((outside + ROOM - 1n) / ROOM) * ROOM;
  if (ranges === 0n && all <= USUAL_LEASES) return null;
  return all > MOST_LEASES ? MOST_LEASES : all;
}

const inRange = (host: Reservation, { start, end }: DhcpRange): boolean =>
  countBetween(start, host.ip) > 0n && countBetween(host.ip, end) > 0n;

/** Reservations as dnsmasq reads them from its hosts file, one a line; also while it runs. */
export const hostsText = (serving: readonly Subnet[]): string =>
  serving
    .flatMap((s) => s.dhcp?.hosts ?? [])
    .map(hostLine)
    .join('');

function hostLine({ mac, duid, ip, name, lease }: Reservation): string {
  const who = [...(mac === undefined ? [] : [mac]), ...(duid === undefined ? [] : [`id:${duid}`])];
  const called = name === undefined ? [] : [name];
  const known = familyOf(ip) === 6 || who.length === 0;
  const words = known ? [...who, ...called, familyOf(ip) === 6 ? `[${ip}]` : ip] : [...who, ip, ...called];
  return `${words.join(',')}${leaseText(lease)}\n`;
}
