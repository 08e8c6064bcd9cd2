import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NOTHING } from '../change';
import { checkDesired } from '../check';
import { Network } from '../kinds/network';
import { nothingCommitted, planHost } from '../plan';
import { observedOf } from '../testing/observed';
import { randomDesired } from '../testing/random-network';
import { compileDnsmasq } from './dnsmasq';
import { compileNative } from './native';
import { tableText } from './nft';
import { commandText } from './render';

const cases = path.join(import.meta.dirname, '../testdata/native');
const Input = z.union([z.array(Network), Network.transform((n) => [n])]);
const place = { runDir: '/run/patchbay', singleUser: false };

describe('networks as bridge, nftables and dnsmasq', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const folder = path.join(cases, name);
    const networks = Input.parse(JSON.parse(readFileSync(path.join(folder, 'network.json'), 'utf8')));
    const desired = { ...NOTHING, networks };
    expect(checkDesired(desired, { observed: null, committed: { networks: [], links: [] } })).toEqual([]);

    const goal = compileNative(desired, place);
    const files = goal.dnsmasq.map(
      (d) =>
        `${d.conf}${d.hosts === null ? '' : `--- ${d.files.hosts}\n${d.hosts}`}${d.dnsHosts ? `--- ${d.files.dnsHosts}\n${d.dnsHosts}` : ''}`,
    );
    await expect(tableText(goal.chains)).toMatchFileSnapshot(path.join(folder, 'nft.txt'));
    await expect(files.join('\n')).toMatchFileSnapshot(path.join(folder, 'dnsmasq.conf'));

    // Everything on an empty host, as a person would type it; the two texts above are files of their own.
    const observed = observedOf({
      agent: place,
      sysctls: { 'net.ipv4.ip_forward': { value: '0' }, 'net.ipv6.conf.all.forwarding': { value: '0' } },
    });
    const plan = planHost({ observed, committed: nothingCommitted(''), desired, purpose: 'restore' });
    if (!plan.ok) throw new Error(plan.error.message);
    const commands = plan.value.steps
      .flatMap((s) => s.actions)
      .map((a) => commandText(a).replace(/<<'EOF'\n[\s\S]*\nEOF$/, '<<EOF…'));
    await expect(`${commands.join('\n')}\n`).toMatchFileSnapshot(path.join(folder, 'commands.txt'));
  });

  test('the order in which networks are listed changes nothing', () => {
    const networks = Input.parse(
      JSON.parse(readFileSync(path.join(cases, 'three-together/network.json'), 'utf8')),
    );
    expect(compileNative({ networks: [...networks].reverse(), links: [] }, place)).toEqual(
      compileNative({ ...NOTHING, networks }, place),
    );
  });

  test('whatever passes the checks stays in its place: one directive a line, one rule a line', () => {
    const name = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
    const directive = new RegExp(
      [
        `^(# Network ${name}\\. Made by Patchbay: changes made here are overwritten\\.`,
        'strict-order|bind-dynamic|no-resolv|enable-ra|dhcp-no-override|dhcp-authoritative',
        `except-interface=lo|interface=${name}|dhcp-option=3|ra-param=\\*,0,0|dhcp-lease-max=\\d+`,
        `(dhcp-hostsfile|addn-hosts)=/run/patchbay/dnsmasq/${name}`,
        'port=0|domain-needed|expand-hosts|domain=lab\\.example|local=/(lab\\.example)?/',
        'server=(/corp\\.example/)?192\\.0\\.2\\.5[34]|txt-record=note,"a, b # c"|srv-host=_sip\\._udp,pbx,5060',
        'dhcp-range=[0-9a-f.:]+,(static|ra-only|[0-9a-f.:]+)(,[0-9.]+)?(,20m|,infinite)?)$',
      ].join('|'),
    );
    const rule = new RegExp(
      `^    ([\\][a-z0-9 .:/!=,{}-]|"${name}")+ comment "${name}: [a-z0-9 .:/-]+ #[0-9a-f]{8}"$`,
    );
    const frame =
      /^(table inet patchbay( \{)?|delete table inet patchbay| {2}chain (prerouting|output|forward|postrouting) \{| {4}type (filter|nat) hook \w+ priority -?\d+; policy accept;| {2}\}|\})$/;
    fc.assert(
      fc.property(randomDesired, (desired) => {
        const goal = compileNative(desired, place);
        for (const { conf, hosts } of goal.dnsmasq) {
          for (const line of conf.trimEnd().split('\n')) expect(line).toMatch(directive);
          for (const line of (hosts ?? '').split('\n'))
            expect(line).toMatch(/^([0-9a-f:]{17}(,[A-Za-z0-9.-]+)?,\[?[0-9a-f.:]+\]?(,[A-Za-z0-9.-]+)?)?$/);
        }
        for (const line of tableText(goal.chains).trimEnd().split('\n'))
          expect(frame.test(line) || rule.test(line), line).toBe(true);
        // What nft takes (NFTNL_UDATA_COMMENT_MAXLEN).
        for (const { comment } of goal.chains.flatMap((c) => c.rules))
          expect(comment.length).toBeLessThanOrEqual(128);
      }),
      { numRuns: 60 },
    );
  });

  test('a run folder with blanks, quotes and hashes in its name stays one word', () => {
    const [network] = Input.parse(JSON.parse(readFileSync(path.join(cases, 'nat/network.json'), 'utf8')));
    if (network === undefined) throw new Error('the case is empty');
    const goal = compileDnsmasq(network, { runDir: '/a b/"c" #d\\e', singleUser: true });
    expect(goal?.conf).toContain('dhcp-hostsfile="/a b/\\"c\\" #d\\\\e/dnsmasq/demo.hostsfile"\n');
    expect(() => compileDnsmasq(network, { runDir: '/a\nb', singleUser: true })).toThrow('line break');
  });
});
