import { countBetween, familyOf, netmask } from '../ip';
import type { DhcpRange, Network, Reservation, Subnet } from '../kinds/network';
import type { DnsmasqFiles, DnsmasqGoal, Place } from './realisation';

/*
 * The same directives as libvirt writes for the same network (bridge_driver.c), in its order, plus our own pid and
 * lease files. A configuration file of our own is named on the command line, so that the system's is not read.
 */

/** dnsmasq keeps this count in an int; more leases than that nobody serves. */
const MOST_LEASES = 1_000_000n;
/** dnsmasq's own limit where none is given. */
const USUAL_LEASES = 1000n;

export function dnsmasqFiles(network: string, place: Pick<Place, 'runDir'>): DnsmasqFiles {
  const at = (suffix: string) => `${place.runDir}/dnsmasq/${network}.${suffix}`;
  return { conf: at('conf'), hosts: at('hostsfile'), leases: at('leases'), pid: at('pid') };
}

/** Null for a network without addresses: there is nothing to answer on. */
export function compileDnsmasq(network: Network, place: Place): DnsmasqGoal | null {
  if (network.subnets.length === 0) return null;
  const files = dnsmasqFiles(network.name, place);
  const serving = network.subnets.filter(servesDhcp);
  const hosts = serving.flatMap((s) => s.dhcp?.hosts ?? []);
  return {
    network: network.name,
    files,
    conf: confText(network, files),
    hosts: serving.length === 0 ? null : hosts.map(hostLine).join(''),
    args: [`--conf-file=${files.conf}`, place.singleUser ? '--no-daemon' : '--keep-in-foreground'],
  };
}

export const servesDhcp = (subnet: Subnet): boolean =>
  subnet.dhcp !== undefined && subnet.dhcp.ranges.length + subnet.dhcp.hosts.length > 0;

function confText(network: Network, files: DnsmasqFiles): string {
  const isolated = network.forward.mode === 'none';
  const v4 = network.subnets.filter((s) => familyOf(s.address) === 4);
  const v6 = network.subnets.filter((s) => familyOf(s.address) === 6);
  const serving = [...v4.filter(servesDhcp), ...v6.filter(servesDhcp)];
  const most = leaseCount(serving);
  const lines = [
    `# Network ${network.name}. Made by Patchbay: changes made here are overwritten.`,
    'strict-order',
    `pid-file=${quoted(files.pid)}`,
    'except-interface=lo',
    'bind-dynamic',
    `interface=${network.bridge.name}`,
    // No router is offered, nothing outside is asked, and no default route is advertised.
    ...(isolated ? ['dhcp-option=3', 'no-resolv', 'ra-param=*,0,0'] : []),
    ...serving.flatMap(dhcpLines),
    ...(most === null ? [] : [`dhcp-lease-max=${most}`]),
    ...(serving.length === 0 ? [] : [`dhcp-hostsfile=${quoted(files.hosts)}`]),
    `dhcp-leasefile=${quoted(files.leases)}`,
    ...(v6.some(servesDhcp)
      ? ['enable-ra']
      : // Guests can make up addresses only in a /64; dnsmasq advertises that of the address.
        v6.filter((s) => s.prefix <= 64).map((s) => `dhcp-range=${s.address},ra-only`)),
  ];
  return `${lines.join('\n')}\n`;
}

function dhcpLines(subnet: Subnet): readonly string[] {
  const family = familyOf(subnet.address);
  const size = family === 4 ? netmask(subnet.prefix) : String(subnet.prefix);
  const ranges = subnet.dhcp?.ranges ?? [];
  const lines =
    ranges.length > 0
      ? ranges.map((r) => `dhcp-range=${r.start},${r.end},${size}`)
      : [`dhcp-range=${subnet.address},static,${size}`];
  return family === 4 ? [...lines, 'dhcp-no-override', 'dhcp-authoritative'] : lines;
}

/** Reservations outside the ranges need leases too. */
function leaseCount(serving: readonly Subnet[]): bigint | null {
  let ranges = 0n;
  let outside = 0n;
  for (const { dhcp } of serving) {
    if (dhcp === undefined) continue;
    for (const r of dhcp.ranges) ranges += countBetween(r.start, r.end);
    outside += BigInt(dhcp.hosts.filter((h) => !dhcp.ranges.some((r) => inRange(h, r))).length);
  }
  const all = ranges + outside;
  if (ranges === 0n && all <= USUAL_LEASES) return null;
  return all > MOST_LEASES ? MOST_LEASES : all;
}

const inRange = (host: Reservation, { start, end }: DhcpRange): boolean =>
  countBetween(start, host.ip) > 0n && countBetween(host.ip, end) > 0n;

function hostLine({ mac, ip, name }: Reservation): string {
  return familyOf(ip) === 4
    ? `${[mac, ip, ...(name === undefined ? [] : [name])].join(',')}\n`
    : `${[mac, ...(name === undefined ? [] : [name]), `[${ip}]`].join(',')}\n`;
}

/** dnsmasq reads to the end of the line, but a blank and a hash begin a comment; in double quotes nothing does. */
function quoted(path: string): string {
  if (/[\0\n\r]/.test(path)) throw new Error('dnsmasq: the run folder has a line break in its name');
  if (/^[A-Za-z0-9/._+=@:~-]+$/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
