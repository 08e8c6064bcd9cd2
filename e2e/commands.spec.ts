import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Observed } from '@/server/core/observed';
import { LAB } from './api';
import { newState, removeState, startApplication } from './application';
import { expect, test } from './fixtures';
import { freshLab, natNetwork } from './lab-state';

const checkout = path.resolve(import.meta.dirname, '..');
const command = path.join(checkout, 'server', 'cli', 'bootstrap.mjs');

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs the command to its end; `state` is its state folder. */
function patchbay(state: string, ...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, PATCHBAY_STATE: state };
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: checkout, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

const VERBS = [
  ['up'],
  ['agent'],
  ['lab'],
  ['lab', 'create'],
  ['lab', 'list'],
  ['lab', 'reset'],
  ['lab', 'remove'],
  ['observe'],
  ['adopt'],
  ['status'],
  ['confirm'],
  ['rollback'],
  ['login'],
  ['password'],
  ['plan'],
  ['apply'],
  ['adopt'],
  ['render'],
  ['import'],
  ['export'],
  ['export-links'],
  ['guest'],
  ['guest', 'add'],
  ['guest', 'plug'],
  ['guest', 'remove'],
  ['guest', 'ping'],
  ['nic'],
  ['nic', 'list'],
  ['nic', 'add'],
  ['nic', 'move'],
  ['nic', 'cable'],
  ['nic', 'remove'],
  ['check'],
];

test('every verb has its help', async () => {
  for (const verb of VERBS) {
    const said = await patchbay('/nonexistent', ...verb, '--help');
    expect(said.code, verb.join(' ')).toBe(0);
    expect(said.stdout, verb.join(' ')).toContain(`patchbay ${verb.join(' ')}`);
  }
});

test('wrong usage ends with 2 and a sentence', async () => {
  const wrong = [
    ['nonsense'],
    ['lab'],
    ['lab', 'create'],
    ['up', '--port', 'many'],
    ['observe', '--nonsense'],
  ];
  for (const args of wrong) {
    const said = await patchbay('/nonexistent', ...args);
    expect(said.code, args.join(' ')).toBe(2);
    expect(said.stderr.trim(), args.join(' ')).not.toBe('');
    expect(said.stderr, args.join(' ')).not.toMatch(/\n\s+at /);
    expect(said.stdout, args.join(' ')).toBe('');
  }
});

test('what is refused ends with 1 and one sentence', async ({ application }) => {
  const { state } = application;
  const refused: readonly (readonly [args: string[], says: RegExp])[] = [
    [['up'], /another Patchbay runs already at http:\S+ \(process \d+\)/i],
    [['lab', 'create', 'lab'], /already/],
    [['lab', 'remove', 'no-such-lab'], /no lab no-such-lab/i],
    [['adopt', 'no-such-link', '--lab', 'lab'], /no interface no-such-link/],
    [['confirm'], /./],
    [['rollback'], /./],
  ];
  for (const [args, says] of refused) {
    const said = await patchbay(state, ...args);
    expect(said.code, args.join(' ')).toBe(1);
    expect(said.stderr, args.join(' ')).toMatch(says);
    expect(said.stderr.trim().split('\n').length, said.stderr).toBe(1);
  }
});

test('a verb without an agent says what to start', async () => {
  const state = newState();
  for (const args of [['status'], ['lab', 'list'], ['login']]) {
    const said = await patchbay(state, ...args);
    expect(said.code, args.join(' ')).toBe(1);
    expect(said.stderr + said.stdout, args.join(' ')).toContain('npm run up');
  }
  removeState(state);
});

test('observe prints facts, and nothing but facts, without anything running', async () => {
  const state = newState();
  const said = await patchbay(state, 'observe', '--json');
  expect(said.code, said.stderr).toBe(0);
  const observed = Observed.parse(JSON.parse(said.stdout));
  expect(observed.links.known && observed.links.value.lo?.kind).toBe('loopback');
  removeState(state);
});

test('labs come and go from the command line', async ({ application }) => {
  const { state } = application;
  expect((await patchbay(state, 'lab', 'create', 'second')).code).toBe(0);
  expect((await patchbay(state, 'lab', 'list')).stdout).toMatch(/second.*running/);
  expect((await patchbay(state, 'lab', 'reset', 'second')).code).toBe(0);
  const gone = await patchbay(state, 'lab', 'remove', 'second');
  expect(gone.code, gone.stderr).toBe(0);
  expect((await patchbay(state, 'lab', 'list')).stdout).not.toContain('second');
});

test('what the command line changes is in the history, and can be undone in the browser', async ({
  application,
  user,
}) => {
  await freshLab(application);
  const file = path.join(application.state, 'cli.json');
  await writeFile(file, JSON.stringify({ networks: [natNetwork(3)] }));
  const lab = ['--lab', LAB];
  expect(await patchbay(application.state, 'apply', file, ...lab)).toMatchObject({ code: 0 });
  await user.getByRole('link', { name: 'Add network net3 (NAT, 192.168.103.0/24)' }).click();
  await expect(user.getByRole('heading', { name: 'Add network net3 (NAT, 192.168.103.0/24)' })).toBeVisible();
  await expect(user.getByText('by the command line')).toBeVisible();
  await user.getByText('The 7 steps of the plan').click();
  await expect(user.getByText('Create bridge virbr3').first()).toBeVisible();
  expect(await patchbay(application.state, 'rollback', ...lab)).toMatchObject({ code: 0 });
  await user.goto(`${application.origin}/changes`);
  const rows = user.getByRole('row', { name: /net3/ });
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(/rolled back/i);

  expect(await patchbay(application.state, 'apply', file, ...lab)).toMatchObject({ code: 0 });
  expect(await patchbay(application.state, 'confirm', ...lab)).toMatchObject({ code: 0 });
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('kept');
  await expect(rows.first().getByRole('button', { name: 'Undo' })).toBeVisible();
  await freshLab(application);
});

test('listening where others can reach it demands a password first', async () => {
  test.setTimeout(180_000);
  const state = newState();
  const refused = await patchbay(state, 'up', '--listen', '0.0.0.0', '--port', '0');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/password/);
  expect(refused.stderr).toContain('npm run -s patchbay -- password');
  expect(processesOf(state), 'nothing stays behind').toEqual([]);
  removeState(state);
});

test('Ctrl-C stops everything it started', async () => {
  test.setTimeout(180_000);
  const state = newState();
  const application = await startApplication(state);
  expect(processesOf(state).length).toBeGreaterThan(2);
  const ended = new Promise<number | null>((resolve) => application.process.once('exit', resolve));
  // One key press comes twice: from the terminal, and passed on by npm.
  application.process.kill('SIGINT');
  application.process.kill('SIGINT');
  expect(await ended, application.output()).toBe(0);
  expect(processesOf(state)).toEqual([]);
  expect(existsSync(path.join(state, 'run', 'up.json'))).toBe(false);

  const again = await startApplication(state);
  expect(again.output(), 'a second start makes nothing anew').not.toMatch(
    /Installing|Generating|Bundling|Building/,
  );
  await again.stop();
  removeState(state);
});

/** Every process that names this state folder in its arguments: agent, labs, Postgres, dnsmasq. */
function processesOf(state: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return argv.includes(state) ? [`${pid} ${argv.replaceAll('\0', ' ')}`] : [];
      } catch {
        return [];
      }
    });
}
