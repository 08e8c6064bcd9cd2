import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { start } from '@/server/agent/exec';
import { must, nsOf } from './kernel-outside';

/* Traffic that goes on while networks change: `ping` many times a second, and `iperf3` over TCP. */

/** What became of a stream between two moments. */
export type Passed = {
  readonly lost: number;
  readonly sent: number;
  /** Milliseconds: the longest time without an answer to what was sent in it. */
  readonly gap: number;
  /** It goes on. */
  readonly lives: boolean;
};

export type Stream = {
  readonly name: string;
  /** Begins to count. */
  readonly begin: () => void;
  /** Something came back after this moment (of `performance.now()`). */
  readonly since: (moment: number) => boolean;
  /** Enough was sent since it began to count to tell that nothing is lost. */
  readonly enough: () => boolean;
  readonly passed: (moment: number) => Passed;
  /** Stops it for good. */
  readonly end: () => void;
};

function lines(argv: readonly string[], onLine: (line: string) => void): ChildProcess {
  const child = start(argv, { stdout: 'pipe' });
  child.once('error', () => {}); // shows as a stream that does not go on
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine);
  return child;
}

/** Pings. */
const ENOUGH = 30;

/** A ping each `every` milliseconds. */
export function pingStream(name: string, { from, to }: Pick<Ends, 'from' | 'to'>, every: number): Stream {
  const answered = new Set<number>();
  let last = 0;
  let at = 0;
  let first = 0;
  const child = lines([...nsOf(from), 'ping', '-n', '-i', String(every / 1000), to], (line) => {
    const seq = Number(/icmp_seq=(\d+) ttl/.exec(line)?.[1] ?? '0');
    if (seq === 0) return;
    answered.add(seq);
    last = Math.max(last, seq);
    at = performance.now();
  });
  return {
    name,
    begin: () => {
      first = last;
    },
    since: (moment) => at > moment,
    enough: () => last - first > ENOUGH,
    passed: (moment) => {
      let lost = 0;
      let run = 0;
      let longest = 0;
      // What was sent just now may be under way.
      const until = last - 5;
      for (let seq = first + 1; seq <= until; seq++) {
        run = answered.has(seq) ? 0 : run + 1;
        lost += run > 0 ? 1 : 0;
        longest = Math.max(longest, run);
      }
      return { lost, sent: Math.max(0, until - first), gap: longest * every, lives: at > moment };
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/** Namespaces `from` and `at`; the latter has the address `to`. */
type Ends = { readonly from: string; readonly to: string; readonly at: string; readonly port: number };

/**
 * One TCP connection of `iperf3`, `rate` bits per second, to a server of its own that says twice a second how much has
 * come. `through`: the port that the client connects to, where it is forwarded.
 */
export async function tcpStream(
  name: string,
  { from, to, at, port, through = port }: Ends & { readonly through?: number },
  rate: number,
): Promise<Stream> {
  let came = 0;
  const server = lines(
    [...nsOf(at), 'iperf3', '-s', '-p', String(port), '-i', '0.5', '--forceflush'],
    (line) => {
      const bytes = Number(/ sec +([\d.]+) [KMG]?Bytes/.exec(line)?.[1] ?? '0');
      if (bytes > 0) came = performance.now();
    },
  );
  const listening = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  while (!(await must(...nsOf(at), 'cat', '/proc/net/tcp', '/proc/net/tcp6')).includes(listening))
    await pause(50);
  const client = lines(
    [
      ...nsOf(from),
      'iperf3',
      '-c',
      to,
      '-p',
      String(through),
      '-t',
      '3600',
      '-b',
      String(rate),
      '-l',
      '1000',
    ],
    () => {},
  );
  return {
    name,
    begin: () => {},
    // What it says may be of the half second before.
    since: (moment) => came > moment + 600,
    enough: () => true,
    passed: (moment) => ({ lost: 0, sent: 0, gap: 0, lives: came > moment + 600 }),
    end: () => {
      for (const child of [client, server]) child.kill('SIGKILL');
    },
  };
}
