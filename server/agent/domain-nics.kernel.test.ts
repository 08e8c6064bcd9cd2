import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import type { DomainNic } from '@/server/core/kinds/domain-nic';
import { seatsOf } from '@/server/core/libvirt/domain-nic';
import type { Observed } from '@/server/core/observed';
import { hasLibvirt } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { labDomains } from './testing/domains';
import { machineWithLab, prepareKernelTests, until } from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { applied, begin, commit, outcomeOf, planOf, stateOf, versionOf } from './testing/story';

/*
 * NICs of libvirt's domains, from the agent's door: a real libvirtd with a real QEMU, in a lab. @once: its user namespace
 * is the same whoever starts it.
 */

await prepareKernelTests();
const machines = await whyNoMachines();
const why = (await hasLibvirt()) ? (machines.why ?? machines.noKernel) : 'libvirt is not installed';
if (why !== null) console.warn(`SKIPPED: no NIC of a libvirt domain was changed: ${why}`);

const WAIT = 60_000 * patience;
const net = (name: string, n: number) => ({
  ...{ kind: 'network', name, footing: 'libvirt', forward: { mode: 'nat' } },
  ...{ bridge: { name: `virbr${n}`, stp: false }, portgroups: [{ name: 'red' }] },
  subnets: [
    {
      ...{ address: `10.${n}.0.1`, prefix: 24 },
      dhcp: { ranges: [{ start: `10.${n}.0.100`, end: `10.${n}.0.200` }], hosts: [] },
    },
  ],
});
const NETWORKS = [net('front', 8), net('back', 9)];
const FIRST = '52:54:00:00:00:01';
const SECOND = '52:54:00:00:00:02';
const second = (more: object = {}) => ({
  ...{ kind: 'nic', name: 'web/net1', mac: SECOND, source: { type: 'network', network: 'back' } },
  ...more,
});
const first = (more: object = {}) => ({
  ...{ kind: 'nic', name: 'web/net0', mac: FIRST, source: { type: 'network', network: 'front' } },
  ...{ adopted: true, ...more },
});
const desired = (...nics: readonly object[]) => Desired.parse({ networks: NETWORKS, nics });
const withNone = Desired.parse({ networks: NETWORKS });

