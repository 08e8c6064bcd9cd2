import { canonical } from './canonical';
import { contains, familyOf, parseBlock } from './ip';
import type { Dns } from './kinds/dns';
import { isMade, type Network } from './kinds/network';
import type { Problem } from './result';

/** What a network's DNS server is asked to be, and whether it could be. */
export function checkDns(network: Network, others: readonly Network[]): readonly Problem[] {
  const { dns } = network;
  return [
    ...checkServed(network),
    ...checkForwarders(network, others),
    ...checkTwice(dns),
    ...checkLabels(network),
    ...(dns?.srv ?? []).flatMap(({ target, port, priority, weight }, i): readonly Problem[] =>
      target === undefined && (port ?? priority ?? weight) !== undefined
        ? [
            {
              path: ['dns', 'srv', i, 'target'],
              code: 'SRV_WITHOUT_TARGET',
              message: `SRV record ${i + 1}: without a target the service is not there, and has no port, priority or weight.`,
            },
          ]
        : [],
    ),
    ...checkMtu(network),
    ...checkOptions(network),
  ];
}

const FIELDS = {
  forwardPlainNames: 'the forwarding of plain names',
  forwarders: 'forwarders',
  txt: 'TXT records',
  srv: 'SRV records',
  hosts: 'DNS hosts',
} as const satisfies Partial<Record<keyof Dns, string>>;

/** Settings that nobody would ever see. */
function checkServed(network: Network): readonly Problem[] {
  const { dns, domain, subnets, dnsmasqOptions } = network;
  const problem = (path: Problem['path'], code: string, message: string): Problem => ({
    path,
    code,
    message,
  });
  if (isMade(network) && subnets.length === 0)
    return Object.entries({ dns, domain, dnsmasqOptions }).flatMap(([field, value]) =>
      value === undefined
        ? []
        : [
            problem(
              [field],
              'SERVED_NOWHERE',
              `${FIELD_NAMES[field] ?? field}: the network has no subnet, so that there is no address of the host to serve at.`,
            ),
          ],
    );
  if (dns?.enable !== false) return [];
  const given = new Map<string, unknown>(Object.entries(dns));
  return [
    ...Object.entries(FIELDS).flatMap(([field, what]) =>
      given.get(field) === undefined
        ? []
        : [
            problem(
              ['dns', field],
              'DNS_DISABLED',
              `DNS is disabled, which leaves no use for ${what}: leave that out, or enable DNS.`,
            ),
          ],
    ),
    ...(domain?.register
      ? [
          problem(
            ['domain', 'register'],
            'DNS_DISABLED',
            `DNS is disabled, so that domain ${domain.name} cannot be registered with the host's resolver.`,
          ),
        ]
      : []),
    ...subnets.flatMap((s, i) =>
      s.localPtr
        ? [
            problem(
              ['subnets', i, 'localPtr'],
              'DNS_DISABLED',
              `Subnet ${i + 1}: DNS is disabled, so that nobody answers its reverse lookups: leave local PTR out.`,
            ),
          ]
        : [],
    ),
  ];
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  dns: 'DNS',
  domain: 'Domain',
  dnsmasqOptions: 'Dnsmasq options',
};

/** Addresses that answer no question. */
const NOBODY: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'means "no address"'],
  ['224.0.0.0/4', 'is multicast'],
  ['240.0.0.0/4', 'is reserved'],
  ['::/128', 'means "no address"'],
  ['ff00::/8', 'is multicast'],
  ['fe80::/10', 'is link-local, which needs an interface'],
];

function checkForwarders(network: Network, others: readonly Network[]): readonly Problem[] {
  return (network.dns?.forwarders ?? []).flatMap((forwarder, i): readonly Problem[] => {
    const { address, domain, port } = forwarder;
    const at = (code: string, message: string): readonly Problem[] => [
      { path: ['dns', 'forwarders', i, 'address'], code, message: `Forwarder ${i + 1}: ${message}` },
    ];
    if (address === undefined && port !== undefined)
      return at('FORWARDER_PORT', `port ${port} is of no address: name one.`);
    if (address === undefined)
      return domain === undefined ? at('FORWARDER_EMPTY', 'it names neither an address nor a domain.') : [];
    const nobody = NOBODY.find(([text]) => {
      const block = parseBlock(text);
      return block !== null && contains(block, address);
    });
    if (nobody !== undefined) return at('FORWARDER_UNUSABLE', `${address} ${nobody[1]}.`);
    const way = wayBack(network, others, forwarder);
    if (way === null) return [];
    return at(
      'FORWARDER_LOOP',
      way.length === 0
        ? `${address} is this network's own DNS server: it would ask itself for ever.`
        : `${address} is the DNS server of network ${way.join(', which asks that of ')}, which asks this one again: for ever.`,
    );
  });
}

type Forwarder = NonNullable<Dns['forwarders']>[number];

/**
 * Networks by way of which a question for the same names comes back to this one; empty when it does so at once, null
 * when it does not.
 */
