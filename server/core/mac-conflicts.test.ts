import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { macConflicts } from './mac-conflicts';
import { type Domain, type Link, Observed } from './observed';
import { aLink } from './testing/crowd';
import { observedOf } from './testing/observed';

const M = '52:54:00:00:00:01';
const N = '52:54:00:00:00:02';
const device = (name: string, mac = M, more: Partial<Link> = {}) =>
  aLink({ index: name.length + name.charCodeAt(name.length - 1), name, kind: 'device', mac, ...more });
const on = (lower: string) => ({ name: lower, index: null, netnsId: null });
const machine = { agent: { host: 'machine', role: 'machine', hostname: 'kvm1' } };

const keyed = <T extends { readonly name: string }>(all: readonly T[]) =>
  Object.fromEntries(all.map((one) => [one.name, one]));
const links = (...all: readonly Link[]) => ({ links: keyed(all) });
const namespace = (name: string, nsid: number, ...all: readonly Link[]) => ({
  ...{ name, nsid, routes: [] },
  links: keyed(all),
});
const eth0 = (mac = M, more: Partial<Link> = {}) =>
  aLink({ index: 2, name: 'eth0', kind: 'veth', mac, lower: { name: null, index: 9, netnsId: 0 }, ...more });
const domain = (name: string, mac: string | null, more: Partial<Domain> = {}): Domain => ({
  ...{ name, uuid: `uuid of ${name}`, state: 'running' },
  nics: [{ type: 'network', mac, target: null, source: 'default', model: null }],
  ...more,
});
const alarms = (...hosts: readonly unknown[]) =>
  Object.fromEntries(
    macConflicts(hosts.map((h) => (h instanceof Object && 'at' in h ? Observed.parse(h) : observedOf(h)))),
  );

describe('what shares an address by its nature is no conflict', () => {
  const bond = aLink({ index: 3, name: 'bond0', kind: 'bond', mac: M });
  test.each([
    [
      'a bond and its members',
      links(bond, device('eno1', M, { master: 'bond0' }), device('eno2', M, { master: 'bond0' })),
    ],
    [
      'a team',
      links(
        aLink({ index: 3, name: 'team0', kind: 'team', mac: M }),
        device('a', M, { master: 'team0' }),
        device('b', M, { master: 'team0' }),
      ),
    ],
    [
      'a bridge and its uplink',
      links(aLink({ index: 3, name: 'br0', kind: 'bridge', mac: M }), device('eno1', M, { master: 'br0' })),
    ],
    [
      'VLAN devices',
      links(device('eno1'), aLink({ index: 4, name: 'eno1.7', kind: 'vlan', mac: M, lower: on('eno1') })),
    ],
    [
      'ipvlan',
      links(device('eno1'), aLink({ index: 4, name: 'ipvl0', kind: 'ipvlan', mac: M, lower: on('eno1') })),
    ],
    [
      'macvtap passthru',
      links(
        device('eno1'),
        aLink({
          index: 4,
          name: 'macvtap0',
          kind: 'macvtap',
          macvlanMode: 'passthru',
          mac: M,
          lower: on('eno1'),
        }),
      ),
    ],
    [
      'the two ends of a veth',
      links(
        aLink({ index: 4, name: 'v0', kind: 'veth', mac: M, lower: on('v1') }),
        aLink({ index: 5, name: 'v1', kind: 'veth', mac: M, lower: on('v0') }),
      ),
    ],
    [
      'host ends of cables to containers',
      links(
        ...['cali1', 'cali2'].map((name, i) =>
          aLink({
            index: i + 4,
            name,
            kind: 'veth',
            mac: 'ee:ee:ee:ee:ee:ee',
            lower: { name: null, index: 2, netnsId: i },
          }),
        ),
      ),
    ],
    ['a fast path under its master', links(device('eth0'), device('enP1', M, { master: 'eth0' }))],
    [
      'ports of a switch chip',
      links(
        device('eth0'),
        device('lan1', M, { lower: on('eth0') }),
        device('lan2', M, { lower: on('eth0') }),
      ),
    ],
    ['an address of nothing', links(device('a', '00:00:00:00:00:00'), device('b', '00:00:00:00:00:00'))],
    [
      'taps, which have addresses of their own',
      links(
        aLink({ index: 4, name: 'tap0', kind: 'tun', mac: M }),
        aLink({ index: 5, name: 'tap1', kind: 'tun', mac: M }),
      ),
    ],
  ])('%s', (_, facts) => {
    expect(alarms({ ...machine, ...facts })).toEqual({});
  });

  test('the macvtap of a domain, and a domain under its own passthru', () => {
    const nics = [{ type: 'direct', mac: M, target: 'macvtap0', source: 'eno1', model: null }];
    for (const macvlanMode of ['bridge', 'passthru'])
      expect(
        alarms({
          ...machine,
          ...links(
            device('eno1', macvlanMode === 'bridge' ? N : M),
            aLink({ index: 4, name: 'macvtap0', kind: 'macvtap', macvlanMode, mac: M, lower: on('eno1') }),
          ),
          domains: { web: domain('web', M, { nics }) },
        }),
      ).toEqual({});
  });

  test('a failover pair, a domain that is shut off, user networking, one that migrates', () => {
    const [nic] = domain('web', M).nics;
    if (nic === undefined) throw new Error('it has one');
    const user = { nics: [{ ...nic, type: 'user' }] };
    expect(
      alarms({
        ...machine,
        domains: { web: domain('web', M, { nics: [nic, { ...nic, type: 'hostdev' }] }) },
      }),
    ).toEqual({});
    expect(
      alarms({ ...machine, domains: keyed([domain('web', M), domain('copy', M, { state: 'shut off' })]) }),
    ).toEqual({});
    expect(alarms({ ...machine, domains: keyed([domain('web', M, user), domain('db', M, user)]) })).toEqual(
      {},
    );
    const here = { ...machine, domains: { web: domain('web', M) } };
    expect(alarms(here, { ...here, agent: { ...machine.agent, host: 'machine' } })).toEqual({});
  });

  test('two labs, which never meet', () => {
    const lab = (name: string) => ({
      agent: { host: `lab:${name}` },
      namespaces: { web: namespace('web', 1, eth0()) },
    });
    expect(alarms(lab('a'), lab('b'))).toEqual({});
  });
});

