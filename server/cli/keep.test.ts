import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
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
    options: { log },
    onStart: started,
    onDown: (said) => void why.push(said),
  });
  expect(why).toEqual([expect.stringMatching(/^cannot be started: ELOOP/)]);
  rmSync(log);
  await vi.waitFor(() => expect(started).toHaveBeenCalledOnce(), 5000);
  await kept.stop(5000);
  rmSync(folder, { recursive: true });
});
