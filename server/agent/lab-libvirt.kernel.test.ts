import { lstatSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import type { Observed } from '@/server/core/observed';
import { hasLibvirt, hasOvs } from '@/server/core/testing/available';
import { run } from './exec';
import {
  commandOf,
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesIn,
  signal,
  until,
} from './testing/machine';
import { commit, planOf } from './testing/story';

await prepareKernelTests();
const installed = await hasLibvirt();
if (!installed) console.warn('SKIPPED: no lab ran libvirt, it is not installed');
const switches = installed && (await hasOvs());
if (!switches) console.warn('SKIPPED: no guest of libvirt was on Open vSwitch, it is not installed');

const virt = {
  ...{ kind: 'network', name: 'virt', footing: 'libvirt', forward: { mode: 'nat' } },
  bridge: { name: 'virbr9', stp: false },
  subnets: [
    {
      ...{ address: '10.9.0.1', prefix: 24 },
      dhcp: { ranges: [{ start: '10.9.0.100', end: '10.9.0.200' }], hosts: [] },
    },
  ],
  portgroups: [{ name: 'red' }],
} as const;
const routed = { ...virt, forward: { mode: 'route' }, mtu: 1400, isolated: true } as const;
const pool = {
  ...{ kind: 'network', name: 'pool', footing: 'libvirt', subnets: [] },
  forward: { mode: 'bridge', interfaces: ['uplink0'] },
} as const;
const FABRIC = {
  ...{ kind: 'network', name: 'fabric', footing: 'ovs', forward: { mode: 'none' }, subnets: [] },
  bridge: { name: 'ovsbr0', stp: false },
} as const;
const desired = (...networks: readonly object[]) => Desired.parse({ networks });

/** What of the machine libvirt would write to. */
const ofMachine = () =>
  ['/etc/libvirt', '/var/lib/libvirt', '/run/libvirt'].map((at) => {
    const is = lstatSync(at, { throwIfNoEntry: false });
    return is && [at, is.ino, readdirSync(at).join()];
  });

describe.skipIf(!installed)('libvirt in a lab', () => {
  const { m, lab } = machineWithLab();
  const seen = async (): Promise<Observed> => {
    const read = await lab.request('observe', {});
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  };
  const networks = async () => {
    const { libvirtNetworks } = await seen();
    if (!libvirtNetworks.known) return libvirtNetworks.why;
    return Object.values(libvirtNetworks.value).map((n) => [n.name, n.active, n.autostart, n.bridge]);
  };
  const port = async (name: string) => {
    const { links, bridgePorts } = await seen();
    if (!links.known || !bridgePorts.known) throw new Error('the links cannot be read');
    const { master, mtu, alias } = links.value[name] ?? {};
    return { master, mtu, alias, isolated: bridgePorts.value[name]?.isolated };
  };
  const nicOf = async (guest: string) => {
    const { namespaces } = await seen();
    const nic = namespaces.known ? namespaces.value[guest]?.links.eth0 : undefined;
    return nic && { kind: nic.kind, up: nic.up };
  };
  const leases = async () => {
    const { leases } = await seen();
    if (!leases.known) throw new Error(leases.why);
    return Object.values(leases.value);
  };
  const leased = async (mac: string) => (await leases()).find((l) => l.mac === mac);
  const pings = async (from: string, to: string) => {
    const sent = await lab.request('guest.ping', { from, to });
    return sent.ok && sent.value.received > 0;
  };
  const add = async (name: string, network: string, portgroup?: string) => {
    const where = { bridge: null, network, ...(portgroup ? { portgroup } : {}) };
    const added = await lab.request('guest.add', { name, ...where });
    if (!added.ok) throw new Error(added.error.message);
    return added.value;
  };
  const daemons = () =>
    processesIn(pidNamespace(labAgentPid(m.state, 'lab'))).filter((pid) => /^libvirtd /.test(commandOf(pid)));

  test('runs when it is needed; its networks have guests, who stay in them when it makes them anew or is killed', async () => {
    const before = ofMachine();
    expect(await networks()).toEqual([]);
    expect(daemons()).toEqual([]);
    await commit(lab, desired(virt, pool));
    expect(await networks()).toEqual([
      ['pool', true, true, null],
      ['virt', true, true, 'virbr9'],
    ]);
    expect(daemons()).toHaveLength(1);

    const web = await add('web', 'virt');
    const db = await add('db', 'virt', 'red');
    expect(await port(web.port)).toMatchObject({ master: 'virbr9', alias: 'patchbay:port:virt:' });
    expect(await port(db.port)).toMatchObject({ master: 'virbr9', alias: 'patchbay:port:virt:red' });
    await until(() => pings('web', '198.51.100.1'), 'web is outside');
    await until(() => pings('db', 'web'), 'they talk');
    expect(await leased(web.mac)).toMatchObject({ network: 'virt', hostname: 'web' });
    const address = (await leased(web.mac))?.address;
    await add('macvtap', 'pool');
    expect(await nicOf('macvtap')).toEqual({ kind: 'macvlan', up: true });

    // Of this libvirt makes a network anew, under its guests.
    const plan = await planOf(lab, desired(routed, pool));
    expect(plan.steps.map((s) => s.title)).toEqual([
      'Define network virt anew in libvirt and start it again',
    ]);
    await commit(lab, desired(routed, pool));
    for (const { port: name } of [web, db])
      expect(await port(name)).toMatchObject({ master: 'virbr9', isolated: true });
    expect(await planOf(lab, desired(routed, pool))).toMatchObject({ steps: [] });
    await until(() => pings('web', '198.51.100.1'), 'web is outside again');
    expect(await pings('db', 'web')).toBe(false);
    expect(await leased(web.mac)).toMatchObject({ address });

    // Killed, it is started again and knows its networks.
    const [daemon] = daemons();
    signal(daemon, 'SIGKILL');
    await until(
      async () => !daemons().includes(daemon ?? 0) && daemons().length === 1,
      'it is started again',
    );
    await until(async () => Array.isArray(await networks()), 'it answers');
    expect(await planOf(lab, desired(routed, pool))).toMatchObject({ steps: [] });
    expect(ofMachine()).toEqual(before);
  });

  test('networks and guests come back with the lab, and go with it', async () => {
    await m.kill('SIGTERM');
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab is back');
    await until(async () => (await port('vnet1')).isolated === true, 'its guests are plugged in');
    expect(await port('vnet0')).toMatchObject({ master: 'virbr9', mtu: 1400, isolated: true });
    await until(() => pings('web', '198.51.100.1'), 'web is outside after a restart');
    await until(async () => (await leases()).some((l) => l.hostname === 'web'), 'its lease is shown');
    expect(await planOf(lab, desired(routed, pool))).toMatchObject({ steps: [] });

    expect(await m.machine.request('lab.reset', { name: 'lab' })).toMatchObject({ ok: true });
    expect(await networks()).toEqual([]);
    expect(daemons()).toEqual([]);
  });

  test.skipIf(!switches)('plugs guests into Open vSwitch as their portgroup says', async () => {
    const onSwitch = {
      ...{ kind: 'network', name: 'virt', footing: 'libvirt', subnets: [] },
      forward: { mode: 'bridge', bridge: 'ovsbr0' },
      virtualPort: { type: 'openvswitch' },
      portgroups: [{ name: 'red', vlan: { tags: [{ id: 10 }] } }],
    } as const;
    await commit(lab, desired(FABRIC));
    await commit(lab, desired(FABRIC, onSwitch));
    const red = await add('web', 'virt', 'red');
    const bare = await add('db', 'virt');
    const { ovsBridges } = await seen();
    if (!ovsBridges.known) throw new Error(ovsBridges.why);
    const tags = ovsBridges.value.ovsbr0?.ports.map((p) => [p.name, p.tag]) ?? [];
    expect(Object.fromEntries(tags)).toEqual({ ovsbr0: null, [red.port]: 10, [bare.port]: null });
    expect(await planOf(lab, desired(FABRIC, onSwitch))).toMatchObject({ steps: [] });

    const { virtualPort: _, portgroups: __, ...unsaid } = onSwitch;
    await commit(lab, desired(FABRIC, onSwitch, { ...unsaid, name: 'unsaid' }));
    const refused = await lab.request('guest.add', { name: 'lost', bridge: null, network: 'unsaid' });
    expect(refused).toMatchObject({
      error: {
        message:
          'Bridge ovsbr0 is one of Open vSwitch, but network unsaid has no virtual port of type openvswitch: libvirt could not plug a guest in.',
      },
    });
  });

  test('where it is not installed, that is said before anything runs', async () => {
    expect(await m.machine.request('lab.reset', { name: 'lab' })).toMatchObject({ ok: true });
    const pid = String(labAgentPid(m.state, 'lab'));
    const there = await run(['sh', '-c', 'command -v libvirtd']);
    const hide = ['mount', '--bind', '/dev/null', there.ok ? there.value.stdout.trim() : ''];
    const inLab = ['nsenter', '-t', pid, '--user', '--mount', '--preserve-credentials', '--wd=/'];
    expect(await run([...inLab, ...hide])).toMatchObject({ ok: true });
    expect(await lab.request('plan', { desired: desired(virt), baseVersion: 0 })).toMatchObject({
      error: {
        message:
          'Network virt is on libvirt, which cannot be asked: no lab has one, because libvirtd is not installed on this machine (apt-get install libvirt-daemon libvirt-clients iptables).',
      },
    });
  });
});