describe.skipIf(why !== null)('NICs of a libvirt domain', () => {
  const { m, lab } = machineWithLab();
  const domains = labDomains(m.state);
  const observe = async (): Promise<Observed> => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    return seen.value;
  };
  /** By name: what it is plugged into and how its cable is, in the guest that runs and in the record. */
  const nics = async () => {
    const { domains: seen } = await observe();
    if (!seen.known) throw new Error(seen.why);
    const web = seen.value.web;
    const words = (card: ReturnType<typeof seatsOf>[number]['live']) =>
      card && `${card.source.network ?? card.source.bridge} ${card.model} ${card.link}`;
    return Object.fromEntries(
      (web === undefined ? [] : seatsOf(web)).map((s) => [s.name, [words(s.live), words(s.config)]]),
    );
  };
  /** Of the second NIC: how it is limited in the guest that runs and in the record. */
  const limits = async () => {
    const { domains: seen } = await observe();
    const seat = seen.known && seen.value.web && seatsOf(seen.value.web).find((s) => s.name === 'net1');
    return seat ? [seat.live?.bandwidth, seat.config?.bandwidth] : [];
  };
  const leaseOf = async (mac: string, network: string) => {
    const { leases } = await observe();
    return leases.known && Object.values(leases.value).some((l) => l.mac === mac && l.network === network);
  };
  const refused = async (...all: readonly object[]) => {
    const plan = await lab.request('plan', { desired: desired(...all), baseVersion: await versionOf(lab) });
    return plan.ok ? [] : (plan.error.problems ?? [plan.error]).map((p) => p.message);
  };
  const titles = async (...all: readonly object[]) =>
    (await planOf(lab, desired(...all))).steps.map((s) => s.title);

  test(
    'a guest that runs gets a second NIC, which has a lease',
    async () => {
      await commit(lab, withNone);
      await domains.define(
        'web',
        `<interface type="network"><mac address="${FIRST}"/><source network="front"/><model type="virtio"/></interface>`,
      );
      await domains.virsh('start', 'web');
      await until(() => leaseOf(FIRST, 'front'), 'the guest has its first address', WAIT);
      expect(await nics()).toEqual({ net0: ['front virtio up', 'front virtio up'] });

      expect(await titles(second())).toEqual(['Put NIC net1 of guest web in, on network back']);
      await commit(lab, desired(second()));
      expect(await nics()).toMatchObject({ net1: ['back virtio up', 'back virtio up'] });
      await until(() => leaseOf(SECOND, 'back'), 'its second NIC has an address', WAIT);
      expect(await titles(second())).toEqual([]);
    },
    4 * WAIT,
  );

  test(
    'is moved to another network and to a bridge, and its cable is pulled and plugged in, while it runs',
    async () => {
      const front = { source: { type: 'network', network: 'front', portgroup: 'red' } };
      expect(await titles(second(front))).toEqual([
        'Move NIC net1 of guest web to network front, portgroup red',
      ]);
      await commit(lab, desired(second({ ...front, link: 'down' })));
      expect(await nics()).toMatchObject({ net1: ['front virtio down', 'front virtio down'] });
      await commit(lab, desired(second(front)));
      await until(() => leaseOf(SECOND, 'front'), 'it has an address of the other network', WAIT);
      const bridge = { source: { type: 'bridge', bridge: 'virbr9' } };
      await commit(lab, desired(second(bridge)));
      expect(await nics()).toMatchObject({ net1: ['virbr9 virtio up', 'virbr9 virtio up'] });
      await commit(lab, desired(second()));
      expect(await nics()).toMatchObject({ net1: ['back virtio up', 'back virtio up'] });
    },
    4 * WAIT,
  );

  test(
    'is limited while it runs, otherwise, and no longer; what somebody changed is seen',
    async ({ skip }) => {
      const { agent } = await observe();
      if (!agent.polices || !agent.fairQueues) {
        console.warn('SKIPPED: libvirt limited no NIC that runs: this kernel lacks act_police or sch_sfq');
        skip();
      }
      const slow = { inbound: { average: 1250, peak: 2500, burst: 64 }, outbound: { average: 125 } };
      const slower = { inbound: { average: 500 } };
      await commit(lab, desired(second({ bandwidth: slow })));
      expect(await limits()).toEqual([slow, slow]);
      await commit(lab, desired(second({ bandwidth: slower })));
      expect(await limits()).toEqual([slower, slower]);
      await domains.virsh('domiftune', 'web', SECOND, '--inbound', '77', '--live');
      expect(await titles(second({ bandwidth: slower }))).toEqual([
        'Limit NIC net1 of guest web: gets at most 4 Mbit/s',
      ]);
      const { changeId } = await applied(lab, desired(second({ bandwidth: slow })));
      expect(await limits()).toEqual([slow, slow]);
      await lab.request('rollback', { changeId }, 120_000);
      expect(await limits()).toEqual([{ inbound: { average: 77 } }, slower]);
      await commit(lab, desired(second()));
      expect(await limits()).toEqual([undefined, undefined]);
      expect(await titles(second())).toEqual([]);
    },
    6 * WAIT,
  );

  test(
    'everything goes back when nobody confirms',
    async () => {
      const before = await nics();
      const changes: readonly (readonly object[])[] = [
        [],
        [second({ inactive: true })],
        [second({ link: 'down', source: { type: 'bridge', bridge: 'virbr8' } })],
        [second({ model: 'e1000', mac: '52:54:00:00:00:22' })],
        [second(), { ...second(), name: 'web/net2', mac: '52:54:00:00:00:03' }],
      ];
      for (const all of changes) {
        const { changeId } = await applied(lab, desired(...all));
        expect(await nics()).not.toEqual(before);
        const back = await lab.request('rollback', { changeId }, 120_000);
        expect(back.ok && back.value).toMatchObject({ result: 'rolled-back' });
        expect(await nics()).toEqual(before);
      }
    },
    6 * WAIT,
  );

  test(
    'is replaced, taken out and put in again; the one that was there before is managed, and stays',
    async () => {
      const model = { model: 'e1000' } as const satisfies Partial<DomainNic>;
      const plan = await planOf(lab, desired(second(model)));
      expect(plan.notes.join()).toContain('is replaced while the guest runs');
      await commit(lab, desired(second(model)));
      expect(await nics()).toMatchObject({ net1: ['back e1000 up', 'back e1000 up'] });
      await commit(lab, desired(second({ inactive: true })));
      expect(Object.keys(await nics())).toEqual(['net0']);
      await commit(lab, desired(second(), first()));
      expect(await nics()).toMatchObject({ net1: ['back virtio up', 'back virtio up'] });
      await commit(lab, desired(second(), first({ source: { type: 'network', network: 'back' } })));
      expect(await nics()).toMatchObject({ net0: ['back virtio up', 'back virtio up'] });
      await commit(lab, desired(second(), first()));
      // One is removed, the other is forgotten.
      await commit(lab, withNone);
      expect(await nics()).toEqual({ net0: ['front virtio up', 'front virtio up'] });
    },
    6 * WAIT,
  );

  test('what cannot be is refused, each with a sentence', async () => {
    const other = { ...second(), name: 'web/net2' };
    const third = { ...second(), name: 'web/net0', mac: '52:54:00:00:00:03' };
    expect({
      mac: await refused(second({ mac: FIRST })),
      twice: await refused(second(), other),
      bridge: await refused(second({ source: { type: 'bridge', bridge: 'br7' } })),
      noBridge: await refused(second({ source: { type: 'bridge', bridge: 'lo' } })),
      network: await refused(second({ source: { type: 'network', network: 'none' } })),
      portgroup: await refused(second({ source: { type: 'network', network: 'back', portgroup: 'blue' } })),
      guest: await refused(second({ name: 'db/net1' })),
      name: await refused(third),
    }).toMatchInlineSnapshot(`
      {
        "bridge": [
          "NIC net1 of guest web: There is no bridge br7 on this host.",
        ],
        "guest": [
          "NIC net1 of guest db: There is no guest db in libvirt on this host.",
        ],
        "mac": [
          "NIC net1 of guest web: MAC 52:54:00:00:00:01 is taken: NIC net0 of guest web has it.",
        ],
        "name": [
          "NIC net0 of guest web: Guest web has a NIC net0 already, with MAC 52:54:00:00:00:01.",
        ],
        "network": [
          "NIC net1 of guest web: libvirt of this host has no network none.",
        ],
        "noBridge": [
          "NIC net1 of guest web: lo is no bridge but a loopback: choose a bridge.",
        ],
        "portgroup": [
          "NIC net1 of guest web: Network back has no portgroup blue.",
        ],
        "twice": [
          "NIC net1 of guest web: MAC 52:54:00:00:00:02 is taken: NIC net2 of guest web has it.",
          "NIC net2 of guest web: MAC 52:54:00:00:00:02 is taken: NIC net1 of guest web has it.",
        ],
      }
    `);
  });

  test(
    'a guest that does not let go keeps its NIC, and is as before',
    async () => {
      await commit(lab, desired(second()));
      await domains.virsh('suspend', 'web');
      const before = await nics();
      const changeId = await begin(lab, withNone);
      await until(async () => (await stateOf(lab)).state === 'idle', 'it is taken back', 3 * WAIT);
      expect(await outcomeOf(lab, changeId)).toMatchObject({
        result: 'rolled-back',
        why: expect.stringContaining('Guest web does not let go of the NIC with MAC 52:54:00:00:00:02'),
      });
      expect(await nics()).toEqual(before);
    },
    6 * WAIT,
  );

  test(
    'a guest that is shut off is edited in its record, and starts with it',
    async () => {
      await domains.virsh('destroy', 'web');
      const moved = second({ source: { type: 'network', network: 'front' }, model: 'e1000' });
      const plan = await planOf(lab, desired(moved));
      expect(plan.notes).toContain(
        'Guest web does not run: NIC net1 of guest web is as planned when it is started.',
      );
      await commit(lab, desired(moved));
      expect(await nics()).toMatchObject({ net1: [null, 'front e1000 up'] });
      const slow = { inbound: { average: 1250, burst: 64 }, outbound: { average: 125, peak: 250 } };
      await commit(lab, desired({ ...moved, bandwidth: slow }));
      expect(await limits()).toEqual([undefined, slow]);
      await commit(lab, desired(moved));
      expect(await limits()).toEqual([undefined, undefined]);
      const { changeId } = await applied(lab, withNone);
      expect(Object.keys(await nics())).toEqual(['net0']);
      await lab.request('rollback', { changeId }, 120_000);
      expect(await nics()).toMatchObject({ net1: [null, 'front e1000 up'] });
      await domains.virsh('start', 'web');
      expect(await nics()).toMatchObject({ net1: ['front e1000 up', 'front e1000 up'] });
      expect(await titles(moved)).toEqual([]);
    },
    4 * WAIT,
  );

  test(
    'is put in, taken out, put in again and removed from the terminal',
    async () => {
      const nic = (...words: string[]) => m.patchbay('nic', ...words, '--lab', 'lab');
      const kept = async (...words: string[]) => {
        const ran = await nic(...words);
        expect(ran).toMatchObject({ code: 0, stderr: '' });
        expect(await m.patchbay('confirm', '--lab', 'lab')).toMatchObject({ code: 0 });
        return ran.stdout;
      };
      const said = await kept('add', 'web', '--network', 'front', '--mac', '52:54:00:aa');
      const mac = /52:54:00:aa:\w\w:\w\w/.exec(said)?.[0] ?? '';
      expect(await nics()).toMatchObject({ net2: ['front virtio up', 'front virtio up'] });
      await until(() => leaseOf(mac, 'front'), 'it has an address', WAIT);
      expect(await kept('out', 'web', 'net2')).toContain('detach-device web');
      expect(Object.keys(await nics())).toEqual(['net0', 'net1']);
      expect((await nic('limit', 'web', 'net2', '--inbound', '5,4')).stderr).toContain('below its average');
      expect((await nic('list', 'web')).stdout).toMatch(new RegExp(`^net2 +${mac} .* only kept$`, 'm'));
      expect(await kept('in', 'web', 'net2')).toContain('attach-device web');
      await kept('remove', 'web', 'net2');
      expect(Object.keys(await nics())).toEqual(['net0', 'net1']);
      expect(await nic('remove', 'web', 'net0')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Patchbay manages no NIC net0 of guest web'),
      });
    },
    6 * WAIT,
  );
});
