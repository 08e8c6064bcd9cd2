import { createInterface } from 'node:readline';
import { start } from './exec';

/**
 * Does something while nobody else holds the lock. Held by flock(1) on behalf of this process: its input is ours, so
 * the kernel releases the lock when we end, however we end. Throws when it is not had within `patience` seconds.
 */
export async function withLock<T>(file: string, patience: number, task: () => Promise<T>): Promise<T> {
  const holder = start(['flock', '-w', String(patience), '-x', file, 'cat'], {
    stdin: 'pipe',
    stdout: 'pipe',
  });
  const { stdin, stdout } = holder;
  if (!stdin || !stdout) throw new Error('flock was started without its pipes');
  stdin.on('error', () => {}); // it ended first
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).once('line', () => resolve());
    holder.once('error', (e) => reject(new Error(`the lock ${file} cannot be taken: ${e.message}`)));
    holder.once('exit', () => reject(new Error(`the lock ${file} was not free within ${patience} s`)));
    stdin.write('\n'); // comes back when `cat` runs, which is when the lock is ours
  });
  try {
    return await task();
  } finally {
    const gone = new Promise<void>((resolve) => {
      if (holder.exitCode !== null || holder.signalCode !== null) resolve();
      else holder.once('exit', () => resolve());
    });
    stdin.end();
    await gone;
  }
}
