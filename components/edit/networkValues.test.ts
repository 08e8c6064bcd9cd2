import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Network } from '@/server/core/kinds/network';
import { formatNetworkXml } from '@/server/core/libvirt/format-network';
import { parseNetworkXml } from '@/server/core/libvirt/parse-network';
import { byField, checkValues, fieldAt, toInput, toValues } from './networkValues';
import { type Branch, rowsAt, textAt, withAt } from './shape';

const network = Network.parse({
  kind: 'network',
  name: 'demo',
  forward: { mode: 'nat', dev: 'eth0' },
  bridge: { name: 'virbr1', stp: true },
  subnets: [
    {
      address: '192.168.100.1',
      prefix: 24,
      dhcp: {
        ranges: [{ start: '192.168.100.2', end: '192.168.100.99' }],
        hosts: [
          { mac: '52:54:00:00:00:01', ip: '192.168.100.5', name: 'web' },
          { mac: '52:54:00:00:00:02', ip: '192.168.100.6' },
        ],
      },
    },
    { address: 'fd00::1', prefix: 64 },
  ],
});
const alone = { others: [], observed: null };
const base = toValues(network);
const change = (changes: Readonly<Record<string, string>>): Branch =>
  Object.entries(changes).reduce((all, [field, text]) => withAt(all, field, text), base);
const problemsOf = (changes: Readonly<Record<string, string>>) =>
  Object.fromEntries(byField(checkValues(change(changes), alone).problems));
const meaning = (values: Branch) => Network.parse(toInput(values).input);

it('turns a network into fields and back into the same network', () => {
  expect(meaning(base)).toEqual(network);
  expect(checkValues(base, alone)).toEqual({ network, said: network, problems: [] });
});

describe('everything that libvirt can say passes through the fields', () => {
  const cases = path.resolve(import.meta.dirname, '../../server/core/testdata/xml');
  test.each(readdirSync(cases).sort())('%s', (name) => {
    const file = readdirSync(path.join(cases, name)).find((f) => f.endsWith('.xml'));
    const xml = parseNetworkXml(readFileSync(path.join(cases, name, String(file)), 'utf8'));
    if (!xml.ok) throw new Error(xml.error.message);
    const said = meaning(toValues(xml.value));
    expect(formatNetworkXml(said)).toBe(formatNetworkXml(xml.value));
    expect(said).toEqual(xml.value);
  });
});

describe('and so does what only Patchbay has', () => {
  const folder = path.resolve(import.meta.dirname, '../../server/core/testdata/native');
  test.each(readdirSync(folder).sort())('%s', (name) => {
    const given: unknown = JSON.parse(readFileSync(path.join(folder, name, 'network.json'), 'utf8'));
    for (const one of Array.isArray(given) ? given : [given]) {
      const parsed = Network.parse(one);
      expect(meaning(toValues(parsed))).toEqual(parsed);
    }
  });
});

it('keeps everything while the mode changes to and fro, and leaves out what does not fit', () => {
  const bridged = withAt(withAt(base, 'forward.mode', 'bridge'), 'forward.source', 'bridge');
  expect(meaning(withAt(bridged, 'forward.bridge', 'br0'))).toEqual({
    kind: 'network',
    name: 'demo',
    forward: { mode: 'bridge', bridge: 'br0' },
    subnets: [],
  });
  expect(meaning(withAt(bridged, 'forward.mode', 'nat'))).toEqual(network);
  expect(meaning(withAt(base, 'forward.mode', 'none')).forward).toEqual({ mode: 'none' });
});

