import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sectionItems } from '@/server/core/observed';
import { hasCapability, parseUidMap } from './agent-facts';
import { parseArgv, toDnsmasqService } from './dnsmasq';
import { parseFdb } from './fdb';
import { parseLeaseFile } from './leases';
import { parseLinks, parseLinksAndPorts } from './links';
import { parseNft } from './nft';
import { parseLeftovers } from './ovs';
import type { Parsed } from './reading';
import { whyNot } from './reading';
import { parseRoutes } from './routes';
import { parseRules } from './rules';
import { sysctlNames, sysctlPath } from './sysctls';
import { parseFdinfo } from './tap-holders';
import { parseVlans } from './vlans';
import { parseXml } from './xml';

/* What the goldens mean, said once in words: the parts of the captures that others build on. */

const captured = (path: string) => readFileSync(join(import.meta.dirname, 'captured', path), 'utf8');
function value<T>(parsed: Parsed<T>): Readonly<Record<string, T>> {
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('links', () => {
  const full = value(parseLinks(captured('linux-6.1-full/links.json')));

  it('knows kinds', () => {
    const kinds = Object.fromEntries(Object.values(full).map((l) => [l.name, l.kind]));
    expect(kinds).toMatchObject({
      lo: 'loopback',
      virbr0: 'bridge',
      vnet0: 'veth',
      tap0: 'tun',
      vx100: 'vxlan',
      gre1: 'gretap',
      gen1: 'geneve',
      vl10: 'vlan',
      bond0: 'bond',
      d0: 'dummy',
      mt0: 'macvtap',
      mv0: 'macvlan',
      vrf1: 'vrf',
    });
  });

  it('knows what each kind says of itself', () => {
    expect(full.virbr0).toMatchObject({
      alias: 'patchbay:net1',
      bridge: { stp: false, vlanFiltering: false, defaultPvid: 1, forwardDelay: 1500 },
    });
    expect(full.brv?.bridge?.vlanFiltering).toBe(true);
    expect(full.br1?.bridge).toMatchObject({ stp: true, forwardDelay: 400 });
    expect(full.vl10).toMatchObject({ vlan: { id: 10, protocol: '802.1Q' }, lower: { name: 'uplink0' } });
    expect(full.vl20?.vlan).toEqual({ id: 20, protocol: '802.1ad' });
    expect(full.bond1?.bond).toEqual({
      ...{ mode: 'active-backup', activeMember: 'bs0', primary: null },
      ...{ miimon: 0, lacpRate: 'slow', hashPolicy: 'layer2' },
    });
    expect(full.bs0?.master).toBe('bond1');
    expect(full.mt0).toMatchObject({ macvlanMode: 'bridge', lower: { name: 'uplink0' } });
    expect(full.vx100).toMatchObject({
      tunnel: { local: '203.0.113.2', remote: '203.0.113.9', id: 100, port: 4789 },
      lower: { name: 'uplink0' },
    });
    expect(full.gre1?.tunnel).toEqual({ local: '203.0.113.2', remote: '203.0.113.8', id: 5, port: null });
    expect(full.gre0?.tunnel).toEqual({ local: null, remote: null, id: null, port: null });
    expect(full.tap1?.tap).toEqual({
      mode: 'tap',
      persist: true,
      multiQueue: true,
      vnetHdr: true,
      user: 'root',
      group: null,
      packetInfo: false,
    });
    expect(full.tun0).toMatchObject({ mac: null, tap: { mode: 'tun' } });
  });

  it('leads from a veth to its other end', () => {
    expect(full.vnet0?.lower).toEqual({ name: null, index: 2, netnsId: 0 });
    expect(full.va?.lower?.name).toBe('vb');
  });

  it('tells up from carrier', () => {
    expect(full.tap0).toMatchObject({ up: true, carrier: false, operState: 'DOWN' });
    expect(full.tap1).toMatchObject({ up: false, carrier: false });
    expect(full.vnet0).toMatchObject({ up: true, carrier: true, operState: 'UP' });
  });

  it('keeps hostile names and aliases as they are', () => {
    expect(full['we"ird\\x']).toBeDefined();
    expect(full.pé).toBeDefined();
    expect(full.tap0?.alias).toContain('guest\'s "NIC" ✓');
  });
});

describe('routes', () => {
  const routes = Object.values(value(parseRoutes(captured('linux-6.18-no-vlan/routes.json'))));

  it('knows both families from one list', () => {
    expect(
      routes
        .filter((r) => r.family === 6)
        .every((r) => r.destination === 'default' || r.destination.includes(':')),
    ).toBe(true);
    expect(routes.find((r) => r.family === 4 && r.destination === 'default')).toMatchObject({
      table: 'main',
      type: 'unicast',
      gateway: '203.0.113.1',
      device: 'uplink0',
    });
  });
  it('has one route for each next hop', () => {
    expect(routes.filter((r) => r.destination === '172.30.0.0/16').map((r) => r.gateway)).toEqual([
      '203.0.113.1',
      '203.0.113.3',
    ]);
  });
  it('knows routes that lead nowhere, and other tables', () => {
    expect(routes.filter((r) => r.device === null).map((r) => r.type)).toEqual(['blackhole', 'unreachable']);
    expect(routes.find((r) => r.table === '77')).toMatchObject({
      destination: '192.0.2.0/24',
      source: '203.0.113.2',
    });
  });
  it('writes a single address as a prefix', () => {
    expect(routes.some((r) => r.destination === '127.0.0.1/32')).toBe(true);
    expect(routes.some((r) => r.destination === '::1/128')).toBe(true);
  });
});

it('rules are worded as ip rule words them', () => {
  const rules = value(parseRules(captured('linux-6.18-no-vlan/rules-4.json'), 4));
  expect(Object.entries(rules).map(([key, r]) => `${key}: ${r.selector} → ${r.action}`)).toEqual([
    '4 0 0: from all → lookup local',
    '4 100 0: from 192.168.100.0/24 → lookup 77',
    '4 100 1: from all fwmark 0x1/0xff iif virbr0 → lookup 77',
    '4 200 0: from all to 10.9.0.0/16 → prohibit',
    '4 300 0: not from 10.0.0.0/8 tos 0x10 → goto 32766',
    '4 400 0: from all uidrange 0-99 ipproto tcp sport 5 dport 80-90 → lookup main suppress_prefixlength 0',
    '4 32766 0: from all → lookup main',
    '4 32767 0: from all → lookup default',
  ]);
});

describe('bridges', () => {
  it('ports', () => {
    const read = parseLinksAndPorts(captured('linux-6.18-no-vlan/links.json'));
    const ports = read.ok ? read.value.bridgePorts : {};
    expect(ports.vnet0).toMatchObject({
      bridge: 'virbr0',
      state: 'forwarding',
      isolated: false,
      learning: true,
    });
    expect(ports.tap1).toMatchObject({ bridge: 'br1', state: 'disabled', isolated: true, learning: false });
  });
  it('VLANs, compressed by bridge or by us', () => {
    const vlans = value(parseVlans(captured('linux-6.1-full/vlans.json')));
    expect(vlans.va?.vlans).toEqual([
      { from: 1, to: 1, pvid: false, untagged: true },
      { from: 10, to: 20, pvid: false, untagged: false },
      { from: 30, to: 30, pvid: true, untagged: true },
    ]);
    expect(vlans).toEqual(value(parseVlans(captured('linux-6.1-full/vlans-uncompressed.json'))));
    expect(vlans).toEqual(value(parseVlans(captured('linux-6.1-full/vlans-detailed.json'))));
    expect(parseVlans(captured('linux-6.18-no-vlan/vlans.json'))).toEqual({ ok: true, value: {} });
  });
  it('forwarding entries, without what each device itself listens to', () => {
    const fdb = Object.values(value(parseFdb(captured('linux-6.1-full/fdb.json'))));
    expect(fdb.find((e) => e.mac === '52:54:00:aa:bb:01')).toMatchObject({
      port: 'vnet0',
      bridge: 'virbr0',
      state: null,
    });
    expect(fdb.filter((e) => e.port === 'vx100' && e.remote !== undefined).map((e) => e.remote)).toEqual([
      '203.0.113.9',
      '203.0.113.10',
    ]);
    expect(fdb.some((e) => e.mac.startsWith('33:33'))).toBe(false);
  });
});

it('nft chains keep their rules in order, with comments and without counts', () => {
  const tables = value(parseNft(captured('linux-6.18-no-vlan/nft.json')));
  const chain = tables['inet patchbay']?.chains.find((c) => c.name === 'forward');
  expect(chain).toMatchObject({ hook: 'forward', type: 'filter', priority: 0, policy: 'accept' });
  expect(chain?.rules.map((r) => r.comment)).toEqual([
    'net1: guests among themselves #0a1b2c3d',
    'net1: out #11111111',
    'net1: answers #22222222',
  ]);
  expect(chain?.rules[2]?.expression).toContainEqual({ counter: null });
  expect(tables['ip other']?.chains[0]).toMatchObject({ policy: 'drop', priority: -5 });
});

it('a refusal is said in words for people', () => {
  const refused = {
    code: 'TOOL_FAILED',
    message: 'nft ended with 1',
    detail: captured('linux-6.18-no-vlan/nft-denied.txt'),
  };
  expect(whyNot(refused, 'nftables')).toBe('reading nftables needs root');
  expect(whyNot({ code: 'TOOL_MISSING', message: 'nft is not installed.' }, 'nftables')).toBe(
    'nft is not installed',
  );
});

describe('leases', () => {
  it('of both families, and half-written lines', () => {
    const text = [
      '1795228052 52:54:00:12:34:56 192.168.122.10 web 01:52:54:00:12:34:56',
      '0 06-00:11:22:33:44:55 192.168.122.11 * *',
      'duid 00:01:00:01:2f:00:00:00:52:54:00:12:34:56',
      '1795228053 1193046 fd00:100::10 web 00:01:00:01',
      '17952280',
    ].join('\n');
    expect(parseLeaseFile(text, 'net1')).toEqual([
      {
        network: 'net1',
        mac: '52:54:00:12:34:56',
        address: '192.168.122.10',
        hostname: 'web',
        expires: 1795228052,
      },
      { network: 'net1', mac: null, address: '192.168.122.11', hostname: null, expires: 0 },
      { network: 'net1', mac: null, address: 'fd00:100::10', hostname: 'web', expires: 1795228053 },
    ]);
  });
});

describe('dnsmasq', () => {
  const files = {
    network: 'net1',
    confPath: '/r/dnsmasq/net1.conf',
    conf: 'strict-order\n',
    hostsFile: null,
    dnsHosts: null,
    pidFile: '7\n',
    started: '0'.repeat(64),
    argv: ['/usr/sbin/dnsmasq', '--conf-file=/r/dnsmasq/net1.conf', '--no-daemon'],
  };
  // sha256sum of the conf
  const sum = 'd5087b503682bfe63390051ea1535ea9db6bada6b0f56b88031811c0e8f3936e';
  it('counts only a dnsmasq with our file', () => {
    expect(toDnsmasqService(files).pid).toBe(7);
    expect(toDnsmasqService({ ...files, argv: null }).pid).toBeNull();
    expect(
      toDnsmasqService({ ...files, argv: ['/bin/sh', '--conf-file=/r/dnsmasq/net1.conf'] }).pid,
    ).toBeNull();
    expect(
      toDnsmasqService({ ...files, argv: ['dnsmasq', '--conf-file=/r/dnsmasq/net12.conf'] }).pid,
    ).toBeNull();
    expect(toDnsmasqService(files).current).toBe(false);
    expect(toDnsmasqService({ ...files, started: sum }).current).toBe(true);
    expect(toDnsmasqService({ ...files, started: sum, argv: null }).current).toBe(false);
    expect(toDnsmasqService({ ...files, started: sum, conf: 'strict-order' }).current).toBe(false);
  });
  it('reads a command line', () => {
    expect(parseArgv('dnsmasq\0--conf-file=/a b\0\0')).toEqual(['dnsmasq', '--conf-file=/a b', '']);
    expect(parseArgv('')).toBeNull();
  });
});

it('a tap is named by the fdinfo of its holder', () => {
  expect(parseFdinfo('pos:\t0\nflags:\t0104002\nmnt_id:\t26\nino:\t160\niff:\ttap0\n')).toBe('tap0');
  expect(parseFdinfo('pos:\t0\nflags:\t02\n')).toBeNull();
});

it('sysctls of links that route, with the slash of sysctl(8) for a dot', () => {
  const links = value(
    parseLinks('[{"ifindex":1,"ifname":"eth0.10"},{"ifindex":2,"ifname":"tap0","master":"br0"}]'),
  );
  const names = sysctlNames(Object.values(links));
  expect(names).toContain('net.ipv4.conf.eth0/10.rp_filter');
  expect(names.some((name) => name.includes('tap0'))).toBe(false);
  expect(sysctlPath('net.ipv4.conf.eth0/10.rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.10/rp_filter');
});

it('rights and user namespaces', () => {
  expect(parseUidMap('         0          0 4294967295\n')).toEqual({ singleUser: false, initial: true });
  expect(parseUidMap('         0      65534          1\n')).toEqual({ singleUser: true, initial: false });
  expect(parseUidMap('0 1000 1\n1 100000 65536\n')).toEqual({ singleUser: false, initial: false });
  expect(hasCapability('CapEff:\t000001ffffffffff\n', 12n)).toBe(true);
  expect(hasCapability('CapEff:\t0000000000000000\n', 12n)).toBe(false);
});

describe('XML', () => {
  it('reads elements, entities and CDATA, and what libvirt forgets to escape', () => {
    const root = parseXml(
      "<?xml version='1.0'?><!-- <a> --><n a='x &amp; &#x41;' b=\"vm & <1>\"><c/>t&lt;<![CDATA[<d/>]]></n>",
    );
    expect(root).toEqual({
      name: 'n',
      attributes: { a: 'x & A', b: 'vm & <1>' },
      text: 't<<d/>',
      children: [{ name: 'c', attributes: {}, children: [], text: '' }],
    });
  });
  it.each(['', 'text', '<a>', '<a></b>', '<a/></a>'])('%j is none', (text) =>
    expect(parseXml(text)).toBeNull(),
  );
});

it('knows rows of Open vSwitch that limit no port any more, whoever made them', () => {
  const left = Object.values(value(parseLeftovers(captured('openvswitch-3.1/tables.txt'))));
  expect(left).toEqual([
    {
      ...{ table: 'QoS', id: expect.any(String), type: 'linux-htb' },
      ...{ otherConfig: { 'max-rate': '4000000' }, externalIds: { 'patchbay-port': 'gone0' } },
      queues: {
        0: {
          id: expect.any(String),
          otherConfig: { 'max-rate': '4000000', 'min-rate': '4000000' },
          externalIds: { 'patchbay-port': 'gone0' },
        },
      },
    },
    {
      ...{ table: 'Queue', id: expect.any(String) },
      ...{ otherConfig: { 'max-rate': '5000000' }, externalIds: { 'patchbay-port': 'gone1' } },
    },
  ]);
  for (const row of left) expect(sectionItems.ovsLeftovers.parse(row)).toEqual(row);
});
