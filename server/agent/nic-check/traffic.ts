import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { DATAGRAM, type Interval } from '@/server/core/nic-check/limit-figures';
import type { Evidence } from '@/server/core/nic-check/request';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { commandLine, run, start } from '../exec';

/* Traffic by iperf3 between two ends of a host, and what its receiver counted. */

/** Somebody who sends or takes: how a command gets there (nothing: the host itself), and where it is reached. */
export type End = { readonly name: string; readonly enter: readonly string[]; readonly address: string };

/** The client makes the connection, since not everybody can be reached from everywhere; `back`: the server sends. */
export type Stream = {
  readonly client: End;
  readonly server: End;
  readonly way: 'there' | 'back';
  readonly seconds: number;
  /** Payload in bits per second over UDP; absent: over TCP, as fast as it goes. */
  readonly udp?: number;
  /** Milliseconds that it may take beyond its seconds: queues that it filled have to run empty. */
  readonly allow?: number;
};

export type Received = {
  /** Payload by tenths of a second. */
  readonly intervals: readonly Interval[];
  /** Payload of a segment or datagram. */
  readonly payload: number;
  /** Segments that were sent again, and datagrams that were sent and did not arrive. */
  readonly again: number;
  readonly sent: number;
  readonly lost: number;
  readonly evidence: Evidence;
};

const ALLOW = 25_000;

const Totals = z.object({
  bytes: z.number().optional(),
  retransmits: z.number().optional(),
  packets: z.number().optional(),
  lost_packets: z.number().optional(),
});
const Report = z.object({
  error: z.string().optional(),
  start: z.object({ tcp_mss_default: z.number().optional(), tcp_mss: z.number().optional() }).optional(),
  intervals: z
    .array(z.object({ sum: z.object({ start: z.number(), seconds: z.number(), bytes: z.number() }) }))
    .default([]),
  end: z
    .object({ sum: Totals.optional(), sum_sent: Totals.optional(), sum_received: Totals.optional() })
    .optional(),
});
const reportOf = (text: string) => Report.safeParse(parseJson(text)).data ?? null;

/** Is iperf3 there? Failure NO_IPERF3. */
export async function iperfThere(): Promise<Result<null>> {
  const version = await run(['iperf3', '--version']);
  if (version.ok) return ok(null);
  return fail('NO_IPERF3', 'iperf3 is not installed (apt-get install iperf3).', {
    detail: version.error.message,
  });
}

/** Waits until somebody listens at this port of TCP there; what comes too early finds nobody. */
export async function listening({ enter }: Pick<End, 'enter'>, port: number, patience = 1): Promise<void> {
  const word = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (const end = performance.now() + 3000 * patience; performance.now() < end; await pause(50)) {
    const tables = await run([...enter, 'cat', '/proc/net/tcp', '/proc/net/tcp6']);
    const text = tables.ok ? tables.value.stdout : (tables.error.detail ?? '');
    if (text.includes(word)) return;
  }
}

/** Sends from one end to the other. Failure NO_CONNECTION. */
export async function sendAndCount(stream: Stream): Promise<Result<Received>> {
  const { client, server, way, seconds, udp, allow = ALLOW } = stream;
  const port = randomInt(20_000, 30_000);
  const timeout = seconds * 1000 + allow;
  const common = ['-p', String(port), '-J', '-i', '0.1'];
  // It ends by itself, also when we do not live to see it.
  const bounded = ['timeout', String(Math.ceil(timeout / 1000) + 5), 'iperf3', '-s', '-1', ...common];
  // Whoever has several addresses would answer datagrams from another one.
  const serving = serverOf([...server.enter, ...bounded, '-B', server.address]);
  await listening(server, port, allow / ALLOW);
  const argv = [
    ...[
      ...client.enter,
      'timeout',
      String(Math.ceil(timeout / 1000)),
      'iperf3',
      '-c',
      server.address,
      ...common,
    ],
    ...['-t', String(seconds), '--connect-timeout', String(Math.round(allow / 5))],
    ...(udp === undefined ? [] : ['-u', '-b', String(Math.round(udp)), '-l', String(DATAGRAM)]),
    ...(way === 'back' ? ['-R'] : []),
  ];
  const sent = await run(argv, { timeout: timeout + 5000 });
  const said = sent.ok ? sent.value.stdout : (sent.error.detail ?? sent.error.message);
  const report = reportOf(said);
  if (!sent.ok || report?.end === undefined || report.error !== undefined) {
    serving.stop();
    const why = report?.error ?? (said.trim().split('\n')[0] || 'it said nothing');
    return fail(
      'NO_CONNECTION',
      `${client.name} could not talk ${udp === undefined ? 'TCP' : 'UDP'} with ${server.name} (${server.address}): ${why}`,
      { detail: said },
    );
  }
  const served = await serving.said;
  const receiver = way === 'back' ? report : reportOf(served);
  if (receiver === null)
    return fail('NO_CONNECTION', `${server.name} did not say what arrived.`, { detail: served });
  const { sum, sum_sent, sum_received } = report.end;
  const intervals = receiver.intervals.map((i) => i.sum);
  const bytes = intervals.reduce((n, i) => n + i.bytes, 0);
  const lost = sum_received?.lost_packets ?? sum?.lost_packets ?? 0;
  return ok({
    intervals,
    payload: udp === undefined ? (report.start?.tcp_mss ?? report.start?.tcp_mss_default ?? 1448) : DATAGRAM,
    again: sum_sent?.retransmits ?? 0,
    sent: sum?.packets ?? 0,
    lost,
    evidence: { command: commandLine(argv), output: summary(bytes, intervals) },
  });
}

/** One that nobody reaches waits on until it is stopped. */
function serverOf(argv: readonly string[]) {
  const child = start(argv, { stdout: 'pipe' });
  const said = new Promise<string>((resolve) => {
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (e) => resolve(e.message));
    child.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
  return { said, stop: () => void child.kill('SIGTERM') };
}

function summary(bytes: number, intervals: readonly Interval[]): string {
  const seconds = intervals.reduce((n, i) => n + i.seconds, 0);
  const each = intervals.map((i) => ((i.bytes * 8) / i.seconds / 1e6).toFixed(2)).join(' ');
  return `received ${bytes} bytes of payload in ${seconds.toFixed(1)} s; Mbit/s by tenths of a second: ${each}`;
}
