import type { Nic, NicSource } from '../kinds/nic';

/** A command, and the one that takes it back where that is not done by the tap's going. */
export type RoutedStep = { readonly command: readonly string[]; readonly inverse?: readonly string[] };

type Routed = Extract<NicSource, { type: 'routed' }>;

const familyOf = (address: string) => (address.includes(':') ? '-6' : '-4');
const whole = (address: string) => `${address}/${address.includes(':') ? 128 : 32}`;
/** Slashes between the words: names of links have dots. */
const sysctl = (setting: string, value: 0 | 1) => ['sysctl', '-qw', `net/${setting}=${value}`];

/**
 * A tap in no bridge, whose guest the host routes to: forwarding and proxies on the tap, a route to each address (in a
 * table of its own, with rules, if there is one), and proxies on the device whose neighbours shall find the guest.
 * Forwarding and `proxy_ndp` of that device stay on: other guests may need them.
 */
export function compileRouted(tap: NonNullable<Nic['tap']>, source: Routed): readonly RoutedStep[] {
  const { addresses, gateways = [], device, table } = source;
  const six = [...addresses, ...gateways].some((a) => a.includes(':'));
  const on = (setting: string): RoutedStep => ({
    command: sysctl(setting, 1),
    inverse: sysctl(setting, 0),
  });
  const ip = (family: string, add: readonly string[], del: readonly string[]): RoutedStep => ({
    command: ['ip', family, ...add],
    inverse: ['ip', family, ...del],
  });
  const proxy = (address: string, dev: string) => {
    const words = ['proxy', address, 'dev', dev];
    return ip(familyOf(address), ['neigh', 'replace', ...words], ['neigh', 'del', ...words]);
  };
  const rule = (family: string, words: readonly string[]) =>
    ip(family, ['rule', 'add', ...words], ['rule', 'del', ...words]);
  const inTable = table === undefined ? [] : ['table', String(table)];
  const families = [...new Set(addresses.map(familyOf))];
  return [
    on(`ipv4/conf/${tap}/forwarding`),
    on(`ipv4/conf/${tap}/proxy_arp`),
    // The kernel waits up to 0.8 s before it answers for others.
    { command: sysctl(`ipv4/neigh/${tap}/proxy_delay`, 0) },
    ...(six ? [on(`ipv6/conf/${tap}/proxy_ndp`)] : []),
    ...(six ? [{ command: sysctl(`ipv6/neigh/${tap}/proxy_delay`, 0) }] : []),
    ...(table === undefined ? [] : families.map((family) => rule(family, ['iif', tap, ...inTable]))),
    ...addresses.flatMap((address) => {
      const to = whole(address);
      const route = [to, 'dev', tap, 'proto', 'static', ...inTable];
      return [
        ...(table === undefined ? [] : [rule(familyOf(address), ['to', to, ...inTable])]),
        ip(familyOf(address), ['route', 'replace', ...route], ['route', 'del', ...route]),
      ];
    }),
    ...gateways.map((gateway) => proxy(gateway, tap)),
    ...(device === undefined
      ? []
      : [
          { command: sysctl(`ipv4/conf/${device}/forwarding`, 1) },
          ...(six ? [{ command: sysctl(`ipv6/conf/${device}/proxy_ndp`, 1) }] : []),
          ...addresses.map((address) => proxy(address, device)),
        ]),
  ];
}
