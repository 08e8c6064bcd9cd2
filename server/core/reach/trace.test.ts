import { describe, expect, test } from 'vitest';
import { observedOf } from '../testing/observed';
import { trace } from './trace';

/* What needs no kernel: what is not known, what is not there, and switches that few kernels have. */

const link = (name: string, more: object) => ({ [name]: { name, kind: 'veth', ...more } });
const guest = (name: string, nsid: number, address: string) => ({
  [name]: {
    ...{ name, nsid },
    links: {
      eth0: {
        ...{
          index: 2,
          name: 'eth0',
          kind: 'veth',
          mac: `52:54:00:00:00:0${nsid}`,
          mtu: 1500,
          up: true,
          carrier: true,
        },
        ...{ operState: 'UP', master: null, lower: null, alias: null, bridge: null, vlan: null, bond: null },
        ...{ macvlanMode: null, tunnel: null, tap: null },
        addresses: [{ family: 4, address, prefix: 24, scope: 'global', dynamic: false }],
      },
    },
    routes: [
      {
        ...{
          family: 4,
          table: 'main',
          type: 'unicast',
          destination: '10.0.0.0/24',
          gateway: null,
          device: 'eth0',
        },
        ...{ metric: null, protocol: null, scope: null, source: null, flags: [] },
      },
    ],
  },
});
const lower = (netnsId: number) => ({ lower: { name: null, index: 2, netnsId } });
const namespaces = { ...guest('web', 1, '10.0.0.11'), ...guest('db', 2, '10.0.0.12') };
const onBridge = {
  links: {
    ...link('br0', { kind: 'bridge', addresses: [{ family: 4, address: '10.0.0.1', prefix: 24 }] }),
    ...link('vnet0', { master: 'br0', ...lower(1) }),
    ...link('vnet1', { master: 'br0', ...lower(2) }),
  },
  namespaces,
};
const asked = { from: 'web', to: 'db', protocol: 'icmp', port: null } as const;
const of = (facts: object, question: object = asked) => {
  const traced = trace(observedOf(facts), { ...asked, ...question });
  if (!traced.ok) return traced.error.message;
  const { verdict, sentence, blockers, unknowns } = traced.value;
  return { verdict, sentence, codes: blockers.map((b) => b.code), unknowns };
};

describe('what is not there', () => {
  test.each([
    [
      { to: 'nobody' },
      'There is no guest, interface or MAC address "nobody" here. Say a guest, a port, a MAC, an address, "host" or "outside".',
    ],
    [{ from: '52:54:00:aa:bb:cc' }, 'No NIC here has the MAC address 52:54:00:aa:bb:cc.'],
    [
      { to: 'lone0' },
      'Interface lone0 has no address and is in no bridge: nothing can be sent from or to it.',
    ],
    [{ to: 'old' }, 'Guest old is shut off: it has no NIC on this host now.'],
  ])('%o is said in a sentence', (question, sentence) => {
    const links = { ...onBridge.links, ...link('lone0', { kind: 'device' }) };
    const domains = { old: { name: 'old', uuid: 'x', state: 'shut off', nics: [] } };
    expect(of({ ...onBridge, links, domains }, question)).toBe(sentence);
  });
});

describe('what is not known is never taken for unreachable', () => {
  test('rules that could not be read', () => {
    expect(of({ ...onBridge, nft: 'nft is not installed' })).toMatchObject({
      verdict: 'UNKNOWN',
      unknowns: ['The rules of nftables are not known: nft is not installed.'],
    });
  });

  test('a rule that cannot be judged, where a policy would drop', () => {
    const rule = {
      handle: 4,
      comment: null,
      expression: [{ xt: { type: 'match', name: 'conntrack' } }, { accept: null }],
    };
    const chain = { name: 'f', hook: 'forward', type: 'filter', priority: 0, policy: 'drop', rules: [rule] };
    const nft = { 'bridge t': { family: 'bridge', name: 't', chains: [chain] } };
    expect(of({ ...onBridge, nft })).toMatchObject({
      ...{ verdict: 'UNKNOWN', codes: [] },
      unknowns: [
        'Whether rules let it pass is not known: table bridge t, chain f, rule 4 says "-m conntrack accept", which cannot be judged here.',
      ],
    });
  });

  test('a guest without a known address', () => {
    const taps = {
      ...onBridge.links,
      ...link('tap0', {
        kind: 'tun',
        master: 'br0',
        tap: { mode: 'tap', persist: true, multiQueue: false, vnetHdr: false, user: null },
      }),
    };
    expect(of({ ...onBridge, links: taps }, { to: 'tap0' })).toMatchObject({
      verdict: 'UNKNOWN',
      unknowns: ['No address of tap0 is known: it has no lease here, and the host has not heard from it.'],
    });
  });

  test('a switch that goes by its flows alone', () => {
    expect(of(onSwitch({ failMode: 'secure' }))).toMatchObject({ verdict: 'UNKNOWN', codes: [] });
  });
});

