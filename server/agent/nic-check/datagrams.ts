import type { ChildProcess } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Count } from '@/server/core/nic-check/limit-figures';
import { start } from '../exec';

/*
 * Counts what arrives over UDP in a namespace, far more often than iperf3 tells: a small bucket is empty within
 * milliseconds. The kernel keeps the figures, /proc of any process in there shows them.
 */

/** Milliseconds. */
const EVERY = 4;

const FIELDS = ['InDatagrams', 'InErrors'];

/** All that reached a socket, whether or not it still had room. */
function arrived(pid: string): number {
  const lines = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' '));
  const [names = [], values = []] = lines;
  const v4 = FIELDS.reduce((n, field) => n + Number(values[names.indexOf(field)] ?? 0), 0);
  const text = readFileSync(`/proc/${pid}/net/snmp6`, 'utf8');
  return FIELDS.reduce(
    (n, field) => n + Number(new RegExp(`^Udp6${field}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0),
    v4,
  );
}

type Counting = { readonly stop: () => readonly Count[] };

/** Counts from now on. Null where the namespace cannot be looked into. */
export async function countDatagrams(enter: readonly string[]): Promise<Counting | null> {
  const held = enter.length === 0 ? null : start([...enter, 'sleep', '120']);
  held?.on('error', () => {});
  const pid = held === null ? 'self' : await entered(held);
  if (pid === null) return null;
  const counts: Count[] = [];
  const look = () => {
    try {
      counts.push({ datagrams: arrived(pid), at: performance.now() / 1000 });
    } catch {
      // The namespace has gone: what was counted is all there is.
    }
  };
  look();
  const timer = setInterval(look, EVERY);
  return {
    stop: () => {
      clearInterval(timer);
      held?.kill('SIGKILL');
      return counts;
    },
  };
}

/** Its number once it is in a namespace that is not ours. */
async function entered(held: ChildProcess): Promise<string | null> {
  const ours = readlinkSync('/proc/self/ns/net');
  for (let n = 0; n < 200 && held.exitCode === null; n += 1, await pause(10)) {
    try {
      if (readlinkSync(`/proc/${held.pid}/ns/net`) !== ours) return String(held.pid);
    } catch {
      // Not there yet, or no longer.
    }
  }
  held.kill('SIGKILL');
  return null;
}
