import { readFileSync } from 'node:fs';
import type { Fact, Link, Sysctl } from '@/server/core/observed';
import { keyed, known, unknown } from './reading';

const GLOBAL = [
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.forwarding',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.default.forwarding',
  'net.ipv4.conf.default.rp_filter',
  'net.ipv6.conf.all.disable_ipv6',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.default.forwarding',
  'net.bridge.bridge-nf-call-iptables',
  'net.bridge.bridge-nf-call-ip6tables',
  'net.bridge.bridge-nf-call-arptables',
] as const;

const PER_LINK = [
  'net.ipv4.conf.*.forwarding',
  'net.ipv4.conf.*.rp_filter',
  'net.ipv6.conf.*.forwarding',
  'net.ipv6.conf.*.accept_ra',
  'net.ipv6.conf.*.disable_ipv6',
] as const;

/**
 * Names of what is read for these links. A port of a bridge or a bond takes no part in routing, and a thousand of
 * them would be five thousand files: they are left out. A dot in a link's name is a slash, as sysctl(8) has it.
 */
export function sysctlNames(links: readonly Link[]): readonly string[] {
  const routing = links.filter((link) => link.master === null && !link.name.includes('/'));
  return [
    ...GLOBAL,
    ...routing.flatMap((link) =>
      PER_LINK.map((name) => name.replace('*', () => link.name.replaceAll('.', '/'))),
    ),
  ];
}

/** `net.ipv4.conf.eth0/10.forwarding` → `/proc/sys/net/ipv4/conf/eth0.10/forwarding`. */
export const sysctlPath = (name: string): string =>
  `/proc/sys/${name.replaceAll(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`;

/** What does not exist (no bridge module, no IPv6, a link that has just gone) is left out. */
export function observeSysctls(links: Fact<Link>): Fact<Sysctl> {
  const command = 'sysctl net.ipv4.ip_forward net.ipv4.conf net.ipv6.conf net.bridge';
  if (!links.known) return unknown(command, `its interfaces are not known: ${links.why}`);
  const values: [string, Sysctl][] = [];
  for (const name of sysctlNames(Object.values(links.value))) {
    try {
      values.push([name, { value: readFileSync(sysctlPath(name), 'latin1').trim() }]);
    } catch {}
  }
  return known(command, keyed(values));
}