function onSwitch({
  failMode = null,
  tags = [null, null],
  ...more
}: {
  failMode?: string | null;
  tags?: (number | null)[];
  trunks?: number[];
  vlanMode?: string;
}) {
  const { trunks = [], vlanMode = null } = more;
  const port = (name: string, tag: number | null, rest: object = {}) => ({
    ...{ name, tag, trunks: [], vlanMode: null, ...rest },
    interfaces: [{ name, type: '', ofport: 1, error: null, mac: null, linkState: 'up', options: {} }],
  });
  return {
    links: {
      ...link('sw0', { kind: 'openvswitch' }),
      ...link('vnet0', { master: 'ovs-system', ...lower(1) }),
      ...link('vnet1', { master: 'ovs-system', ...lower(2) }),
    },
    namespaces,
    ovsBridges: {
      sw0: {
        ...{ name: 'sw0', datapath: 'system', failMode, externalIds: {}, otherConfig: {} },
        ports: [
          port('sw0', null),
          port('vnet0', tags[0] ?? null),
          port('vnet1', tags[1] ?? null, { trunks, vlanMode }),
        ],
      },
    },
  };
}

describe('Open vSwitch', () => {
  test('one tag for both, or none, passes', () => {
    expect(of(onSwitch({ tags: [10, 10] }))).toMatchObject({ verdict: 'DELIVERED' });
    expect(of(onSwitch({}))).toMatchObject({ verdict: 'DELIVERED' });
  });

  test('two tags are separate segments', () => {
    expect(of(onSwitch({ tags: [10, 20] }))).toEqual({
      ...{ verdict: 'DROPPED', codes: ['OVS_TAG_OR_MODE', 'OVS_TAG_OR_MODE'], unknowns: [] },
      sentence:
        'web cannot reach db: vnet0 is in VLAN 10, vnet1 in VLAN 20: they are separate segments. 1 more in the way.',
    });
  });

  test('a trunk hands over tags, which its guest must take', () => {
    expect(of(onSwitch({ tags: [10, null], trunks: [10] }))).toMatchObject({ verdict: 'DROPPED' });
    expect(of(onSwitch({ tags: [10, 10], trunks: [10], vlanMode: 'native-untagged' }))).toMatchObject({
      verdict: 'DELIVERED',
    });
  });
});

test('a macvtap does not reach its own host', () => {
  const links = {
    ...link('eth9', { kind: 'device', addresses: [{ family: 4, address: '10.0.0.1', prefix: 24 }] }),
    ...link('macvtap0', {
      kind: 'macvtap',
      mac: '52:54:00:00:00:07',
      macvlanMode: 'bridge',
      lower: { name: 'eth9', index: 1, netnsId: null },
    }),
  };
  const domains = {
    vm: {
      name: 'vm',
      uuid: 'x',
      state: 'running',
      nics: [{ type: 'direct', mac: '52:54:00:00:00:07', target: 'macvtap0', source: 'eth9', model: null }],
    },
  };
  const leases = {
    a: { network: 'n', mac: '52:54:00:00:00:07', address: '10.0.0.7', hostname: null, expires: 0 },
  };
  expect(of({ links, domains, leases }, { from: 'vm', to: 'host' })).toMatchObject({
    verdict: 'DROPPED',
    codes: ['MACVTAP_HOST_ISOLATION'],
  });
});