it.each([
  [['name'], 'name'],
  [['bridge'], 'bridge.name'],
  [['forward', 'nat'], 'forward.nat.address.start'],
  [['subnets'], 'subnets'],
  [['subnets', 0], 'subnets.0.address'],
  [['subnets', 0, 'dhcp', 'ranges', 1], 'subnets.0.dhcp.ranges.1.start'],
  [['subnets', 0, 'dhcp', 'ranges', 1, 'lease', 'expiry'], 'subnets.0.dhcp.ranges.1.lease'],
  [['subnets', 0, 'dhcp'], 'subnets.0.dhcp.served'],
  [['vlan'], 'vlan.tags'],
  [['portgroups', 2, 'vlan', 'tags', 3, 'id'], 'portgroups.2.vlan.tags'],
  [['portForwards', 0, 'port', 'start'], 'portForwards.0.port'],
  [['dns', 'hosts', 0, 'names', 2], 'dns.hosts.0.names'],
  [['dnsmasqOptions', 1], 'dnsmasqOptions'],
])('leads %j to the field %s', (at, field) => expect(fieldAt(at)).toBe(field));

it('tells every fault at its field', () => {
  expect(problemsOf({ 'bridge.name': 'a-name-that-is-too-long' })).toHaveProperty(['bridge.name']);
  expect(problemsOf({ name: 'x; reboot' })).toHaveProperty('name');
  expect(problemsOf({ 'subnets.0.address': '300.1.1.1' })).toHaveProperty(['subnets.0.address']);
  expect(problemsOf({ 'subnets.0.prefix': 'x' })).toHaveProperty(['subnets.0.prefix']);
  expect(problemsOf({ 'subnets.0.dhcp.ranges.0.start': '10.9.9.9' })).toHaveProperty([
    'subnets.0.dhcp.ranges.0.start',
  ]);
  expect(problemsOf({ 'subnets.0.dhcp.hosts.0.mac': '01:00:5e:00:00:01' })).toHaveProperty(
    ['subnets.0.dhcp.hosts.0.mac'],
    expect.stringMatching(/multicast/i),
  );
  expect(problemsOf({ 'subnets.0.dhcp.ranges.0.lease': 'soon' })).toHaveProperty([
    'subnets.0.dhcp.ranges.0.lease',
  ]);
  expect(problemsOf({ mtu: 'big' })).toHaveProperty('mtu');
});

it('takes an address with its prefix length, and netmasks', () => {
  const subnets = (changes: Readonly<Record<string, string>>) => meaning(change(changes)).subnets[0];
  expect(subnets({ 'subnets.0.address': '192.168.100.1/25' })).toMatchObject({ prefix: 25 });
  expect(subnets({ 'subnets.0.prefix': '255.255.254.0' })).toMatchObject({ prefix: 23 });
});

it('checks fields that can be read against each other while others cannot be', () => {
  const two = withAt(base, 'subnets.0.dhcp.ranges', [
    { ...rowsAt(base, 'subnets.0.dhcp.ranges')[0], start: '192.168.100.99', end: '192.168.100.2' },
    { id: 'x', start: '192.168.100.2', end: '192.168.1', lease: '' },
  ]);
  // The name is empty, the second range half typed, the first one reversed.
  const found = Object.fromEntries(byField(checkValues(withAt(two, 'name', ''), alone).problems));
  expect(found).toHaveProperty('name');
  expect(found['subnets.0.dhcp.ranges.1.end']).toBeDefined();
  expect(found['subnets.0.dhcp.ranges.0.start']).toMatch(/reversed/);
  expect(found).not.toHaveProperty(['subnets.0.dhcp.ranges.1.start']);
});

it('says nothing that depends on what cannot be read yet', () => {
  for (const changes of [
    { 'subnets.0.address': '192.168.' },
    { 'subnets.0.prefix': '' },
    { 'subnets.0.address': '', 'subnets.0.prefix': '' },
  ]) {
    const found = problemsOf(changes);
    expect(
      Object.keys(found).every((f) => /^subnets\.0\.(address|prefix)$/.test(f)),
      JSON.stringify(found),
    ).toBe(true);
  }
  const taken = { ...alone, others: [network] };
  const fields = byField(checkValues(change({ name: 'x; reboot' }), taken).problems);
  expect(fields.get('bridge.name')).toMatch(/taken/);
  expect(fields.get('subnets.0.address')).toMatch(/overlaps/);
  expect(textAt(base, 'subnets.0.address')).toBe('192.168.100.1');
});
