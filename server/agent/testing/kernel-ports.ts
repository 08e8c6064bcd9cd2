import { NetworkName } from '@/server/core/ids';
import { items } from '@/server/core/observed';
import { verify } from '@/server/core/verify';
import {
  address,
  become,
  committed,
  guest,
  guests,
  ip,
  look,
  lostDuring,
  must,
  nameOf,
  network,
  outside,
  poolNetwork,
  reaches,
  scene,
  tagged,
} from './ports-stage';

/*
 * Runs inside namespaces of its own, one scene at a time. Standard output gets what was found, by name.
 */

type Report = Record<string, unknown>;

const access = (id: number) => ({ tags: [{ id }] });
const trunk = (...tags: readonly object[]) => ({ trunk: true, tags });
const groups = (a: number) => [
  { name: 'a', vlan: access(a) },
  { name: 'b', vlan: access(20) },
  { name: 'trunk', vlan: trunk({ id: 10 }, { id: 20 }) },
  { name: 'untagged', vlan: trunk({ id: 10, nativeMode: 'untagged' }, { id: 20 }) },
  { name: 'tagged', vlan: trunk({ id: 10, nativeMode: 'tagged' }, { id: 20 }) },
];

const scenes: Record<string, () => Promise<Report>> = {
  async vlans() {
    await become(network({ portgroups: groups(10) }));
    for (const [name, portgroup] of [
      ...[['a1', 'a'] as const, ['a2', 'a'] as const, ['b1', 'b'] as const, ['t1', 'trunk'] as const],
      ...[['u1', 'untagged'] as const, ['n1', 'tagged'] as const],
    ])
      await guest(name, { network: 'lan', portgroup });
    await guest('plain', { network: 'lan' });
    const nowhere = await guest('x', { network: 'lan', portgroup: 'c' });
    for (const [n, name] of ['a1', 'a2', 'b1', 'plain', 'u1', 'n1'].entries())
      await address(name, `10.1.0.${n + 11}/24`);
    await tagged('t1', 10, '10.1.0.31/25');
    await tagged('t1', 20, '10.1.0.231/25');
    await address('b1', '10.1.0.213/24');
    const first = {
      nowhere,
      'access to access of one VLAN': await reaches('a1', '10.1.0.12'),
      'access to another VLAN': await reaches('a1', '10.1.0.13'),
      'access to trunk, tagged': await reaches('a1', '10.1.0.31'),
      'trunk to access in its other VLAN': await reaches('t1', '10.1.0.213'),
      'native untagged to access': await reaches('u1', '10.1.0.11'),
      'native tagged to access, answer': await reaches('n1', '10.1.0.11'),
      // It came to a1 and a1 knows who asked; the answer is tagged.
      'native tagged to access, question': (await ip('-n', 'a1', 'neigh', 'show', '10.1.0.16')).includes(
        'lladdr',
      ),
      'access to host': await reaches('a1', '10.1.0.1'),
      'no portgroup to host': await reaches('plain', '10.1.0.1'),
    };
    let change: { titles: readonly string[]; noticed: readonly string[] } = { titles: [], noticed: [] };
    const lost = await lostDuring('t1', '10.1.0.213', async () => {
      change = await become(network({ portgroups: groups(20) }));
    });
    const moved = {
      ...{ 'lost beside a move': lost, titles: change.titles, noticed: change.noticed },
      'moved to its new VLAN': await reaches('a1', '10.1.0.13'),
      'moved from its old VLAN': await reaches('a1', '10.1.0.15'),
    };
    // Somebody else's tap, or a veth that is plugged in by hand: the network's own settings.
    await become(network({ vlan: access(20), portgroups: groups(10) }));
    const own = { 'host in the VLAN of the network': await reaches('b1', '10.1.0.1') };
    await must('ip', 'link', 'add', 'stray0', 'type', 'veth', 'peer', 'name', 'stray1');
    await must('ip', 'link', 'set', 'dev', 'stray0', 'master', 'virbr1');
    const drift = verify({ observed: await look(), committed, desired: committed.desired }).left.map(
      (s) => s.title,
    );
    await must('ip', 'link', 'del', 'dev', 'stray0');
    const off = await become(network({}));
    return {
      ...first,
      ...moved,
      ...own,
      drift,
      off: off.titles,
      'all together': await reaches('a1', '10.1.0.13'),
    };
  },

  async isolation() {
    await become(network({}));
    for (const [name, at] of [['g1', '10.1.0.11/24'] as const, ['g2', '10.1.0.12/24'] as const]) {
      await guest(name, { network: 'lan' });
      await address(name, at);
    }
    const pair = async () => [await reaches('g1', '10.1.0.12'), await reaches('g1', '10.1.0.1')];
    const before = await pair();
    const { noticed } = await become(network({ isolated: true }));
    const isolated = await pair();
    await guest('g3', { network: 'lan' });
    await address('g3', '10.1.0.13/24');
    const newcomer = [await reaches('g3', '10.1.0.11'), await reaches('g3', '10.1.0.1')];
    await become(network({}));
    return { before, isolated, newcomer, after: await pair(), noticed };
  },

  async mtu() {
    await become(network({}));
    for (const [name, at] of [['g1', '10.1.0.11/24'] as const, ['g2', '10.1.0.12/24'] as const]) {
      await guest(name, { network: 'lan' });
      await address(name, at);
    }
    const large = () => reaches('g1', '10.1.0.12', '-M', 'do', '-s', '8000');
    const before = await large();
    const lost = await lostDuring('g1', '10.1.0.12', () => become(network({ mtu: 9000 })));
    for (const name of ['g1', 'g2']) await ip('-n', name, 'link', 'set', 'dev', 'eth0', 'mtu', '9000');
    const after = await large();
    await guest('g3', { network: 'lan' });
    await address('g3', '10.1.0.13/24');
    const newcomer = await reaches('g3', '10.1.0.12', '-M', 'do', '-s', '8000');
    await become(network({}));
    const links = (await look()).links;
    return { before, lost, after, newcomer, again: links.known ? links.value.virbr1?.mtu : null };
  },

  async bridge() {
    await become(network({ bridge: { name: 'virbr1', stp: true, delay: 4 }, mac: '52:54:00:aa:bb:cc' }));
    const { titles } = await become(
      network({ bridge: { name: 'virbr1', stp: true }, mac: '52:54:00:aa:bb:cd' }),
    );
    const told = await become(
      network({
        bridge: { name: 'virbr1', stp: false, macTableManager: 'libvirt' },
        mac: '52:54:00:aa:bb:cd',
      }),
    );
    for (const [name, at] of [['g1', '10.1.0.11/24'] as const, ['g2', '10.1.0.12/24'] as const]) {
      await guest(name, { network: 'lan' });
      await address(name, at);
    }
    const told1 = {
      'told: guest to guest': await reaches('g1', '10.1.0.12'),
      'told: guest to host': await reaches('g1', '10.1.0.1'),
    };
    const port = items((await look()).bridgePorts).find((p) => p.port === 'vnet0');
    const learns = port === undefined ? null : [port.learning, port.flood];
    await become(network({ mac: '52:54:00:aa:bb:cd' }));
    const mac = (await look()).links;
    return {
      ...{ titles, told: told.titles, ...told1, learns, mac: mac.known ? mac.value.virbr1?.mac : null },
      'learnt: guest to guest': await reaches('g1', '10.1.0.12'),
    };
  },

  async routes() {
    const routes = [{ address: '10.9.0.0', prefix: 16, gateway: '10.1.0.7' }];
    await become(network({}));
    await guest('gate', { network: 'lan' });
    await address('gate', '10.1.0.7/23');
    await ip('-n', 'gate', 'address', 'add', '10.9.0.1/32', 'dev', 'lo');
    const before = await reaches('host', '10.9.0.1');
    await become(network({ routes }));
    const after = await reaches('host', '10.9.0.1');
    await become(network({ routes, subnets: [{ address: '10.1.0.1', prefix: 23 }] }));
    const moved = await reaches('host', '10.9.0.1');
    await become(network({}));
    return { before, after, moved, removed: await reaches('host', '10.9.0.1') };
  },

  async macvtap() {
    await outside('eth1', '10.3.0');
    await outside('eth2', '10.4.0');
    await become(poolNetwork({ mode: 'passthrough', interfaces: ['eth1', 'eth2'] }));
    await guest('g1', { network: 'lan' });
    await guest('g2', { network: 'lan' });
    const third = await guest('g3', { network: 'lan' });
    await address('g1', '10.3.0.11/24');
    await address('g2', '10.4.0.12/24');
    const both = [await reaches('g1', '10.3.0.254'), await reaches('g2', '10.4.0.254')];
    const blocked = await reaches('g1', '10.3.0.1');
    const out = await guests.plug({ name: nameOf('g1'), bridge: null });
    const next = await guest('g3', { network: 'lan' });
    await address('g3', '10.3.0.13/24');
    const freed = await reaches('g3', '10.3.0.254');
    const gone = await become();
    return { both, third, blocked, out: out.ok, next, freed, noticed: gone.noticed };
  },

  async hostBridge() {
    await ip('link', 'add', 'name', 'br0', 'type', 'bridge', 'vlan_filtering', '1');
    await ip('link', 'set', 'dev', 'br0', 'up');
    await ip('address', 'add', '10.1.0.1/24', 'dev', 'br0');
    await ip('link', 'add', 'far0', 'type', 'veth', 'peer', 'name', 'far1');
    await ip('link', 'set', 'dev', 'far0', 'master', 'br0', 'up');
    await become(
      poolNetwork({ mode: 'bridge', bridge: 'br0' }, { portgroups: [{ name: 'a', vlan: access(10) }] }),
    );
    await guest('g1', { network: 'lan', portgroup: 'a' });
    await guest('g2', { network: 'lan', portgroup: 'a' });
    await guest('g3', { network: 'lan' });
    for (const [n, name] of ['g1', 'g2', 'g3'].entries()) await address(name, `10.1.0.${n + 11}/24`);
    const found = {
      'same VLAN': await reaches('g1', '10.1.0.12'),
      'other VLAN': await reaches('g1', '10.1.0.13'),
      'untagged to host': await reaches('g3', '10.1.0.1'),
    };
    const vlans = (await look()).vlans;
    const left = vlans.known ? vlans.value.far0?.vlans : null;
    const plugged = await guests.plug({
      name: nameOf('g3'),
      bridge: null,
      network: NetworkName.parse('lan'),
      portgroup: 'a',
    });
    await address('g3', '10.1.0.13/24');
    return { ...found, left, plugged: plugged.ok, 'after plugging over': await reaches('g1', '10.1.0.13') };
  },
};

const play = scenes[scene];
if (play === undefined) throw new Error(`there is no scene ${scene}`);
const report = await play();
process.stdout.write(JSON.stringify(report), () => process.exit(0));
