import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { patience } from '@/server/core/testing/patience';
import { run } from './exec';
import {
  commandOf,
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesIn,
  processesWith,
  signal,
  until,
} from './testing/machine';
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

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();

describe('whatever dies, the lab is at its last committed state afterwards', () => {
  const { m, lab } = machineWithLab();
  const agentPid = () => labAgentPid(m.state, 'lab');
  /** Its init starts it again. */
  const killAgent = () => signal(agentPid(), 'SIGKILL');
  beforeAll(() => commit(lab, NAT));

  const takenBack = async (changeId: string) => {
    await until(
      async () => (await outcomeOf(lab, changeId))?.result === 'rolled-back',
      'it was taken back',
      30_000,
    );
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    expect(await versionOf(lab)).toBe(1);
    expect((await planOf(lab, NAT)).steps).toEqual([]);
  };

  for (const step of [1, 3, 5])
    test(`the agent is killed while step ${step} runs`, async () => {
      const before = await shape(lab);
      const reached = new Promise<void>((resolve) => {
        const watch = lab.watch(
          { rates: false },
          {
            onSnapshot: () => {},
            onDown: () => {},
            onEvent: (e) => {
              if (
                e.event !== 'transaction' ||
                e.transaction.state !== 'applying' ||
                e.transaction.step < step
              )
                return;
              killAgent();
              watch.stop();
              resolve();
            },
          },
        );
      });
      await pause(300 * patience); // the watch is on
      const changeId = await begin(lab, TWO);
      await reached;
      await takenBack(changeId);
      expect(await shape(lab)).toEqual(before);
    });

  test('taken back in the same moment as it begins: it is called off before anything is undone', async () => {
    const before = await shape(lab);
    const heard: string[] = [];
    const watch = lab.watch(
      { rates: false },
      {
        onSnapshot: () => {},
        onDown: () => {},
        onEvent: (e) => {
          const word = e.event === 'transaction' ? e.transaction.state : e.event;
          if (e.event !== 'observed' && e.event !== 'rates' && word !== heard.at(-1)) heard.push(word);
        },
      },
    );
    await pause(300 * patience); // the watch is on
    // Steps that succeed whatever was undone before them.
    const walled = {
      ...NAT,
      networks: NAT.networks.map((n) => ({ ...n, forward: { mode: 'none' as const } })),
    };
    const plan = await planOf(lab, walled);
    const changeId = 'same-moment';
    const input = {
      changeId,
      summary: '',
      desired: walled,
      baseVersion: 1,
      planHash: plan.hash,
      seconds: 30,
    };
    const [begun, undone] = await Promise.all([
      lab.request('apply', input),
      lab.request('rollback', { changeId }),
    ]);
    expect(begun).toMatchObject({ ok: true });
    expect(undone).toMatchObject({ ok: true, value: { result: 'rolled-back' } });
    await pause(5000 * patience); // steps that were not stopped would have run, and been checked, by now
    watch.stop();
    expect(heard).toEqual(['applying', 'rolling-back', 'idle', 'outcome']);
    expect(await shape(lab)).toEqual(before);
  });

  test('a guest that is plugged in while a change begins keeps its bridge', async () => {
    const inLab = (...argv: string[]) =>
      run(['nsenter', '-t', String(agentPid()), '--user', '--net', '--preserve-credentials', ...argv]);
    await inLab('ip', 'link', 'add', 'late0', 'type', 'veth', 'peer', 'name', 'late1');
    const input = {
      changeId: 'late',
      summary: '',
      desired: { networks: [], links: [] },
      baseVersion: 1,
      seconds: 30,
    };
    const { hash } = await planOf(lab, input.desired);
    const begun = lab.request('apply', { ...input, planHash: hash });
    await until(
      async () => processesWith(`watchdog --home ${m.state}/labs/lab `).length > 0,
      'the watchdog is being started',
    );
    await inLab('ip', 'link', 'set', 'dev', 'late0', 'master', 'virbr1');
    expect(await begun).toMatchObject({ ok: false, error: { code: 'PORTS_IN_USE' } });
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    const plugged = await inLab('ip', 'link', 'show', 'dev', 'late0');
    expect(plugged).toMatchObject({ value: { stdout: expect.stringContaining('master virbr1') } });
    await inLab('ip', 'link', 'del', 'dev', 'late0');
  });

  test('the agent is killed while the change waits to be confirmed', async () => {
    const before = await shape(lab);
    const { changeId, nonce } = await applied(lab, TWO);
    killAgent();
    await takenBack(changeId);
    expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: false });
    expect(await shape(lab)).toEqual(before);
  });

  test('the agent is told to end while the change waits: it takes it back first', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, TWO);
    const pid = agentPid();
    signal(pid, 'SIGTERM');
    await until(
      async () => agentPid() !== pid && (await lab.request('hello', {})).ok,
      'the next agent answers',
    );
    expect(await outcomeOf(lab, changeId)).toMatchObject({
      result: 'rolled-back',
      why: 'The agent was stopped before the change was confirmed.',
    });
    expect(await shape(lab)).toEqual(before);
  });

  test('the agent is killed and does not come back: the watchdog takes the change back', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, TWO);
    const watchdogs = () => processesWith(`watchdog --home ${m.state}/labs/lab `);
    expect(watchdogs().length).toBe(1);
    const init = processesIn(pidNamespace(agentPid())).find((pid) => /lab-init\.sh/.test(commandOf(pid)));
    expect(init).toBeDefined();
    // The init cannot start the agent again while it is stopped.
    signal(init, 'SIGSTOP');
    try {
      killAgent();
      await until(async () => watchdogs().length === 0, 'the watchdog is done', 30_000);
    } finally {
      signal(init, 'SIGCONT');
    }
    await until(async () => (await lab.request('hello', {})).ok, 'the agent is back');
    expect(await outcomeOf(lab, changeId)).toMatchObject({
      result: 'rolled-back',
      why: expect.stringMatching(/agent ended/),
    });
    expect(await shape(lab)).toEqual(before);
    expect(await versionOf(lab)).toBe(1);
  });

  test('the agent hangs beyond the deadline: the watchdog takes the change back', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, TWO, 5);
    signal(agentPid(), 'SIGSTOP');
    await until(
      async () => processesWith(`watchdog --home ${m.state}/labs/lab `).length === 0,
      'the watchdog is done',
      40_000,
    );
    await until(async () => (await lab.request('hello', {})).ok, 'the agent is back', 30_000);
    expect(await outcomeOf(lab, changeId)).toMatchObject({ result: 'rolled-back' });
    expect(await shape(lab)).toEqual(before);
  });

  test('a change that was confirmed stays, although the agent is killed right after', async () => {
    await commit(lab, TWO);
    killAgent();
    await pause(200);
    await until(async () => (await lab.request('hello', {})).ok, 'the agent is back');
    expect(await versionOf(lab)).toBe(2);
    expect((await planOf(lab, TWO)).steps).toEqual([]);
  });

  test('the machine agent is killed: no process of the lab is left; the next one finds the lab as committed', async () => {
    await applied(lab, NAT);
    const namespace = pidNamespace(agentPid());
    expect(processesIn(namespace).length).toBeGreaterThan(3);
    await m.kill('SIGKILL');
    await until(async () => processesIn(namespace).length === 0, 'the lab ended', 5000);
    await until(async () => processesWith(m.state).length === 0, 'nothing of it is left', 5000);
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab is back');
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    expect(await versionOf(lab)).toBe(2);
    expect((await planOf(lab, TWO)).steps).toEqual([]);
  });

  test('a lab that is removed leaves no process and no file', async () => {
    expect(await m.machine.request('lab.create', { name: 'other' })).toMatchObject({ ok: true });
    expect(await m.machine.request('lab.create', { name: 'other' })).toMatchObject({ ok: false });
    const other = m.lab('other');
    expect(await other.request('guest.add', { name: 'web', bridge: null })).toMatchObject({ ok: true });
    const namespace = pidNamespace(labAgentPid(m.state, 'other'));
    expect(await m.machine.request('lab.remove', { name: 'other' })).toMatchObject({ ok: true });
    expect(processesIn(namespace)).toEqual([]);
    expect(processesWith(`${m.state}/labs/other`)).toEqual([]);
    expect(await m.machine.request('lab.list', {})).toMatchObject({ value: [{ name: 'lab' }] });
  });

  test('a lab whose init is killed comes back by itself', async () => {
    const pid = agentPid();
    const init = processesIn(pidNamespace(pid)).find((p) => /lab-init\.sh/.test(commandOf(p)));
    signal(init, 'SIGKILL');
    await until(async () => agentPid() !== pid && (await lab.request('hello', {})).ok, 'the lab is back');
    expect((await planOf(lab, TWO)).steps).toEqual([]);
  });

  test('what cannot be put back is told, with the commands; once it can, it is taken back', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, { networks: [], links: [] });
    // Somebody takes the bridge's name while it is away.
    const inLab = (...argv: string[]) =>
      run(['nsenter', '-t', String(agentPid()), '--user', '--net', '--preserve-credentials', ...argv]);
    expect(await inLab('ip', 'link', 'add', 'virbr1', 'type', 'veth', 'peer', 'name', 'other')).toMatchObject(
      { ok: true },
    );
    const outcome = await lab.request('rollback', { changeId });
    expect(outcome).toMatchObject({ ok: true, value: { result: 'stuck' } });
    expect(await stateOf(lab)).toMatchObject({
      state: 'stuck',
      leftOver: [{ what: expect.stringContaining('virbr1'), command: expect.any(String) }],
    });
    expect(await lab.request('apply', { ...(await emptyApply()), changeId: 'another' })).toMatchObject({
      error: { code: 'BUSY' },
    });
    killAgent();
    await pause(200);
    await until(async () => (await lab.request('hello', {})).ok, 'the agent is back');
    expect(await stateOf(lab)).toMatchObject({ state: 'stuck' });
    expect(await inLab('ip', 'link', 'del', 'other')).toMatchObject({ ok: true });
    expect(await lab.request('rollback', { changeId })).toMatchObject({ value: { result: 'rolled-back' } });
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    expect(await shape(lab)).toEqual(before);
  });

  const emptyApply = async () => ({
    summary: '',
    desired: TWO,
    baseVersion: await versionOf(lab),
    planHash: '',
    seconds: 10,
  });

  test('a second agent does not take over', async () => {
    const second = await m.runAgentToItsEnd();
    expect(second).toMatchObject({
      ok: false,
      error: { detail: expect.stringMatching(/Another agent already answers/) },
    });
    expect(await m.machine.request('hello', {})).toMatchObject({ ok: true });
  });
});
