import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { blockOf, familyOf } from '../ip';
import type { Network } from '../kinds/network';
import { parseNetworkXml } from '../libvirt/parse-network';
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

function readXml(file: string): Network {
  const network = parseNetworkXml(readFileSync(file, 'utf8'));
  if (!network.ok) throw new Error(network.error.message);
  return network.value;
}

const names = (sub: string, suffix: string) =>
  there
    ? readdirSync(path.join(folder, sub))
        .filter((f) => f.endsWith(suffix))
        .map((f) => f.slice(0, -suffix.length))
    : [];

const directives = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^(dhcp-hostsfile|addn-hosts)=.*/, '$1'));

describe.skipIf(!there)('the same as libvirt', () => {
  test.each(names('conf', '.xml'))('dnsmasq: %s', (name) => {
    const file = (suffix: string) => path.join(folder, 'conf', `${name}${suffix}`);
    const goal = compileDnsmasq(readXml(file('.xml')), { runDir: '/run/x', singleUser: false });
    expect(directives(goal?.conf ?? '')).toEqual(directives(readFileSync(file('.conf'), 'utf8')));
    if (!existsSync(file('.hostsfile'))) return;
    expect(goal?.hosts).toBe(readFileSync(file('.hostsfile'), 'utf8'));
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
