import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { items } from '@/server/core/observed';
import { hasOvs } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { machineWithLab, prepareKernelTests, until } from './testing/machine';
import { applied, outcomeOf, planOf } from './testing/story';

await prepareKernelTests();
const installed = await hasOvs();
if (!installed) console.warn('SKIPPED: no lab ran Open vSwitch, it is not installed');

const ON_OVS = Desired.parse({
  networks: [
    {
      ...{ kind: 'network', name: 'fabric', footing: 'ovs', forward: { mode: 'nat' } },
      bridge: { name: 'ovsbr0', stp: false },
      subnets: [
        {
          ...{ address: '10.9.0.1', prefix: 24 },
          dhcp: { ranges: [{ start: '10.9.0.100', end: '10.9.0.200' }], hosts: [] },
        },
      ],
      bandwidth: { inbound: { average: 125_000 } },
      portgroups: [
        {
          ...{ name: 'red', vlan: { tags: [{ id: 10 }] } },
          bandwidth: { inbound: { average: 1250 }, outbound: { average: 1250 } },
        },
      ],
    },
  ],
});

describe.skipIf(!installed)('Open vSwitch in a lab', () => {
  const { m, lab } = machineWithLab();
  const ping = async (from: string, to: string) => {
    const sent = await lab.request('guest.ping', { from, to });
    // Without an address it says so.
    return sent.ok && sent.value.received > 0;
  };
  const bridges = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok || !seen.value.ovsBridges.known) throw new Error('Open vSwitch cannot be read');
    // Whatever comes and goes, nothing is left of what limited it.
    expect(items(seen.value.ovsLeftovers)).toEqual([]);
    return seen.value.ovsBridges.value;
  };
  /** Ports that are limited. */
  const limited = async () =>
    ((await bridges()).ovsbr0?.ports ?? []).flatMap((p) => (p.qos === null ? [] : [p.name]));

  test('runs when it is needed; its networks have guests, are put right and come back with the lab', async () => {
    expect(await bridges()).toEqual({});
    const { changeId, nonce } = await applied(lab, ON_OVS, 60 * patience);
    expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
    expect(await outcomeOf(lab, changeId)).toMatchObject({ result: 'committed' });
    for (const [name, portgroup] of [['web'], ['db', 'red']] as const) {
      const where = { bridge: null, network: 'fabric', ...(portgroup ? { portgroup } : {}) };
      expect(await lab.request('guest.add', { name, ...where })).toMatchObject({ ok: true });
    }
    const tags = async () =>
      Object.fromEntries((await bridges()).ovsbr0?.ports.map((p) => [p.name, p.tag]) ?? []);
    expect(await tags()).toEqual({ ovsbr0: null, vnet0: 0, vnet1: 10 });
    await until(() => ping('web', '198.51.100.1'), 'web is outside', 20_000 * patience);
    expect(await ping('db', '10.9.0.1')).toBe(false);
    expect(await limited()).toEqual(['ovsbr0', 'vnet1']);
    expect((await planOf(lab, ON_OVS)).steps).toEqual([]);

    expect(await lab.request('guest.plug', { name: 'db', bridge: null, network: 'fabric' })).toMatchObject({
      ok: true,
    });
    expect(await tags()).toEqual({ ovsbr0: null, vnet0: 0, vnet1: 0 });
    expect(await limited()).toEqual(['ovsbr0']);
    await until(() => ping('web', 'db'), 'they talk', 20_000 * patience);

    await m.kill('SIGTERM');
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab is back', 20_000 * patience);
    await until(async () => (await tags()).vnet1 === 0, 'its guests are plugged in', 20_000 * patience);
    await until(() => ping('web', 'db'), 'they talk again', 20_000 * patience);
    expect((await planOf(lab, ON_OVS)).steps).toEqual([]);
    for (const name of ['web', 'db']) await lab.request('guest.remove', { name });
    expect(await tags()).toEqual({ ovsbr0: null });
  });
});
