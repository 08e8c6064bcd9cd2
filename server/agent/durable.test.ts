import type fs from 'node:fs';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendDurably, readIfThere, writeDurably } from './durable';
import { start } from './exec';
import { withLock } from './lock';
import { openLog } from './log';
import { processesGiven } from './processes';

/** The bytes that the disk still takes, at most 7 at once. */
let room = Number.POSITIVE_INFINITY;
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const writeSync = (fd: number, data: string | Buffer, offset = 0): number => {
    const bytes = Buffer.from(data).subarray(offset);
    const most = Math.min(bytes.length, 7, room);
    if (most === 0 && bytes.length > 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    room -= most;
    return real.writeSync(fd, bytes.subarray(0, most));
  };
  return { ...real, default: { ...real, writeSync }, writeSync };
});

let home = '';
let file = '';
beforeEach(() => {
  room = Number.POSITIVE_INFINITY;
  home = mkdtempSync(path.join(tmpdir(), 'pb-durable-'));
  file = path.join(home, 'file');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('all of it is written, however little the kernel takes at once', () => {
  writeDurably(file, 'a text of more than seven bytes: é');
  expect(readFileSync(file, 'utf8')).toBe('a text of more than seven bytes: é');
});

test('where the disk fills up half-way, the old text stays, and nothing else', () => {
  writeDurably(file, 'the old text');
  room = 10;
  expect(() => writeDurably(file, 'a new text that does not fit')).toThrow('no space');
  expect(readFileSync(file, 'utf8')).toBe('the old text');
  expect(readdirSync(home)).toEqual(['file']);
});

test('a line that does not fit leaves nothing behind that the next one would continue', () => {
  writeDurably(file, 'one\n');
  room = 10;
  expect(() => appendDurably(file, 'a line that does not fit')).toThrow('no space');
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  room = Number.POSITIVE_INFINITY;
  appendDurably(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

test('a line that was torn by a power cut goes when the next one comes', () => {
  writeFileSync(file, 'one\n{"tor');
  appendDurably(file, 'two');
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

test('nothing is added to a file that is gone', () => {
  expect(() => appendDurably(file, 'late')).toThrow('ENOENT');
  expect(existsSync(file)).toBe(false);
  expect(readIfThere(file)).toBeNull();
});

test('a log on a full disk loses lines, and nobody dies of it', () => {
  const log = openLog(home, 'agent');
  room = 0;
  expect(() => log.warn('lost')).not.toThrow();
});

test('a log is not opened through a link', () => {
  symlinkSync(path.join(home, 'elsewhere'), file);
  expect(() => start(['true'], { log: file })).toThrow('ELOOP');
  expect(existsSync(path.join(home, 'elsewhere'))).toBe(false);
});

test('a lock whose holder was killed is given back all the same', async () => {
  const lock = path.join(home, 'lock');
  const done = await withLock(lock, 5, async () => {
    for (const holder of processesGiven(lock)) process.kill(holder.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return 'done';
  });
  expect(done).toBe('done');
});
