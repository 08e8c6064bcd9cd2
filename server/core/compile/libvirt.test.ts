import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { blockOf, familyOf } from '../ip';
import { Network } from '../kinds/network';
import { compileDnsmasq } from './dnsmasq';
import { compileNft } from './nft';
import type { RuleGoal } from './realisation';

/*
 * libvirt's own golden cases, where they lie beside the repository (their licence keeps them out of it): the same
 * network gets the same dnsmasq directives and the same firewall verdicts.
 */

const folder = path.join(import.meta.dirname, '../../../../shared/data/libvirt');
const there = existsSync(folder);
if (!there)
  console.warn(`SKIPPED: no comparison with libvirt, its golden cases are not in ${path.resolve(folder)}`);

const attributes = (tag: string): Record<string, string> =>
  Object.fromEntries([...tag.matchAll(/([\w:]+)=["']([^"']*)["']/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
const tags = (xml: string, name: string) =>
  [...xml.matchAll(new RegExp(`<${name}\\b([^>]*?)(/>|>([\\s\\S]*?)</${name}>)`, 'g'))].map((m) => ({
    ...attributes(m[1] ?? ''),
    inside: m[3] ?? '',
  })) as readonly (Record<string, string> & { inside: string })[];

const prefixOf = (netmask: string): number =>
  netmask.split('.').reduce((n, b) => n + Number(b).toString(2).replaceAll('0', '').length, 0);
const classful = (address: string) => (Number(address.split('.')[0]) < 128 ? 8 : 24);

/** As much of the format as these cases use and our schema has. */
function readXml(file: string): Network {
  const xml = readFileSync(file, 'utf8');
  const forward = tags(xml, 'forward')[0];
  const bridge = tags(xml, 'bridge')[0];
  const mode = forward === undefined ? 'none' : (forward.mode ?? 'nat');
  return Network.parse({
    kind: 'network',
    name: /<name>(.*?)<\/name>/.exec(xml)?.[1],
    forward: { mode, ...(forward?.dev === undefined ? {} : { dev: forward.dev }) },
    bridge: { name: bridge?.name, stp: bridge?.stp !== 'off' },
    subnets: tags(xml, 'ip').map((ip) => ({
      address: ip.address,
      prefix: Number(ip.prefix ?? (ip.netmask ? prefixOf(ip.netmask) : classful(ip.address ?? ''))),
      ...(ip.inside.includes('<dhcp')
        ? {
            dhcp: {
              ranges: tags(ip.inside, 'range').map(({ start, end }) => ({ start, end })),
              hosts: tags(ip.inside, 'host').flatMap(({ mac, ip: address, name }) =>
                mac === undefined ? [] : [{ mac, ip: address, name }],
              ),
            },
          }
        : {}),
    })),
  });
}

const names = (sub: string, suffix: string) =>
  there
    ? readdirSync(path.join(folder, sub))
        .filter((f) => f.endsWith(suffix))
        .map((f) => f.slice(0, -suffix.length))
    : [];

/** Directives of things our schema does not have (yet), and of files that are ours or libvirt's alone. */
const ELSEWHERE =
  /^(#|domain=|expand-hosts|server=|enable-tftp|tftp-root=|dhcp-boot=|dhcp-option=option:mtu|addn-hosts=|pid-file=|dhcp-leasefile=)/;

const directives = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !ELSEWHERE.test(line))
    .map((line) => line.replace(/^(dhcp-hostsfile)=.*/, '$1').replace(/^(dhcp-range=.*),\d+m$/, '$1'));

describe.skipIf(!there)('the same as libvirt', () => {
  test.each(names('conf', '.xml'))('dnsmasq: %s', (name) => {
    const file = (suffix: string) => path.join(folder, 'conf', `${name}${suffix}`);
    const xml = readFileSync(file('.xml'), 'utf8');
    const goal = compileDnsmasq(readXml(file('.xml')), { runDir: '/run/x', singleUser: false });
    // With forwarders of its own it asks nobody else.
    const theirs = directives(readFileSync(file('.conf'), 'utf8')).filter(
      (l) => l !== 'no-resolv' || !xml.includes('<forwarder'),
    );
    expect(directives(goal?.conf ?? '')).toEqual(theirs);
    if (!existsSync(file('.hostsfile'))) return;
    const lines = readFileSync(file('.hostsfile'), 'utf8')
      .split('\n')
      .filter((l) => /^([0-9a-f]{2}:){5}/.test(l))
      .map((l) => l.replace(/,\d+m$/, ''));
    expect((goal?.hosts ?? '').split('\n').filter((l) => l !== '')).toEqual(lines);
  });

  test.each(names('firewall', '.xml'))('firewall: %s', (name) => {
    const network = readXml(path.join(folder, 'firewall', `${name}.xml`));
    const commands = readFileSync(path.join(folder, 'firewall', `${name}.nftables`), 'utf8');
    const goal = compileNft([network]);
    const ours = (chain: string, family: 'ip' | 'ip6') =>
      (goal.find((c) => c.name === chain)?.rules ?? [])
        .filter((r) => !r.text.includes(family === 'ip' ? 'ip6 ' : 'ip '))
        .map((r: RuleGoal) => meaning(r.text.split(' ')));
    const theirs = libvirtChains(commands);
    const families = network.subnets.some((s) => familyOf(s.address) === 6)
      ? (['ip', 'ip6'] as const)
      : (['ip'] as const);
    for (const family of families) {
      const chain = (which: string) => theirs.get(`${family} ${which}`) ?? [];
      expect(ours('forward', family)).toEqual(
        [...chain('guest_cross'), ...chain('guest_input'), ...chain('guest_output')].map(meaning),
      );
      expect(ours('postrouting', family)).toEqual(chain('guest_nat').map(meaning));
    }
  });
});

/** Rules by family and chain, in the order they end up in: each is inserted at the front. */
function libvirtChains(commands: string): ReadonlyMap<string, readonly (readonly string[])[]> {
  const chains = new Map<string, string[][]>();
  const words = commands.split(/\s*\\?\n/).map((w) => w.trim().replaceAll("'", ''));
  let rule: string[] = [];
  const end = () => {
    const [, , verb, , family, , chain, ...rest] = rule;
    if (verb === 'insert')
      chains.set(`${family} ${chain}`, [rest, ...(chains.get(`${family} ${chain}`) ?? [])]);
  };
  for (const word of words) {
    if (word === 'nft' || word === 'tc') {
      end();
      rule = [];
    }
    rule.push(...word.split(' '));
  }
  end();
  return chains;
}

/** A rule as the set of what it matches, and its verdict. */
function meaning(words: readonly string[]): { matches: readonly string[]; verdict: string } {
  const text = words.filter((w) => w !== '' && w !== 'counter' && w !== 'meta').join(' ');
  const verdict = /\b(accept|reject|return|masquerade.*)$/.exec(text)?.[0] ?? '?';
  const matches = text
    .slice(0, text.length - verdict.length)
    .replaceAll(/\b(i|o)if(?:name)? "?([^" ]+)"?/g, '$1if=$2')
    .replaceAll(/\bip6? (s|d)addr (!= )?(\S+)/g, (_, way, not, cidr: string) => {
      const [address = '', length] = cidr.split('/');
      const block = blockOf(address, Number(length ?? 32));
      return `${way}addr${not ? '!' : ''}=${block?.first}/${block?.prefix}`;
    })
    .replaceAll(/\bct state (\S+)/g, (_, states: string) => `state=${states.split(',').sort().join(',')}`)
    .replaceAll(/\bl4proto /g, 'l4proto=')
    .trim()
    .split(/\s+/)
    .sort();
  return { matches, verdict };
}
