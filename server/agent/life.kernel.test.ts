import { describe, expect, test } from 'vitest';
import { MacAddress } from '@/server/core/ids';
import type { AgentEvent } from '@/server/core/protocol';
import { patience } from '@/server/core/testing/patience';
import { machineWithLab, prepareKernelTests, until } from './testing/machine';
import {
  applied,
  begin,
  commit,
  NAT,
  outcomeOf,
  planOf,
  shape,
  stateOf,
  TWO,
  versionOf,
} from './testing/story';

await prepareKernelTests();

describe('the whole life of a change in a lab', () => {
  const { m, lab } = machineWithLab();

  test('the first start makes a lab, which is a host that may be changed', async () => {
    // The lab answers a moment before the machine's agent has noticed.
    const running = { ok: true, value: [{ name: 'lab', state: { is: 'running' } }] };
    await expect
      .poll(() => m.machine.request('lab.list', {}), { timeout: 5000 * patience })
      .toMatchObject(running);
    const hello = await lab.request('hello', {});
    expect(hello).toMatchObject({
      value: { agent: { host: 'lab:lab', role: 'lab', writable: { yes: true } } },
    });
  });

  test("the machine's own network is not changed by an ordinary user, and the reason is given", async () => {
    const plan = await m.machine.request('plan', { desired: NAT, baseVersion: 0 });
    const planHash = plan.ok ? plan.value.hash : 'none';
    const refused = await m.machine.request('apply', {
      changeId: 'x',
      summary: '',
      desired: NAT,
      baseVersion: 0,
      planHash,
      seconds: 5,
    });
    expect(refused).toMatchObject({ ok: false, error: { code: 'READ_ONLY' } });
    expect(await m.machine.request('guest.add', { name: 'web', bridge: null })).toMatchObject({ ok: false });
  });

  test('what is not confirmed in time goes back by itself', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, NAT, 5 * patience);
    expect((await shape(lab)).links.map((l) => l.name)).toContain('virbr1');
    await until(async () => (await stateOf(lab)).state === 'idle', 'it was taken back', 15_000);
    expect(await outcomeOf(lab, changeId)).toMatchObject({ result: 'rolled-back' });
    expect(await shape(lab)).toEqual(before);
  });

  test('a stale plan, and a second change meanwhile, are refused', async () => {
    const plan = await planOf(lab, NAT);
    const input = {
      changeId: 'stale',
      summary: '',
      desired: NAT,
      baseVersion: 0,
      planHash: plan.hash,
      seconds: 5,
    };
    expect(await lab.request('apply', { ...input, planHash: '0'.repeat(64) })).toMatchObject({
      ok: false,
      error: { code: 'STALE' },
    });
    expect(await lab.request('apply', { ...input, baseVersion: 7 })).toMatchObject({
      ok: false,
      error: { code: 'STALE' },
    });
    const { changeId, nonce } = await applied(lab, NAT);
    expect(await lab.request('apply', input)).toMatchObject({ ok: false, error: { code: 'BUSY' } });
    expect(await lab.request('confirm', { changeId, nonce: 'guessed' })).toMatchObject({
      error: { code: 'WRONG_NONCE' },
    });
    expect(await lab.request('confirm', { changeId: 'another', nonce })).toMatchObject({ ok: false });
    expect(await lab.request('rollback', { changeId })).toMatchObject({
      ok: true,
      value: { result: 'rolled-back' },
    });
  });

  test('a NAT network is defined and confirmed; guests get leases, see each other and the outside', async () => {
    const events: AgentEvent[] = [];
    const watch = lab.watch(
      { rates: false },
      { onSnapshot: () => {}, onEvent: (e) => events.push(e), onDown: () => {} },
    );
    const { changeId, nonce } = await applied(lab, NAT);
    for (const name of ['web', 'db']) {
      const added = await lab.request('guest.add', { name, bridge: 'virbr1' });
      expect(added).toMatchObject({ ok: true });
    }
    const leases = async () => {
      const o = await lab.request('observe', {});
      return o.ok && o.value.leases.known
        ? Object.values(o.value.leases.value)
            .map((l) => l.hostname)
            .sort()
        : [];
    };
    await until(async () => (await leases()).length === 2, 'both guests have leases');
    expect(await leases()).toEqual(['db', 'web']);
    for (const [from, to] of [
      ['web', 'db'],
      ['db', 'web'],
      ['web', 'outside'],
      ['db', '198.51.100.1'],
    ] as const) {
      await until(async () => {
        const ping = await lab.request('guest.ping', { from, to });
        return ping.ok && ping.value.received === 3;
      }, `${from} reaches ${to}`);
    }
    // From the outside there is no way in: that is NAT.
    const o = await lab.request('observe', {});
    const web = o.ok && o.value.leases.known ? Object.values(o.value.leases.value)[0]?.address : undefined;
    const back = await lab.request('guest.ping', { from: 'outside', to: web ?? '' });
    expect(back).toMatchObject({ ok: true, value: { received: 0 } });

    expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({
      ok: true,
      value: { version: 1, changeId },
    });
    expect(await versionOf(lab)).toBe(1);
    expect((await planOf(lab, NAT)).steps).toEqual([]);
    const seen = new Set(events.flatMap((e) => (e.event === 'transaction' ? [e.transaction.state] : [])));
    expect([...seen]).toEqual(expect.arrayContaining(['applying', 'awaiting', 'idle']));
    expect(events.some((e) => e.event === 'observed')).toBe(true);
    expect(events.some((e) => e.event === 'outcome' && e.outcome.result === 'committed')).toBe(true);
    watch.stop();
  });

  test('a rollback by hand while steps are running stops there and goes back', async () => {
    const before = await shape(lab);
    const changeId = await begin(lab, TWO);
    expect(await lab.request('rollback', { changeId })).toMatchObject({
      ok: true,
      value: { result: 'rolled-back' },
    });
    expect(await shape(lab)).toEqual(before);
  });

  test('a guest is plugged out and in again, and removed', async () => {
    expect(await lab.request('guest.plug', { name: 'db', bridge: null })).toMatchObject({ ok: true });
    expect(await lab.request('guest.ping', { from: 'web', to: 'db' })).toMatchObject({
      ok: false,
      error: { code: 'NO_ADDRESS' },
    });
    expect(await lab.request('guest.plug', { name: 'db', bridge: 'virbr1' })).toMatchObject({ ok: true });
    await until(
      async () => (await lab.request('guest.ping', { from: 'web', to: 'db' })).ok,
      'db has an address',
    );
    expect(await lab.request('guest.plug', { name: 'db', bridge: 'nosuch' })).toMatchObject({ ok: false });
    expect(await lab.request('guest.add', { name: 'db', bridge: null })).toMatchObject({ ok: false });
    expect(await lab.request('guest.add', { name: 'outside', bridge: null })).toMatchObject({ ok: false });
    // Without records, too, a MAC address that something on this host has is given to nobody.
    const now = await lab.request('observe', {});
    const links = now.ok && now.value.links.known ? now.value.links.value : {};
    const mac = MacAddress.parse(links.virbr1?.mac);
    expect(await lab.request('guest.add', { name: 'twin', bridge: null, mac })).toMatchObject({
      ok: false,
      error: { code: 'MAC_TAKEN', message: expect.stringMatching(/is in use: \S+ in lab \S+ has it\.$/) },
    });
    expect(await lab.request('guest.remove', { name: 'db' })).toMatchObject({ ok: true });
    expect((await shape(lab)).links.some((l) => l.name === 'vnet1')).toBe(false);
  });

  test('stopped and started again, the lab has its network and its guest', async () => {
    await m.kill('SIGTERM');
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab answers again');
    expect((await planOf(lab, NAT)).steps).toEqual([]);
    await until(async () => {
      const ping = await lab.request('guest.ping', { from: 'web', to: 'outside' });
      return ping.ok && ping.value.received === 3;
    }, 'the guest reaches the outside again');
  });

  test('a reset lab is empty', async () => {
    expect(await m.machine.request('lab.reset', { name: 'lab' }, 60_000)).toMatchObject({ ok: true });
    expect(await versionOf(lab)).toBe(0);
    expect((await shape(lab)).links.map((l) => l.name).sort()).toEqual(['lo', 'uplink0']);
    await commit(lab, TWO);
  });
});
