import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, apiOf, until } from './api';
import { type Application, lives, newState, postgresPid, removeState, startApplication } from './application';
import { expect, test } from './fixtures';
import {
  commit,
  draft,
  expectCommitted,
  labAgentPid,
  natNetwork,
  processesWith,
  statusOf,
  waitUntilApplied,
} from './lab-state';

/*
 * kill -9 of everything, in the middle of an apply. The lab holds one committed network, net1; a change that makes
 * three more is under way when the axe falls, at moments spread over the apply.
 */
const MOMENTS = [0, 40, 120, 400]; // ms after the agent has taken the change
const CHANGE = [natNetwork(2), natNetwork(3), natNetwork(4)];

let application: Application;
let api: Api;
let state: string;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  state = newState();
  application = await startApplication(state);
  api = (await apiOf(application)).client;
  await commit(api, state, [natNetwork(1)]);
  await expectCommitted(state, ['net1']);
});
test.afterAll(async () => {
  await application.stop();
  expect(processesWith(state), 'nothing is left over').toEqual([]);
  removeState(state);
});
test.setTimeout(240_000);

const kill = (pid: number | undefined) => {
  if (pid === undefined) throw new Error('no process to kill');
  process.kill(pid, 'SIGKILL');
};

/** Begins the change, and answers its id and when it was taken. */
async function begin(seconds: number): Promise<string> {
  const { id, planHash, steps } = await draft(api, CHANGE);
  expect(steps).toBeGreaterThan(5);
  await api.changes.run.mutate({ id, planHash, seconds });
  return id;
}

/** The records say how it ended, once web has heard it from the agent. */
const ended = (id: string) =>
  until(
    'the records say that it was rolled back',
    () => api.changes.get.query({ id }),
    (c) => c.state === 'rolled-back',
    60_000,
  );

const webAnswers = () =>
  until(
    'web answers',
    () => api.networks.list.query(),
    (r) => r.length > 0,
    60_000,
  );

for (const moment of MOMENTS) {
  test(`the lab's agent, ${moment} ms into an apply`, async () => {
    const id = await begin(60);
    await pause(moment);
    kill(labAgentPid(state));
    await expectCommitted(state, ['net1']);
    await ended(id);
  });

  test(`web, ${moment} ms into an apply`, async () => {
    const id = await begin(5);
    await pause(moment);
    kill(application.pids().web);
    // Nobody confirms: the agent takes it back by itself, whether web is there or not.
    await expectCommitted(state, ['net1']);
    await webAnswers();
    await ended(id);
  });

  test(`Postgres, ${moment} ms into an apply`, async () => {
    const id = await begin(5);
    await pause(moment);
    kill(postgresPid(state));
    await expectCommitted(state, ['net1']);
    await webAnswers();
    await ended(id);
  });

  test(`web, agents and Postgres, ${moment} ms into an apply`, async () => {
    const id = await begin(60);
    await pause(moment);
    const { web, agent } = application.pids();
    for (const pid of [web, agent, labAgentPid(state), postgresPid(state)]) kill(pid);
    await expectCommitted(state, ['net1']);
    await webAnswers();
    await ended(id);
  });

  test(`all of them and up itself, ${moment} ms into an apply, and up works again`, async () => {
    const id = await begin(60);
    await pause(moment);
    const { up, web, agent } = application.pids();
    const all = [up, web, agent, labAgentPid(state), postgresPid(state)];
    for (const pid of all) kill(pid);
    await until(
      'they are gone',
      async () => all.filter((pid) => pid && lives(pid)),
      (left) => left.length === 0,
    );
    application = await startApplication(state);
    api = (await apiOf(application)).client;
    await expectCommitted(state, ['net1']);
    await ended(id);
  });
}

test("the lab's agent, before it heard of the change: the records find out that it never began", async () => {
  const { id, planHash } = await draft(api, CHANGE);
  const agent = labAgentPid(state);
  process.kill(agent, 'SIGSTOP');
  const begun = api.changes.run.mutate({ id, planHash, seconds: 60 }).then(
    () => 'it began',
    (e: unknown) => String(e),
  );
  const record = () => api.changes.get.query({ id });
  await until('it is being sent', record, (c) => c.state === 'applying');
  await pause(500);
  kill(agent);
  expect(await begun).toContain('Whether the change has begun is not known');
  expect((await record()).state).toBe('applying');
  expect(await ended(id)).toMatchObject({ why: expect.stringMatching(/never began/) });
  await expectCommitted(state, ['net1']);
});

test('Postgres is killed and its port is taken: it comes back on another one, and web follows', async () => {
  const { web } = application.pids();
  const port = Number(readFileSync(path.join(state, 'postgres', 'port'), 'utf8'));
  const squatter = net.createServer();
  squatter.on('error', () => setTimeout(() => squatter.listen(port, '127.0.0.1'), 5));
  kill(postgresPid(state));
  squatter.listen(port, '127.0.0.1');
  await until(
    'web was started again',
    async () => application.pids().web,
    (pid) => pid !== web,
  );
  await webAnswers();
  expect(squatter.listening).toBe(true);
  expect(application.output()).toContain('Database: on another port');
  expect(Number(readFileSync(path.join(state, 'postgres', 'port'), 'utf8'))).not.toBe(port);
  await new Promise((resolve) => squatter.close(resolve));
});

test('only up is killed: the rest notices, and up works again', async () => {
  const id = await begin(60);
  await waitUntilApplied(state, id);
  const { up, web, agent } = application.pids();
  kill(up);
  await until(
    'web and agent ended',
    async () => [web, agent].filter((pid) => pid && lives(pid)),
    (left) => left.length === 0,
  );
  await until(
    'the lab ended',
    async () => processesWith('lab-init.sh', state),
    (left) => left.length === 0,
  );
  application = await startApplication(state);
  expect(application.output()).toContain('adopted');
  api = (await apiOf(application)).client;
  await expectCommitted(state, ['net1']);
  await ended(id);
});

test('a change that was kept survives all of it', async () => {
  await commit(api, state, [natNetwork(5)]);
  const { up, web, agent } = application.pids();
  for (const pid of [up, web, agent, labAgentPid(state), postgresPid(state)]) kill(pid);
  application = await startApplication(state);
  api = (await apiOf(application)).client;
  await expectCommitted(state, ['net1', 'net5']);
  const { committed } = await statusOf(state);
  const records = await until(
    'web knows it',
    () => api.networks.list.query(),
    (all) => all.some((r) => r.version === committed.version && r.networks.length === 2),
  );
  expect(records.length).toBeGreaterThan(1);
});
