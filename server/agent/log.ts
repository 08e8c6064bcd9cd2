import { chmodSync, closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';

export type Log = Pick<pino.Logger, 'info' | 'warn' | 'error'>;

const LARGE = 5 * 1024 * 1024;

/** `<home>/NAME.log`, JSON lines; what has grown above 5 MB is put aside when we start. */
export function openLog(home: string, name: string): Log {
  mkdirSync(home, { recursive: true });
  const file = path.join(home, `${name}.log`);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGE) renameSync(file, `${file}.1`);
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  return pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, sync: true }),
  );
}
