import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { keepRunning } from './keep';

test('a child whose log cannot be opened is tried again, and does not take us with it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pb-keep-'));
  const log = path.join(folder, 'log');
  symlinkSync('elsewhere', log);
  const why: string[] = [];
  const started = vi.fn();
  const kept = keepRunning({
    argv: ['sleep', '60'],
    options: () => ({ log }),
    onStart: started,
    onDown: (said) => void why.push(said),
  });
  expect(why).toEqual([expect.stringMatching(/^cannot be started: ELOOP/)]);
  rmSync(log);
  await vi.waitFor(() => expect(started).toHaveBeenCalledOnce(), 5000);
  await kept.stop(5000);
  rmSync(folder, { recursive: true });
});

test('a child that is to be started again gets the options of then, at once and without complaint', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pb-keep-'));
  const log = path.join(folder, 'log');
  let word = 'first';
  const down = vi.fn();
  const kept = keepRunning({
    argv: ['/bin/sh', '-c', 'echo "$WORD"; exec sleep 60'],
    options: () => ({ log, env: { WORD: word } }),
    onStart: () => {},
    onDown: down,
  });
  const said = () => readFileSync(log, 'utf8');
  await vi.waitFor(() => expect(said()).toBe('first\n'), 5000);
  word = 'second';
  kept.startAgain(5000);
  await vi.waitFor(() => expect(said()).toBe('first\nsecond\n'), 5000);
  await kept.stop(5000);
  expect(down).not.toHaveBeenCalled();
  expect(said()).toBe('first\nsecond\n');
  rmSync(folder, { recursive: true });
});
