import { type Block, bits, blockOf, blockText, contains, familyOf, toNumber } from '../ip';
import type { Network, StaticRoute } from '../kinds/network';
import type { LeaseTime, Reservation, Subnet } from '../kinds/subnet';
import type { Problem } from '../result';
import type { Refuse } from './rules';

/* What libvirt refuses of addresses, ranges, reservations and routes. */

type Path = Problem['path'];

export function addressProblems(network: Network, refuse: Refuse): void {
  natProblems(network, refuse);
  const serving = { 4: null as number | null, 6: null as number | null };
  network.subnets.forEach((subnet, i) => {
    subnetProblems(subnet, ['subnets', i], refuse);
    const family = familyOf(subnet.address);
    if (subnet.dhcp === undefined || subnet.dhcp.ranges.length + subnet.dhcp.hosts.length === 0) return;
    if (serving[family] === null) serving[family] = i;
    else
      refuse(['subnets', i, 'dhcp'], 'DHCP_TWICE', `Only one IPv${family} address of a network serves DHCP.`);
  });
  routeProblems(network, refuse);
}

function natProblems({ forward }: Network, refuse: Refuse): void {
  if (forward.mode !== 'nat' || forward.nat === undefined) return;
  const { address, port } = forward.nat;
  if (address !== undefined) {
    const { start, end } = address;
    if (familyOf(start) !== 4 || familyOf(end) !== 4)
      refuse(['forward', 'nat', 'address'], 'NAT_FAMILY', 'Addresses that are translated to are IPv4.');
    else if (reversed(start, end))
      refuse(
        ['forward', 'nat', 'address'],
        'RANGE_REVERSED',
        `${start} – ${end} is reversed: its start comes after its end.`,
      );
  }
  if (port !== undefined && port.start > port.end)
    refuse(
      ['forward', 'nat', 'port'],
      'RANGE_REVERSED',
      `${port.start} – ${port.end} is reversed: its start comes after its end.`,
    );
}

const reversed = (start: string, end: string): boolean => (toNumber(start) ?? 0n) > (toNumber(end) ?? 0n);

function subnetProblems(subnet: Subnet, path: Path, refuse: Refuse): void {
  const { address, prefix, dhcp } = subnet;
  const family = familyOf(address);
  const block = blockOf(address, prefix);
  if (block === null) {
    refuse(
      [...path, 'prefix'],
      'PREFIX_TOO_LONG',
      `Prefix /${prefix} is too long for IPv${family}: at most /${bits(family)}.`,
    );
    return;
  }
  if (family === 6 && subnet.tftp !== undefined)
    refuse([...path, 'tftp'], 'IPV4_ONLY', 'Files are served by TFTP over IPv4 only.');
  if (dhcp === undefined) return;
  const { bootp } = dhcp;
  if (family === 6 && bootp !== undefined)
    refuse([...path, 'dhcp', 'bootp'], 'IPV4_ONLY', 'Guests boot over IPv4 only.');
  if (bootp?.server !== undefined && toNumber(bootp.server) === null)
    refuse(
      [...path, 'dhcp', 'bootp'],
      'SERVER_ADDRESS',
      `The boot server is an address, not a name: ${bootp.server} is none.`,
    );
  dhcp.ranges.forEach(({ start, end, lease }, i) => {
    const at = [...path, 'dhcp', 'ranges', i];
    leaseProblems(lease, at, refuse);
    const fault = rangeFault(start, end, block);
    if (fault !== null) refuse(at, 'RANGE', `DHCP range ${start} – ${end}: ${fault}`);
  });
  dhcp.hosts.forEach((host, i) => {
    const at = [...path, 'dhcp', 'hosts', i];
    leaseProblems(host.lease, at, refuse);
    hostProblems(host, family, at, refuse);
  });
}

function rangeFault(start: string, end: string, block: Block): string | null {
  const { family } = block;
  if (familyOf(start) !== family || familyOf(end) !== family)
    return `both ends are IPv${family}, as the subnet is.`;
  const outside = [start, end].find((a) => !contains(block, a));
  if (outside !== undefined) return `${outside} lies outside the subnet ${blockText(block)}.`;
  if (reversed(start, end)) return 'it is reversed: its start comes after its end.';
  const [first, last] = [toNumber(start) ?? 0n, toNumber(end) ?? 0n];
  // A subnet of two addresses has neither.
  if (family === 4 && block.prefix < 31) {
    if (first === block.first) return `${start} is the network address.`;
    if (last === block.last) return `${end} is the broadcast address.`;
  }
  if (family === 6 && first >> 16n !== last >> 16n) return 'its ends differ in more than the last 16 bits.';
  return null;
}

function hostProblems({ mac, duid, name }: Reservation, family: 4 | 6, path: Path, refuse: Refuse): void {
  if (family === 6) {
    if (mac !== undefined)
      refuse(path, 'MAC_IPV6', 'A reservation of IPv6 knows the guest by id or name, not by its MAC.');
    else if (duid === undefined && name === undefined)
      refuse(path, 'GUEST_NEEDED', 'A reservation of IPv6 needs the id or the name of the guest.');
    return;
  }
  if (duid !== undefined)
    refuse(path, 'ID_IPV4', 'A reservation of IPv4 knows the guest by MAC or name, not by id.');
  else if (mac === undefined && name === undefined)
    refuse(path, 'GUEST_NEEDED', 'A reservation of IPv4 needs the MAC or the name of the guest.');
}

function leaseProblems(lease: LeaseTime | undefined, path: Path, refuse: Refuse): void {
  if (lease === undefined || lease.expiry === 0 || lease.unit === 'hours') return;
  const seconds = lease.expiry * (lease.unit === 'minutes' ? 60 : 1);
  if (seconds < 120)
    refuse([...path, 'lease'], 'LEASE_TOO_SHORT', 'A lease lasts at least 2 minutes, or for ever (0).');
}

function routeProblems({ routes, subnets }: Network, refuse: Refuse): void {
  routes?.forEach((route, i) => {
    const fault = routeFault(route, subnets);
    if (fault !== null) refuse(['routes', i], 'ROUTE', `Route to ${route.address}/${route.prefix}: ${fault}`);
  });
}

function routeFault({ address, prefix, gateway }: StaticRoute, subnets: readonly Subnet[]): string | null {
  const family = familyOf(address);
  const block = blockOf(address, prefix);
  if (block === null) return `a prefix of IPv${family} is at most /${bits(family)}.`;
  if (block.first !== toNumber(address))
    return `${address} is an address in ${blockText(block)}, not the network.`;
  if (familyOf(gateway) !== family) return `its gateway ${gateway} is not IPv${family}.`;
  const reachable = subnets.some((s) => {
    const own = blockOf(s.address, s.prefix);
    return own !== null && contains(own, gateway);
  });
  return reachable ? null : `its gateway ${gateway} is in no subnet of this network.`;
}
