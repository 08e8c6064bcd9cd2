import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { GuestName, IfName, IpAddress, LabName, NetworkName } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import { hasOvs } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { toTopology } from '@/server/core/topology-build';
import {
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesWith,
  signal,
  until,
} from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { applied } from './testing/story';

/* Guests of a lab that are virtual machines, from the agent's door. */

await prepareKernelTests();
const machines = await whyNoMachines();
const why = machines.why ?? machines.noKernel;
if (why !== null) console.warn(`SKIPPED: no lab had real guests: ${why}`);
const ovs = await hasOvs();
if (!ovs) console.warn('SKIPPED: no real guest was plugged into Open vSwitch, it is not installed');

const subnet = (n: number) => ({
  ...{ address: `10.${n}.0.1`, prefix: 24 },
  dhcp: { ranges: [{ start: `10.${n}.0.100`, end: `10.${n}.0.200` }], hosts: [] },
});
const net = (name: string, n: number, more: object = {}) => ({
  ...{ kind: 'network', name, forward: { mode: 'nat' }, bridge: { name: `virbr${n}`, stp: false } },
  ...{ subnets: [subnet(n)], ...more },
});
const NETWORKS = Desired.parse({
  networks: [net('red', 1), net('blue', 2), ...(ovs ? [net('fabric', 3, { footing: 'ovs' })] : [])],
});
const WAIT = 60_000 * patience;
const name = GuestName.parse('vm');
const into = (network: string) => ({ name, bridge: null, network: NetworkName.parse(network) });

