import { ptrDomain } from './compile/dnsmasq-dns';
import { blockOf, blockText, familyOf } from './ip';
import type { Network } from './kinds/network';
import type { LeaseTime, Reservation, Subnet } from './kinds/subnet';
import type { Problem } from './result';

type Path = Problem['path'];

/** What is served in the subnets of a network beside plain ranges and addresses: leases, identities, boot, TFTP. */
export function checkDhcp({ subnets }: Network): readonly Problem[] {
  const roots = subnets.flatMap((s, i) => (s.tftp === undefined ? [] : [i]));
  return [
    ...subnets.flatMap((subnet, i) => checkServed(subnet, ['subnets', i])),
    ...roots.slice(1).map(
      (i): Problem => ({
        path: ['subnets', i, 'tftp'],
        code: 'TFTP_TWICE',
        message: `Subnet ${i + 1}: a network serves one TFTP folder, and subnet ${(roots[0] ?? 0) + 1} has it.`,
      }),
    ),
  ];
}

function checkServed(subnet: Subnet, path: Path): readonly Problem[] {
  const { dhcp } = subnet;
  return [
    ...checkTftp(subnet, path),
    ...checkBoot(subnet, [...path, 'dhcp', 'bootp']),
    ...(dhcp?.ranges ?? []).flatMap(({ lease }, i) =>
      checkLease(lease, `DHCP range ${i + 1}`, [...path, 'dhcp', 'ranges', i, 'lease']),
    ),
    ...(dhcp?.hosts ?? []).flatMap((host, i) => [
      ...checkIdentity(host, `Reservation ${i + 1}`, [...path, 'dhcp', 'hosts', i]),
      ...checkLease(host.lease, `Reservation ${i + 1}`, [...path, 'dhcp', 'hosts', i, 'lease']),
    ]),
    ...checkPtr(subnet, path),
  ];
}

function checkTftp({ address, tftp }: Subnet, path: Path): readonly Problem[] {
  if (tftp === undefined) return [];
  const at = (code: string, message: string): readonly Problem[] => [
    { path: [...path, 'tftp'], code, message },
  ];
  if (familyOf(address) === 6)
    return at('TFTP_IPV6', 'TFTP is served in IPv4 only: give the folder to an IPv4 subnet.');
  if (!tftp.startsWith('/') || tftp.split('/').includes('..'))
    return at('TFTP_ROOT', 'The TFTP folder is named by its whole path: it begins with / and has no "..".');
  return [];
}

function checkBoot({ address, dhcp }: Subnet, path: Path): readonly Problem[] {
  if (dhcp?.bootp === undefined) return [];
  const at = (code: string, message: string): readonly Problem[] => [{ path, code, message }];
  const { server } = dhcp.bootp;
  if (familyOf(address) === 6)
    return at('BOOTP_IPV6', 'A boot file is told in IPv4 only: give it to an IPv4 subnet.');
  if (dhcp.ranges.length + dhcp.hosts.length === 0)
    return at(
      'BOOTP_WITHOUT_DHCP',
      'A boot file is told by DHCP, which this subnet does not serve: add a range or a reservation.',
    );
  if (server?.includes(':'))
    return at('BOOTP_SERVER', `Boot server ${server} is IPv6: give an IPv4 address or a name.`);
  return [];
}

const SECONDS = { seconds: 1, minutes: 60, hours: 3600 } as const;
/** dnsmasq raises what is shorter, DHCP keeps 2^32 - 1 for "for ever". */
const LEASE = { least: 120, most: 4_294_967_294 } as const;

function checkLease(lease: LeaseTime | undefined, which: string, path: Path): readonly Problem[] {
  if (lease === undefined || lease.expiry === 0) return [];
  const text = `${lease.expiry} ${lease.expiry === 1 ? lease.unit.replace(/s$/, '') : lease.unit}`;
  const seconds = lease.expiry * SECONDS[lease.unit];
  if (seconds < LEASE.least)
    return [
      {
        path: [...path, 'expiry'],
        code: 'LEASE_SHORT',
        message: `${which}: a lease of ${text} is too short: dnsmasq gives no less than 2 minutes.`,
      },
    ];
  if (seconds > LEASE.most)
    return [
      {
        path: [...path, 'expiry'],
        code: 'LEASE_LONG',
        message: `${which}: a lease of ${text} is longer than DHCP can say (136 years): 0 is for ever.`,
      },
    ];
  return [];
}

function checkIdentity({ mac, duid, name, ip }: Reservation, which: string, path: Path): readonly Problem[] {
  if (mac === undefined && duid === undefined && name === undefined)
    return [
      {
        path: [...path, 'mac'],
        code: 'RESERVATION_FOR_NOBODY',
        message: `${which}: it does not say for whom ${ip} is kept: give a MAC, a DUID (IPv6) or a name.`,
      },
    ];
  if (duid !== undefined && familyOf(ip) === 4)
    return [
      {
        path: [...path, 'duid'],
        code: 'DUID_IN_IPV4',
        message: `${which}: clients tell a DUID in DHCPv6 only, and ${ip} is IPv4: give a MAC or a name.`,
      },
    ];
  return [];
}

function checkPtr(subnet: Subnet, path: Path): readonly Problem[] {
  const block = blockOf(subnet.address, subnet.prefix);
  if (!subnet.localPtr || block === null || ptrDomain(subnet) !== null) return [];
  return [
    {
      path: [...path, 'localPtr'],
      code: 'PTR_PREFIX',
      message: `Reverse lookups of ${blockText(block)} are no domain of their own: local PTR needs a prefix length that is a multiple of ${block.family === 4 ? 8 : 4}.`,
    },
  ];
}
