import { bits, blockOf, familyOf } from '../ip';
import type { Dns } from '../kinds/dns';
import type { Network } from '../kinds/network';
import type { Subnet } from '../kinds/subnet';

export const servesDns = ({ dns }: Network): boolean => dns?.enable !== false;

/** Whom it asks and which names it keeps to itself. */
export function askingLines(network: Network): readonly string[] {
  const { dns, domain, subnets } = network;
  const serving = servesDns(network);
  const forwarders = serving ? (dns?.forwarders ?? []) : [];
  return [
    // No port at all: names are not served.
    ...(serving ? [] : ['port=0']),
    ...forwarders.map(forwarderLine),
    // Whoever names servers for everything wants no others, those of the host included.
    ...(forwarders.some((f) => f.domain === undefined) ? ['no-resolv'] : []),
    ...(domain?.localOnly ? [`local=/${domain.name}/`] : []),
    ...(domain === undefined ? [] : [`domain=${domain.name}`, 'expand-hosts']),
    ...(serving ? subnets.filter((s) => s.localPtr).flatMap(ptrLines) : []),
    ...(serving && dns?.forwardPlainNames === false ? ['domain-needed', 'local=//'] : []),
  ];
}

function forwarderLine({ domain, address, port }: Forwarder): string {
  const server = `${address ?? '#'}${port === undefined ? '' : `#${port}`}`;
  return `server=${domain === undefined ? '' : `/${domain}/`}${server}`;
}

/** TXT and SRV records; addresses of names are in a file of their own, which can change while it runs. */
export function recordLines(network: Network): readonly string[] {
  const { dns } = network;
  if (!servesDns(network) || dns === undefined) return [];
  return [
    ...(dns.txt ?? []).map(({ name, value }) => `txt-record=${name},${txtValue(value)}`),
    ...(dns.srv ?? []).map(srvLine),
  ];
}

type Srv = NonNullable<Dns['srv']>[number];
type Forwarder = NonNullable<Dns['forwarders']>[number];

function srvLine({ service, protocol, domain, target, port, priority, weight }: Srv): string {
  const name = `srv-host=_${service}._${protocol}${domain === undefined ? '' : `.${domain}`}`;
  // Without a target the service is decidedly not there (RFC 2782), whatever the rest says.
  if (target === undefined) return name;
  const numbers = weight
    ? [port || 1, priority ?? 0, weight]
    : priority
      ? [port || 1, priority]
      : port
        ? [port]
        : [];
  return [name, target, ...numbers].join(',');
}

/** A comma would part it in two, a hash begin a comment; in double quotes nothing does. */
const txtValue = (value: string): string =>
  /^[^,#\\\s]+( [^,#\\\s]+)*$/.test(value) ? value : `"${value.replaceAll('\\', '\\\\')}"`;

/** The line for each address, in the order the addresses first come up. */
export function dnsHostsText({ dns }: Network): string {
  const names = new Map<string, string[]>();
  for (const host of dns?.hosts ?? []) names.set(host.ip, [...(names.get(host.ip) ?? []), ...host.names]);
  return [...names].map(([ip, all]) => `${[ip, ...all].join('\t')}\n`).join('');
}

const ptrLines = (subnet: Subnet): readonly string[] => {
  const domain = ptrDomain(subnet);
  return domain === null ? [] : [`local=/${domain}/`];
};

/** `100.168.192.in-addr.arpa`; null where the prefix ends within a label: whole bytes in IPv4, half bytes in IPv6. */
export function ptrDomain({ address, prefix }: Pick<Subnet, 'address' | 'prefix'>): string | null {
  const family = familyOf(address);
  const step = family === 4 ? 8 : 4;
  const block = blockOf(address, prefix);
  if (block === null || prefix === 0 || prefix >= bits(family) || prefix % step !== 0) return null;
  const labels = Array.from({ length: prefix / step }, (_, i) => {
    const label = (block.first >> BigInt(bits(family) - step * (i + 1))) & ((1n << BigInt(step)) - 1n);
    return label.toString(family === 4 ? 10 : 16);
  });
  return [...labels.reverse(), family === 4 ? 'in-addr.arpa' : 'ip6.arpa'].join('.');
}
