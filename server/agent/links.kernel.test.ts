import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { patience } from '@/server/core/testing/patience';
import { run } from './exec';
import { OUTSIDE } from './lab-inside';
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
import { applied, begin, commit, NAT, outcomeOf, planOf, shape, stateOf } from './testing/story';

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();

/** The lab's uplink, with all that it has, becomes a port of a bridge; the network stays as it is. */
const BRIDGED: Desired = Desired.parse({
  networks: NAT.networks,
  links: [
    {
      ...{ kind: 'bridge', name: 'br0', uplinks: ['uplink0'], stp: false },
      addresses: [
        { address: '203.0.113.2', prefix: 24 },
        { address: '2001:db8:113::2', prefix: 64 },
      ],
      routes: [{ gateway: '203.0.113.1' }, { gateway: '2001:db8:113::1' }],
    },
  ],
});

describe("the address of a lab's uplink moves to a bridge", () => {
  const { m, lab } = machineWithLab();
  const agentPid = () => labAgentPid(m.state, 'lab');

  /** How many of the pings from outside, 100 a second on a machine of usual speed, were lost while something was done. */
  async function lostWhile(work: () => Promise<unknown>): Promise<number> {
    const enter = [
      'nsenter',
      '-t',
      String(agentPid()),
      '--user',
      '--net',
      '--mount',
      '--preserve-credentials',
    ];
    const ping = ['ping', '-n', '-q', '-i', `${0.01 * patience}`, '-W', '1', '-c', '500', '203.0.113.2'];
    const pinged = run([...enter, 'ip', 'netns', 'exec', OUTSIDE, ...ping], { timeout: 60_000 * patience });
    await work();
    const ran = await pinged;
    const text = ran.ok ? ran.value.stdout : (ran.error.detail ?? '');
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? [];
    if (sent !== '500') throw new Error(`no ping: ${ran.ok ? text : ran.error.message}`);
    return Number(sent) - Number(received);
  }

  async function whereabouts() {
    const { links, routes } = await shape(lab);
    return {
      address: links.flatMap((l) => (l.addresses.includes('203.0.113.2/24') ? [l.name] : [])),
      ways: routes.filter((r) => /^[46] main default /.test(r)).map((r) => r.split(' ').slice(4).join(' ')),
    };
  }
  const at = (device: string) => ({
    address: [device],
    ways: [`${device} 203.0.113.1`, `${device} 2001:db8:113::1`],
  });

  test('and back: who pings from outside misses a packet or two, guests go on, nothing is left to plan', async () => {
    await commit(lab, NAT);
    expect(await lab.request('guest.add', { name: 'web', bridge: 'virbr1' })).toMatchObject({ ok: true });
    const outside = () => lab.request('guest.ping', { from: 'web', to: '198.51.100.1' });
    await until(async () => {
      const pinged = await outside();
      return pinged.ok && pinged.value.received > 0;
    }, 'the guest reaches the outside');
    const before = await shape(lab);

    let open = { changeId: '', nonce: '' };
    expect(
      await lostWhile(async () => {
        open = await applied(lab, BRIDGED);
      }),
    ).toBeLessThanOrEqual(2);
    expect(await whereabouts()).toEqual(at('br0'));
    expect(await outside()).toMatchObject({ ok: true, value: { received: expect.any(Number) } });
    const pinged = await outside();
    expect(pinged.ok && pinged.value.received).toBeGreaterThan(0);

    expect(await lostWhile(() => lab.request('rollback', { changeId: open.changeId }))).toBeLessThanOrEqual(
      2,
    );
    expect(await shape(lab)).toEqual(before);

    expect(await lostWhile(() => commit(lab, BRIDGED))).toBeLessThanOrEqual(2);
    expect((await planOf(lab, BRIDGED)).steps).toEqual([]);
    expect(await lostWhile(() => commit(lab, NAT))).toBeLessThanOrEqual(2);
    expect(await shape(lab)).toEqual(before);
    const again = await outside();
    expect(again.ok && again.value.received).toBeGreaterThan(0);
  });

  test('an agent that is killed in the middle puts it back', async () => {
    const before = await shape(lab);
    const changeId = await begin(lab, BRIDGED);
    signal(agentPid(), 'SIGKILL');
    await until(async () => (await lab.request('hello', {})).ok, 'the agent is back');
    await until(async () => (await outcomeOf(lab, changeId)) !== undefined, 'the change is over');
    expect(await outcomeOf(lab, changeId)).toMatchObject({ result: 'rolled-back' });
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    expect(await shape(lab)).toEqual(before);
  });

  test('what was committed is made again when the whole lab starts anew', async () => {
    await commit(lab, BRIDGED);
    const pid = agentPid();
    const init = processesIn(pidNamespace(pid)).find((p) => /lab-init\.sh/.test(commandOf(p)));
    signal(init, 'SIGKILL');
    await until(async () => agentPid() !== pid && (await lab.request('hello', {})).ok, 'the lab is back');
    expect(await whereabouts()).toEqual(at('br0'));
    expect((await planOf(lab, BRIDGED)).steps).toEqual([]);
  });
});
