import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOTHING } from '@/server/core/change';
import { MACHINE } from '@/server/core/ids';
import {
  claimHome,
  keptCommitted,
  readCommitted,
  readOutcomes,
  recordOutcome,
  writeCommitted,
} from './committed';
import { armedFor, closeJournal, note, noteArmed, type Opened, openJournal, readJournal } from './journal';
import { withLock } from './lock';
import { isAlive, processRef } from './processes';
import { type Clock, reasonToAct } from './watchdog';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pb-journal-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const me = processRef(process.pid) ?? { pid: 1, started: '0' };
const OPENED: Omit<Opened, 'entry'> = {
  at: '2026-01-01T00:00:00.000Z',
  changeId: 'c1',
  summary: 'Add network demo',
  incarnation: 'boot:1',
  agent: me,
  seconds: 60,
  before: { version: 0, desired: NOTHING, changeId: null, at: '2026-01-01T00:00:00.000Z' },
  desired: NOTHING,
  plan: { host: MACHINE, steps: [], notes: [], effects: [], hash: 'abc' },
};

test('a journal is read back as it was written', () => {
  expect(readJournal(home)).toBeNull();
  openJournal(home, OPENED);
  expect(() => openJournal(home, OPENED)).toThrow(/open already/);
  note(home, { entry: 'started', step: 1 });
  note(home, { entry: 'done', step: 1 });
  note(home, { entry: 'started', step: 2 });
  expect(readJournal(home)).toMatchObject({ begun: [1, 2], awaiting: null, ended: null, length: 4 });
  note(home, { entry: 'awaiting', deadline: OPENED.at, nonce: 'n' });
  note(home, { entry: 'rolling-back', why: 'because' });
  expect(readJournal(home)).toMatchObject({ awaiting: { nonce: 'n' }, rollingBack: { why: 'because' } });
  closeJournal(home);
  expect(readJournal(home)).toBeNull();
});

test('a line that was being written when the machine went down did not happen; damage in the middle is told', () => {
  openJournal(home, OPENED);
  note(home, { entry: 'started', step: 1 });
  const file = path.join(home, 'journal', 'current');
  appendFileSync(file, '{"entry":"started","st');
  expect(readJournal(home)).toMatchObject({ begun: [1] });
  appendFileSync(file, 'ep":\n');
  expect(() => readJournal(home)).toThrow();
});

test('a watchdog watches the change it was started for', () => {
  openJournal(home, OPENED);
  expect(armedFor(home, OPENED.at)).toBeNull();
  noteArmed(home, me, OPENED.at);
  expect(armedFor(home, OPENED.at)).toEqual(me);
  expect(armedFor(home, 'another')).toBeNull();
});

test('the watchdog acts on a dead agent, a missed deadline and a standstill, and on nothing else', () => {
  openJournal(home, OPENED);
  const clock: Clock = { now: 0, progressAt: 0, awaitingSince: null, deadSince: null };
  const reason = (c: Partial<Clock>) => {
    const journal = readJournal(home);
    return journal && reasonToAct(journal, { ...clock, ...c });
  };
  expect(reason({ now: 60_000 })).toBeNull();
  expect(reason({ now: 125_000 })).toMatch(/stopped working/);
  expect(reason({ now: 1000, deadSince: 500 })).toBeNull();
  expect(reason({ now: 4000, deadSince: 500 })).toMatch(/agent ended/);
  note(home, { entry: 'awaiting', deadline: OPENED.at, nonce: 'n' });
  expect(reason({ now: 63_000, awaitingSince: 0 })).toBeNull();
  expect(reason({ now: 66_000, awaitingSince: 0 })).toMatch(/not confirmed in time/);
  note(home, { entry: 'rolling-back', why: 'x' });
  expect(reason({ now: 66_000, awaitingSince: 0 })).toBeNull();
  expect(reason({ now: 130_000, awaitingSince: 0 })).toMatch(/stopped working/);
});

test('the committed state is kept, and a damaged one is refused with its file', () => {
  const none = readCommitted(home, 'boot:1');
  expect(none).toMatchObject({ ok: true, value: { committed: { version: 0, changeId: null } } });
  writeCommitted(home, { incarnation: 'boot:1', committed: { ...OPENED.before, version: 3, changeId: 'c' } });
  expect(readCommitted(home, 'boot:2')).toMatchObject({
    value: { incarnation: 'boot:1', committed: { version: 3 } },
  });
  expect(readdirSync(home)).toEqual(['committed.json']);
  appendFileSync(path.join(home, 'committed.json'), '}');
  expect(readCommitted(home, 'boot:1')).toMatchObject({
    ok: false,
    error: { code: 'COMMITTED_UNREADABLE', message: expect.stringContaining('committed.json') },
  });
});

test('outcomes are kept newest first, one for each change, a hundred at most', () => {
  for (let i = 0; i < 120; i += 1)
    recordOutcome(home, { result: 'rolled-back', changeId: `c${i}`, at: OPENED.at, why: 'x' });
  recordOutcome(home, { result: 'committed', changeId: 'c50', at: OPENED.at, version: 1 });
  const outcomes = readOutcomes(home);
  expect(outcomes).toHaveLength(100);
  expect(outcomes[0]).toMatchObject({ changeId: 'c50', result: 'committed' });
  expect(outcomes.filter((o) => o.changeId === 'c50')).toHaveLength(1);
});

test('only one holds the lock at a time', async () => {
  const lock = path.join(home, 'lock');
  const order: string[] = [];
  const task = (name: string) => async () => {
    order.push(`${name} in`);
    await new Promise((r) => setTimeout(r, 50));
    order.push(`${name} out`);
  };
  await Promise.all([withLock(lock, 5, task('a')), withLock(lock, 5, task('b'))]);
  expect(order.map((o) => o.slice(2))).toEqual(['in', 'out', 'in', 'out']);
  await withLock(lock, 5, async () => {
    await expect(withLock(lock, 1, async () => {})).rejects.toThrow(/not free/);
  });
  await expect(withLock(path.join(home, 'no', 'lock'), 1, async () => {})).rejects.toThrow();
});

test('a process is told apart from a later one with its number', () => {
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, started: '1' })).toBe(false);
  expect(processRef(2 ** 22 + 1)).toBeNull();
});

test('one agent works in a folder; one that is gone is no other', () => {
  expect(claimHome(home)).toEqual({ ok: true, value: null });
  expect(claimHome(home)).toEqual({ ok: true, value: null });
  const file = path.join(home, 'agent.pid');
  writeFileSync(file, JSON.stringify(processRef(process.ppid)));
  expect(claimHome(home)).toMatchObject({ error: { code: 'HOME_TAKEN' } });
  writeFileSync(file, JSON.stringify({ pid: process.ppid, started: '1' }));
  expect(claimHome(home)).toMatchObject({ ok: true });
  mkdirSync(path.join(home, `.agent.pid.${process.pid}`)); // stands where it would be written
  expect(claimHome(home)).toMatchObject({ ok: true });
});

test('what cannot be written down is told, and not committed', () => {
  const kept = { incarnation: 'boot:1', committed: OPENED.before };
  mkdirSync(path.join(home, `.committed.json.${process.pid}`)); // stands where it would be written
  expect(keptCommitted(home, kept)).toMatchObject({ error: { code: 'NOT_WRITTEN' } });
});
