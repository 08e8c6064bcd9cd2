import { fchmodSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
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
  const fd = openSync(file, 'a', 0o600);
  fchmodSync(fd, 0o600);
  // What a full disk does not take is lost: whoever takes back a change must not die of what they say about it.
  const write = (line: string) => {
    try {
      writeSync(fd, line);
    } catch {}
  };
  return pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}