function wayBack(
  network: Network,
  others: readonly Network[],
  { address, domain, port }: Forwarder,
): readonly string[] | null {
  // Elsewhere than at its own port a network answers nothing.
  if (port !== undefined && port !== 53) return null;
  const has = (n: Network, a: string | undefined) => n.subnets.some((s) => s.address === a);
  if (has(network, address)) return [];
  const next = others.find((n) => has(n, address));
  if (next === undefined) return null;
  // Whoever has a forwarder for just this domain asks that one; or else the first for everything.
  const asked = next.dns?.forwarders ?? [];
  const same = asked.filter((f) => f.domain?.toLowerCase() === domain?.toLowerCase());
  const chosen = same.length > 0 ? same : asked.filter((f) => f.domain === undefined);
  const rest = others.filter((n) => n !== next);
  for (const forwarder of chosen) {
    const way = wayBack(network, rest, { ...forwarder, domain });
    if (way !== null) return [next.name, ...way];
  }
  return null;
}

function checkTwice(dns: Dns | undefined): readonly Problem[] {
  const seen = new Map<string, string>();
  const once = (path: Problem['path'], what: string, value: unknown): readonly Problem[] => {
    const key = canonical([path[1], value]);
    const before = seen.get(key);
    if (before === undefined) seen.set(key, what);
    return before === undefined
      ? []
      : [{ path, code: 'DNS_TWICE', message: `${what} says the same as ${before}.` }];
  };
  const lower = (name: string | undefined) => name?.toLowerCase();
  return [
    ...(dns?.forwarders ?? []).flatMap(({ address, domain, port }, i) =>
      once(['dns', 'forwarders', i], `Forwarder ${i + 1}`, [address, port ?? 53, lower(domain)]),
    ),
    ...(dns?.txt ?? []).flatMap(({ name, value }, i) =>
      once(['dns', 'txt', i], `TXT record ${i + 1}`, [lower(name), value]),
    ),
    ...(dns?.srv ?? []).flatMap((srv, i) =>
      once(['dns', 'srv', i], `SRV record ${i + 1}`, [
        srv.service,
        srv.protocol,
        srv.domain,
        srv.target,
        srv.port,
      ]),
    ),
    ...(dns?.hosts ?? []).flatMap(({ ip, names }, i) =>
      names.flatMap((name, j) =>
        once(['dns', 'hosts', i, 'names', j], `DNS host ${i + 1}, ${short(name)}`, [ip, lower(name)]),
      ),
    ),
  ];
}

/** Names may be 253 characters long; a sentence may not. */
const short = (name: string): string => (name.length > 40 ? `${name.slice(0, 40)}…` : name);

function checkLabels({ dns, domain }: Network): readonly Problem[] {
  const long = (path: Problem['path'], name: string | undefined): readonly Problem[] =>
    name?.split('.').some((label) => label.length > 63)
      ? [
          {
            path,
            code: 'DNS_LABEL_LONG',
            message: `${short(name)} is no DNS name: there are at most 63 characters between dots.`,
          },
        ]
      : [];
  return [
    ...long(['domain', 'name'], domain?.name),
    ...(dns?.forwarders ?? []).flatMap((f, i) => long(['dns', 'forwarders', i, 'domain'], f.domain)),
    ...(dns?.txt ?? []).flatMap((t, i) => long(['dns', 'txt', i, 'name'], t.name)),
    ...(dns?.srv ?? []).flatMap((s, i) => [
      ...long(['dns', 'srv', i, 'domain'], s.domain),
      ...long(['dns', 'srv', i, 'target'], s.target),
    ]),
    ...(dns?.hosts ?? []).flatMap(({ names }, i) =>
      names.flatMap((name, j) => long(['dns', 'hosts', i, 'names', j], name)),
    ),
  ];
}

function checkMtu({ mtu, subnets }: Network): readonly Problem[] {
  if (mtu === undefined || mtu >= 1280 || !subnets.some((s) => familyOf(s.address) === 6)) return [];
  return [
    {
      path: ['mtu'],
      code: 'MTU_IPV6',
      message: `An MTU of ${mtu} bytes is too small for IPv6, which needs 1280: use more, or leave the IPv6 subnets out.`,
    },
  ];
}

/** By these the agent finds and steers its dnsmasq. */
const OURS = [
  ...['conf-file', 'conf-dir', 'pid-file', 'dhcp-leasefile', 'leasefile-ro', 'dhcp-hostsfile', 'addn-hosts'],
  ...['log-facility', 'keep-in-foreground', 'no-daemon', 'user', 'group', 'test', 'help', 'version'],
];

function checkOptions({ dnsmasqOptions }: Network): readonly Problem[] {
  return (dnsmasqOptions ?? []).flatMap((line, i): readonly Problem[] => {
    const at = (code: string, message: string): readonly Problem[] => [
      { path: ['dnsmasqOptions', i], code, message: `Dnsmasq option ${i + 1}: ${message}` },
    ];
    const name = /^\s*([a-z0-9][a-z0-9-]*)\s*(=|$)/.exec(line)?.[1];
    if (name === undefined)
      return at('DNSMASQ_OPTION_MALFORMED', 'it is no option of a configuration file, like cname=www,web.');
    return OURS.includes(name)
      ? at(
          'DNSMASQ_OPTION_OURS',
          `${name} is set by Patchbay itself, which could not find its dnsmasq otherwise.`,
        )
      : [];
  });
}