describe.skipIf(why !== null)('real guests in a lab', () => {
  const { m, lab } = machineWithLab();
  const observe = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    return seen.value;
  };
  const guestNode = async () => {
    const drawn = toTopology([{ observed: await observe(), rates: {}, pending: [] }]);
    return Object.values(drawn.nodes).filter((n) => n.kind === 'guest');
  };
  const nics = async () => (await guestNode()).find((n) => n.label === name)?.nics ?? [];
  const isAt = (nic: string, net: string, what: string) =>
    until(
      async () =>
        (await nics()).find((n) => n.name === nic)?.addresses.some((a) => a.startsWith(net)) === true,
      what,
      WAIT,
    );
  const answers = (to: GuestName | IpAddress) =>
    until(
      async () => {
        const sent = await lab.request('guest.ping', { from: GuestName.parse('web'), to });
        return sent.ok && sent.value.received > 0;
      },
      'it answers ping',
      WAIT,
    );
  const taps = async () => {
    const { links } = await observe();
    return Object.values(links.known ? links.value : {}).flatMap((l) =>
      l.name.startsWith('vnet') && l.kind === 'tun' ? [l.name] : [],
    );
  };

  const space = () => pidNamespace(labAgentPid(m.state, 'lab'));
  /** QEMUs in this lab, or in what a lab was. */
  const running = (lab = space()) => processesWith('guest=vm').filter((pid) => pidNamespace(pid) === lab);

  test(
    'one gets its lease, is drawn once, and answers',
    async () => {
      const { changeId, nonce } = await applied(lab, NETWORKS, WAIT / 1000);
      expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
      expect(await lab.request('guest.real', {})).toEqual({ ok: true, value: { yes: true } });
      expect(await lab.request('guest.add', { ...into('red'), real: true }, 60_000)).toMatchObject({
        ok: true,
      });
      expect(await lab.request('guest.add', { ...into('red'), real: true })).toMatchObject({
        ok: false,
        error: { code: 'NAME_TAKEN' },
      });
      await isAt('net0', '10.1.0.', 'a lease of red');
      expect(await guestNode()).toMatchObject([
        {
          label: 'vm',
          state: 'up',
          plugged: { network: 'red', portgroup: null },
          nics: [{ bridge: 'virbr1' }],
        },
      ]);
      const web = { ...into('red'), name: GuestName.parse('web') };
      expect(await lab.request('guest.add', web)).toMatchObject({ ok: true });
      await answers(name);
      expect(await lab.request('guest.ping', { from: name, to: web.name })).toMatchObject({
        error: { code: 'NO_PING_INSIDE' },
      });
    },
    300_000 * patience,
  );

  test(
    'it is moved, and asks for its address in the other network',
    async () => {
      for (const network of ['blue', ...(ovs ? ['fabric'] : []), 'blue']) {
        expect(await lab.request('guest.plug', into(network), 60_000)).toMatchObject({ ok: true });
        const n = { blue: 2, fabric: 3 }[network];
        await isAt('net0', `10.${n}.0.`, `a lease of ${network}`);
      }
      expect(await nics()).toMatchObject([{ bridge: 'virbr2', plugged: { network: 'blue' } }]);
    },
    300_000 * patience,
  );

  test(
    'a NIC is put in and taken out while it runs',
    async () => {
      const added = await lab.request('guest.nic.add', into('red'), 60_000);
      expect(added).toMatchObject({ ok: true, value: { nic: 'net1' } });
      await isAt('net1', '10.1.0.', 'a lease of the NIC that was put in');
      const [address] = (await nics())[1]?.addresses ?? [];
      await answers(IpAddress.parse(address));
      const taken = { name, nic: NicName.parse('net1') };
      expect(await lab.request('guest.nic.remove', taken, 60_000)).toMatchObject({ ok: true });
      expect((await nics()).map((n) => n.name)).toEqual(['net0']);
      expect(await taps()).toHaveLength(1);
      expect(await lab.request('guest.nic.remove', taken)).toMatchObject({
        error: { code: 'NO_SUCH_NIC', message: 'Guest vm has no NIC net1.' },
      });
    },
    300_000 * patience,
  );

  test(
    'its cable is pulled, which it and the host notice, and plugged in again',
    async () => {
      const cable = { name, nic: NicName.parse('net0') };
      const pulled = await lab.request('guest.nic.cable', { ...cable, cable: 'out' }, 60_000);
      expect(pulled).toEqual({ ok: true, value: { noticed: true } });
      expect(await nics()).toMatchObject([{ cable: 'out', bridge: 'virbr2', addresses: [] }]);
      const { links } = await observe();
      const [tap = ''] = await taps();
      expect(links.known && links.value[tap]?.up).toBe(false);
      expect(await lab.request('guest.nic.cable', { ...cable, cable: 'in' }, 60_000)).toMatchObject({
        ok: true,
      });
      await isAt('net0', '10.2.0.', 'its lease again');
    },
    300_000 * patience,
  );

  test('what cannot be done is said in a sentence, and nothing changes', async () => {
    const before = await nics();
    const web = GuestName.parse('web');
    const refusals = [
      await lab.request('guest.nic.add', { ...into('nowhere') }),
      await lab.request('guest.nic.add', { name: web, bridge: null }),
      await lab.request('guest.plug', { name: web, nic: NicName.parse('net0'), bridge: null }),
      await lab.request('guest.plug', { name, bridge: IfName.parse('br9') }),
      await lab.request('guest.start', { name: GuestName.parse('nobody') }),
    ];
    expect(refusals.map((r) => (r.ok ? 'done' : r.error.message))).toEqual([
      'There is no network nowhere on this host.',
      'Guest web is a namespace with one NIC; only real guests have more, and a cable.',
      'Guest web is a namespace with one NIC: there is none to name.',
      'There is no bridge br9 in this lab.',
      'There is no guest nobody in this lab.',
    ]);
    expect(await nics()).toEqual(before);
  });

  test(
    'it outlives its agent; one that died is shown as ended, and starts anew',
    async () => {
      const [machine] = running();
      signal(labAgentPid(m.state, 'lab'), 'SIGKILL');
      await until(async () => (await lab.request('hello', {})).ok, 'the agent is back', WAIT);
      expect(running()).toEqual([machine]);
      expect(await nics()).toMatchObject([{ bridge: 'virbr2', cable: 'in' }]);

      signal(machine, 'SIGKILL');
      await until(
        async () => (await guestNode()).some((n) => n.badges.includes('ended')),
        'it has ended',
        WAIT,
      );
      expect(await lab.request('guest.start', { name }, 60_000)).toMatchObject({ ok: true });
      await isAt('net0', '10.2.0.', 'its lease after it was started');
    },
    300_000 * patience,
  );

  test(
    'switched off it stays so, and its NICs are changed for its next start',
    async () => {
      expect(await lab.request('guest.stop', { name }, 60_000)).toMatchObject({ ok: true });
      expect(running()).toEqual([]);
      expect(await taps()).toEqual([]);
      expect(await lab.request('guest.nic.add', into('red'))).toMatchObject({ value: { nic: 'net1' } });
      expect(await lab.request('guest.plug', { ...into('red'), nic: NicName.parse('net0') })).toMatchObject({
        ok: true,
      });
      const cable = { name, nic: NicName.parse('net1'), cable: 'out' } as const;
      expect(await lab.request('guest.nic.cable', cable)).toEqual({ ok: true, value: { noticed: false } });
      signal(labAgentPid(m.state, 'lab'), 'SIGKILL');
      await until(async () => (await lab.request('hello', {})).ok, 'the agent is back', WAIT);
      expect(await nics()).toMatchObject([{ name: 'net0' }, { name: 'net1', cable: 'out' }]);
      expect(running()).toEqual([]);

      expect(await lab.request('guest.start', { name }, 60_000)).toMatchObject({ ok: true });
      await isAt('net0', '10.1.0.', 'a lease of the network that it was put into');
      expect(await nics()).toMatchObject([{ bridge: 'virbr1' }, { cable: 'out', addresses: [] }]);
      await lab.request('guest.stop', { name }, 60_000);
      const taken = { name, nic: NicName.parse('net1') };
      expect(await lab.request('guest.nic.remove', taken)).toMatchObject({ ok: true });
      await lab.request('guest.plug', into('blue'));
      expect(await lab.request('guest.start', { name }, 60_000)).toMatchObject({ ok: true });
      await isAt('net0', '10.2.0.', 'a lease where it was before');
    },
    300_000 * patience,
  );

  test(
    'it comes back with the lab, and goes with it',
    async () => {
      const before = space();
      await m.kill('SIGTERM');
      await until(async () => running(before).length === 0, 'it ended with the lab', WAIT);
      await m.start();
      await until(async () => (await lab.request('observe', {})).ok, 'the lab answers again', WAIT);
      await until(async () => running().length === 1, 'it is started again', WAIT);
      await isAt('net0', '10.2.0.', 'its lease after the lab was started');
      expect(await lab.request('guest.remove', { name })).toMatchObject({ ok: true });
      expect(await taps()).toEqual([]);
      expect((await guestNode()).map((n) => n.label)).toEqual(['web']);

      expect(await lab.request('guest.add', { ...into('red'), real: true }, 60_000)).toMatchObject({
        ok: true,
      });
      const last = space();
      await m.machine.request('lab.reset', { name: LabName.parse('lab') }, 60_000);
      expect([...running(last), ...running()]).toEqual([]);
    },
    300_000 * patience,
  );
});
