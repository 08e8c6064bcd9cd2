import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { GuestName, IpAddress, NetworkName } from '@/server/core/ids';
import { PortgroupName } from '@/server/core/kinds/port';
import { hasOvs } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { toTopology } from '@/server/core/topology-build';
import { run } from './exec';
import { labAgentPid, machineWithLab, prepareKernelTests, until } from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { applied } from './testing/story';

/* A virtual machine in a portgroup with a VLAN: it reaches that VLAN alone. */

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();
const machines = await whyNoMachines();
const why = machines.why ?? machines.noKernel ?? ((await hasOvs()) ? null : 'Open vSwitch is not installed');
if (why !== null) console.warn(`SKIPPED: no real guest was in a VLAN: ${why}`);

/** The host, and with it DHCP, is in VLAN 20. */
const NETWORK = Desired.parse({
  networks: [
    {
      ...{ kind: 'network', name: 'fabric', forward: { mode: 'none' }, footing: 'ovs' },
      bridge: { name: 'br-fabric', stp: false },
      subnets: [
        {
          ...{ address: '10.4.0.1', prefix: 24 },
          dhcp: { ranges: [{ start: '10.4.0.100', end: '10.4.0.200' }], hosts: [] },
        },
      ],
      vlan: { tags: [{ id: 20 }] },
      portgroups: [
        { name: 'blue', vlan: { tags: [{ id: 20 }] } },
        { name: 'green', vlan: { tags: [{ id: 30 }] } },
      ],
    },
  ],
});
const WAIT = 60_000 * patience;
const vm = GuestName.parse('vm');
const near = GuestName.parse('near');
const into = (name: GuestName, portgroup: string) => ({
  ...{ name, bridge: null, network: NetworkName.parse('fabric') },
  portgroup: PortgroupName.parse(portgroup),
});

describe.skipIf(why !== null)('a real guest in a portgroup with a VLAN', () => {
  const { m, lab } = machineWithLab();
  const addresses = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    const { nodes } = toTopology([{ observed: seen.value, rates: {}, pending: [] }]);
    return Object.values(nodes).find((n) => n.label === vm)?.nics?.[0]?.addresses ?? [];
  };
  const leased = async (): Promise<IpAddress> => {
    await until(async () => (await addresses()).some((a) => a.startsWith('10.4.0.')), 'its lease', WAIT);
    return IpAddress.parse((await addresses()).find((a) => a.startsWith('10.4.0.')));
  };
  const reaches = async (to: IpAddress) => {
    const sent = await lab.request('guest.ping', { from: near, to });
    return sent.ok && sent.value.received > 0;
  };

  /** With an address of its own: it is not for want of one that nobody answers. */
  const asksInVain = async (to: IpAddress) => {
    const pid = String(labAgentPid(m.state, 'lab'));
    const inLab = ['nsenter', '-t', pid, '--user', '--net', '--mount', '--preserve-credentials'];
    const add = ['ip', '-n', near, 'address', 'replace', '10.4.0.77/24', 'dev', 'eth0'];
    expect(await run([...inLab, ...add])).toMatchObject({ ok: true });
    const sent = await lab.request('guest.ping', { from: near, to });
    return sent.ok && sent.value.sent > 0 && sent.value.received === 0;
  };

  test(
    'it gets its lease in the VLAN of the host, and reaches nobody from another',
    async () => {
      const { changeId, nonce } = await applied(lab, NETWORK, WAIT / 1000);
      expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
      expect(await lab.request('guest.add', into(near, 'blue'))).toMatchObject({ ok: true });
      expect(await lab.request('guest.add', { ...into(vm, 'blue'), real: true }, WAIT)).toMatchObject({
        ok: true,
      });
      const address = await leased();
      await until(() => reaches(address), 'it answers in its VLAN', WAIT);

      expect(await lab.request('guest.plug', into(near, 'green'), WAIT)).toMatchObject({ ok: true });
      await until(() => asksInVain(address), 'it does not answer another VLAN', WAIT);
      expect(await lab.request('guest.plug', into(near, 'blue'), WAIT)).toMatchObject({ ok: true });
      await until(() => reaches(address), 'it answers again', WAIT);

      expect(await lab.request('guest.plug', into(vm, 'green'), WAIT)).toMatchObject({ ok: true });
      expect(await reaches(address)).toBe(false);
      expect(await lab.request('guest.plug', into(vm, 'blue'), WAIT)).toMatchObject({ ok: true });
      const again = await leased();
      await until(() => reaches(again), 'it answers in its VLAN again', WAIT);
    },
    300_000 * patience,
  );
});