describe('a conflict', () => {
  test('two guests of a lab: both are told of the other', () => {
    expect(
      alarms({ namespaces: { web: namespace('web', 1, eth0()), db: namespace('db', 2, eth0()) } }),
    ).toEqual({
      'lab:test/guest/web': [
        `NIC eth0 of guest web in lab test has the MAC address ${M}, and so has NIC eth0 of guest db in lab test: in one network, each gets the other's packets.`,
      ],
      'lab:test/guest/db': [
        `NIC eth0 of guest db in lab test has the MAC address ${M}, and so has NIC eth0 of guest web in lab test: in one network, each gets the other's packets.`,
      ],
    });
  });

  test('two devices, two domains, a domain and a device, a container and a domain', () => {
    const who = (facts: object) => Object.keys(alarms({ ...machine, ...facts })).sort();
    expect(who(links(device('eno1'), device('eno2')))).toEqual(['machine/link/eno1', 'machine/link/eno2']);
    // In one bridge each keeps its own.
    const br0 = aLink({ index: 30, name: 'br0', kind: 'bridge', mac: N });
    expect(
      who(links(br0, device('a', M, { master: 'br0' }), device('b', M, { master: 'br0' }))),
    ).toHaveLength(2);
    expect(who({ domains: keyed([domain('web', M.toUpperCase()), domain('copy', M)]) })).toEqual([
      'machine/guest/copy',
      'machine/guest/web',
    ]);
    expect(who({ ...links(device('eno1')), domains: { web: domain('web', M) } })).toHaveLength(2);
    expect(
      who({ namespaces: { blue: namespace('blue', 1, eth0()) }, domains: { web: domain('web', M) } }),
    ).toEqual(['machine/guest/web', 'machine/namespace/blue']);
  });
});

