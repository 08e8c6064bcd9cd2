import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { GuestName, NetworkName } from '@/server/core/ids';
import { kernelLacks } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { toTopology } from '@/server/core/topology-build';
import { machineWithLab, prepareKernelTests, until } from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { applied } from './testing/story';

/* A virtual machine of a lab in a network that gives out devices of a pool. */

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();
const { why, noKernel } = await whyNoMachines();
const none = why ?? noKernel;
if (none !== null) console.warn(`SKIPPED: no lab had a real guest on a device of a pool: ${none}`);
const lacks = none !== null || (await kernelLacks('macvtap', 'link v0 type macvtap'));
const denied = process.getuid?.() !== 0;
if (denied && !lacks)
  console.warn('SKIPPED: no lab had a real guest on a device of a pool: its node belongs to root');

const DESIRED = Desired.parse({
  networks: [
    {
      ...{ kind: 'network', name: 'red', forward: { mode: 'nat' }, bridge: { name: 'virbr1', stp: false } },
      subnets: [
        {
          ...{ address: '10.1.0.1', prefix: 24 },
          dhcp: { ranges: [{ start: '10.1.0.100', end: '10.1.0.200' }], hosts: [] },
        },
      ],
    },
    { kind: 'network', name: 'pool', forward: { mode: 'passthrough', interfaces: ['uplink0'] }, subnets: [] },
  ],
});
const WAIT = 60_000 * patience;
const name = GuestName.parse('vm');
const into = (network: string) => ({ name, bridge: null, network: NetworkName.parse(network) });

describe.skipIf(lacks)('a real guest in a network of devices', () => {
  const { lab } = machineWithLab();
  const observe = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    return seen.value;
  };
  const guest = async () => {
    const { nodes } = toTopology([{ observed: await observe(), rates: {}, pending: [] }]);
    return Object.values(nodes).find((n) => n.label === name);
  };
  const macvtaps = async () => {
    const { links } = await observe();
    return Object.values(links.known ? links.value : {}).flatMap((l) =>
      l.kind === 'macvtap' ? [{ name: l.name, mode: l.macvlanMode, on: l.lower?.name, up: l.up }] : [],
    );
  };
  const leased = () =>
    until(
      async () => (await guest())?.nics?.[0]?.addresses.some((a) => a.startsWith('10.1.0.')) === true,
      'a lease of red',
      WAIT,
    );

  test(
    'it moves between a bridge and a device, whose macvtap is gone when it leaves',
    async () => {
      const { changeId, nonce } = await applied(lab, DESIRED, WAIT / 1000);
      expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
      expect(await lab.request('guest.add', { ...into('red'), real: true }, WAIT)).toMatchObject({
        ok: true,
      });
      await leased();
      const moved = await lab.request('guest.plug', into('pool'), WAIT);
      if (denied) {
        expect(moved).toMatchObject({ ok: false, error: { code: 'TAP_DENIED' } });
        expect(await macvtaps()).toEqual([]);
        await leased();
        return;
      }
      expect(moved).toMatchObject({ ok: true });
      expect(await macvtaps()).toEqual([{ name: 'vnet0', mode: 'passthru', on: 'uplink0', up: true }]);
      expect(await guest()).toMatchObject({
        state: 'up',
        plugged: { network: 'pool', portgroup: null },
        nics: [{ tap: 'vnet0', bridge: null, cable: 'in' }],
      });
      expect((await guest())?.badges).not.toContain('MAC conflict');
      const other = { ...into('pool'), name: GuestName.parse('other') };
      expect(await lab.request('guest.add', other)).toMatchObject({
        error: { message: 'All devices of network pool are taken: uplink0 by vm.' },
      });
      expect(await lab.request('guest.plug', into('red'), WAIT)).toMatchObject({ ok: true });
      await leased();
      expect(await macvtaps()).toEqual([]);

      expect(await lab.request('guest.nic.add', into('pool'), WAIT)).toMatchObject({ ok: true });
      expect(await macvtaps()).toHaveLength(1);
      expect(await lab.request('guest.remove', { name }, WAIT)).toMatchObject({ ok: true });
      expect(await macvtaps()).toEqual([]);
    },
    300_000 * patience,
  );
});
