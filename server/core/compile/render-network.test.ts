import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Network } from '../kinds/network';
import { parseNetworkXml } from '../libvirt/parse-network';
import { type Rendering, renderNetwork } from './render-network';

const native = path.join(import.meta.dirname, '../testdata/native');
const RUN = '/run/patchbay';

function shown(network: Network, to: Rendering): string {
  const text = renderNetwork(network, to, RUN);
  return text.ok ? text.value : `${text.error.code}: ${text.error.message}`;
}
const parsed = (xml: string): Network => {
  const network = parseNetworkXml(xml);
  if (!network.ok) throw new Error(network.error.message);
  return network.value;
};

test('a network is shown as what it compiles to', () => {
  const file = (name: string) => readFileSync(path.join(native, 'nat-reservations-only', name), 'utf8');
  const network = Network.parse(JSON.parse(file('network.json')));
  expect(`${shown(network, 'dnsmasq')}--- `).toBe(`${file('dnsmasq.conf').split('--- ')[0]}--- `);
  expect(shown(network, 'hostsfile')).toBe(file('dnsmasq.conf').split('--- ')[1]?.replace(/^.*\n/, ''));
  expect(shown(network, 'nft')).toBe(file('nft.txt'));
  const commands = shown(network, 'commands');
  for (const line of file('commands.txt')
    .split('\n')
    .filter((l) => !l.includes('EOF')))
    expect(commands).toContain(line);
  expect(parsed(shown(network, 'xml'))).toEqual(network);
});

test('what is not there is not shown', () => {
  const bare = parsed('<network><name>bare</name></network>');
  expect(shown(bare, 'dnsmasq')).toBe(
    'NOT_SERVED: Network bare serves nothing of the kind: no dnsmasq runs.',
  );
  expect(shown(bare, 'hostsfile')).toBe(
    'NOT_SERVED: Network bare serves nothing of the kind: there is no hosts file.',
  );
});

test('what cannot be made is shown as XML only', () => {
  const overlapping = parsed(
    "<network><name>a</name><ip address='10.0.0.1' prefix='8'/><ip address='10.1.0.1' prefix='16'/></network>",
  );
  expect(shown(overlapping, 'nft')).toMatch(/^INVALID: .*overlaps/);
  expect(shown(overlapping, 'xml')).toContain("<ip address='10.1.0.1' prefix='16'>");
});