test('nothing in the facts that were taken from real hosts', () => {
  const folder = path.join(import.meta.dirname, 'testdata/topology');
  for (const name of readdirSync(folder).filter((n) => n !== 'mac-conflict')) {
    const facts: unknown = JSON.parse(readFileSync(path.join(folder, name, 'observed.json'), 'utf8'));
    expect(Object.fromEntries(macConflicts([Observed.parse(facts)])), name).toEqual({});
  }
});

/** Devices with addresses of their own, and on each something that shows its address too. */
const stack = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 12 })
  .chain((numbers) =>
    fc.tuple(
      fc.constant(numbers),
      fc.array(fc.constantFrom('bond', 'bridge', 'vlan', 'ipvlan', 'passthru', 'chip', 'nothing'), {
        minLength: numbers.length,
        maxLength: numbers.length,
      }),
    ),
  );

function stackOf(numbers: readonly number[], shapes: readonly string[]): readonly Link[] {
  let index = 300;
  return numbers.flatMap((n, i) => {
    const mac = `52:54:00:00:00:${n.toString(16).padStart(2, '0')}`;
    const below = aLink({ index: n, name: `eth${n}`, kind: 'device', mac });
    const above = (name: string, kind: string, more: Partial<Link> = {}) =>
      aLink({ index: index++, name: `${name}${n}`, kind, mac, ...more });
    const standing = { lower: on(below.name) };
    switch (shapes[i]) {
      case 'bond':
        return [
          above('bond', 'bond'),
          { ...below, master: `bond${n}` },
          above('twin', 'device', { master: `bond${n}` }),
        ];
      case 'bridge':
        return [above('br', 'bridge'), { ...below, master: `br${n}` }];
      case 'vlan':
        return [below, above('v7.', 'vlan', standing), above('v8.', 'vlan', standing)];
      case 'ipvlan':
        return [below, above('ip', 'ipvlan', standing), above('iq', 'ipvlan', standing)];
      case 'passthru':
        return [below, above('mt', 'macvtap', { ...standing, macvlanMode: 'passthru' })];
      case 'chip':
        return [below, above('lan', 'device', standing), above('wan', 'device', standing)];
      default:
        return [below];
    }
  });
}

test('any stack of devices gives no alarm, and one device more with an address of another does', () => {
  fc.assert(
    fc.property(stack, fc.nat(), ([numbers, shapes], which) => {
      const all = stackOf(numbers, shapes);
      expect(alarms({ ...machine, ...links(...all) })).toEqual({});
      const plain = numbers.filter((_, i) => shapes[i] !== 'passthru');
      const copied = plain[which % plain.length];
      if (copied === undefined) return;
      const copy = { ...device('copy'), mac: `52:54:00:00:00:${copied.toString(16).padStart(2, '0')}` };
      const said = alarms({ ...machine, ...links(...all, copy) });
      expect(said['machine/link/copy']?.length).toBeGreaterThan(0);
      expect(said[`machine/link/eth${copied}`]).toHaveLength(1);
    }),
  );
});

describe('machines that nobody manages', () => {
  const holder = (device: string, guest: string, mac: string, pid: number) => ({
    [device]: { device, processes: [{ pid, command: 'qemu-system-x86', guest, mac }] },
  });
  const tap = (name: string, index: number) =>
    aLink({ index, name, kind: 'tun', mac: `fe:00:00:00:00:0${index}` });
  const host = (holders: object) => ({
    ...machine,
    ...links(tap('t1', 1), tap('t2', 2)),
    tapHolders: holders,
  });

  test('two with one address are a conflict', () => {
    expect(alarms(host({ ...holder('t1', 'web', M, 7), ...holder('t2', 'db', M, 8) }))).toEqual({
      'machine/guest/web': [
        `The NIC of QEMU guest web at t1 of this machine has the MAC address ${M}, and so has the NIC of QEMU guest db at t2 of this machine: in one network, each gets the other's packets.`,
      ],
      'machine/guest/db': [
        `The NIC of QEMU guest db at t2 of this machine has the MAC address ${M}, and so has the NIC of QEMU guest web at t1 of this machine: in one network, each gets the other's packets.`,
      ],
    });
  });

  test('each with its own are none', () => {
    expect(alarms(host({ ...holder('t1', 'web', M, 7), ...holder('t2', 'web', N, 8) }))).toEqual({});
  });
});
