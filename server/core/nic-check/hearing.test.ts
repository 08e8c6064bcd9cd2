import { describe, expect, test } from 'vitest';
import { observedOf } from '../testing/observed';
import { whoHears } from './hearing';
import { largestPacket } from './largest';

const port = (name: string, more: object = {}) => ({
  ...{ port: name, bridge: 'br0', state: 'forwarding', cost: null, priority: null },
  ...{ isolated: false, learning: true, flood: true, locked: false, hairpin: false },
  ...more,
});
const vlans = (name: string, pvid: number | null, tagged: readonly number[] = []) => ({
  port: name,
  vlans: [
    ...(pvid === null ? [] : [{ from: pvid, to: pvid, pvid: true, untagged: true }]),
    ...tagged.map((v) => ({ from: v, to: v, pvid: false, untagged: false })),
  ],
});
const bridge = (filters: boolean, ports: readonly object[], tags: readonly { port: string }[] = []) =>
  observedOf({
    links: {
      br0: {
        ...{ name: 'br0', kind: 'bridge' },
        bridge: { stp: false, vlanFiltering: filters, defaultPvid: 1, forwardDelay: 1500 },
      },
    },
    bridgePorts: Object.fromEntries(ports.map((p, i) => [String(i), p])),
    vlans: Object.fromEntries(tags.map((t) => [t.port, t])),
  });
const heard = (observed: ReturnType<typeof observedOf>, from: string, vid?: number) => {
  const hearing = whoHears(observed, from, vid);
  return hearing.known ? [hearing.vlan, ...hearing.ports] : hearing.why;
};

describe('a bridge of Linux', () => {
  test('tells no VLANs apart unless it filters; isolation and blocked ports count', () => {
    const seen = bridge(false, [
      port('a', { isolated: true }),
      port('b', { isolated: true }),
      port('c'),
      port('d', { state: 'blocking' }),
      port('e', { bridge: 'br1' }),
    ]);
    expect(heard(seen, 'a')).toEqual([null, 'c']);
    expect(heard(seen, 'c', 20)).toEqual([null, 'a', 'b']);
    expect(heard(seen, 'd')).toEqual([null]);
    expect(heard(seen, 'nowhere')).toBe('nowhere is in no bridge.');
  });

  test('sends on in a VLAN what the port takes into it', () => {
    const ports = ['a', 'b', 'trunk', 'other'].map((name) => port(name));
    const tags = [vlans('a', 10), vlans('b', 10), vlans('trunk', null, [10, 20]), vlans('other', 20)];
    const seen = bridge(true, ports, tags);
    expect(heard(seen, 'a')).toEqual([10, 'b', 'trunk']);
    expect(heard(seen, 'a', 20)).toEqual([null]);
    expect(heard(seen, 'trunk', 20)).toEqual([20, 'other']);
    expect(heard(seen, 'trunk')).toEqual([null]);
  });

  test('says that it is unknown where VLANs could not be read', () => {
    const { vlans: _, ...rest } = bridge(true, [port('a'), port('b')]);
    const seen = { ...rest, vlans: { known: false, command: 'bridge', why: 'no such tool' } as const };
    expect(heard(seen, 'a')).toBe('VLANs could not be read: no such tool');
  });
});

test('Open vSwitch: access, trunk and native ports, those that are protected, and a tunnel of tags', () => {
  const ovs = (name: string, more: object) => ({
    ...{ name, tag: null, trunks: [], vlanMode: null, protected: false, interfaces: [] },
    ...more,
  });
  const seen = observedOf({
    ovsBridges: {
      o: {
        ...{ name: 'o', datapath: 'netdev', failMode: null },
        ports: [
          ovs('o', {}),
          ovs('red', { tag: 10, protected: true }),
          ovs('red2', { tag: 10, protected: true }),
          ovs('red3', { tag: 10 }),
          ovs('all', {}),
          ovs('some', { trunks: [20] }),
          ovs('native', { tag: 10, trunks: [20], vlanMode: 'native-untagged' }),
          ovs('q', { tag: 10, vlanMode: 'dot1q-tunnel' }),
        ],
      },
    },
  });
  expect(heard(seen, 'red')).toEqual([10, 'red3', 'all', 'native', 'q']);
  expect(heard(seen, 'red', 20)).toEqual([null]);
  expect(heard(seen, 'some', 20)).toEqual([20, 'all', 'native']);
  expect(heard(seen, 'some')).toEqual([null]);
  expect(heard(seen, 'native')).toEqual([10, 'red', 'red2', 'red3', 'all', 'q']);
  expect(heard(seen, 'q', 99)).toEqual([10, 'red', 'red2', 'red3', 'all', 'native']);
});

test('the largest packet is found in few tries, wherever the limit is', async () => {
  for (const limit of [28, 29, 1279, 1400, 1499, 1500]) {
    let tries = 0;
    const passes = async (size: number) => {
      tries += 1;
      return size <= limit;
    };
    expect(await largestPacket({ most: 1500, guess: 1500, least: 28 }, passes)).toBe(limit);
    expect(tries).toBeLessThan(14);
  }
  expect(await largestPacket({ most: 1500, guess: 1400, least: 28 }, async () => false)).toBeNull();
});
