import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Evidence, NicCheck } from '@/server/core/nic-check/request';
import { fail, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { start } from '../exec';
import { addressOf } from '../guest-ping';
import { type CheckPlace, type Found, found, guestOf, inGuest } from './place';

const SECONDS = 3;
const PORT = 5201;

const Report = z.object({
  error: z.string().optional(),
  end: z
    .object({
      sum_sent: z.object({ bits_per_second: z.number(), retransmits: z.number().optional() }).optional(),
      sum_received: z.object({ bits_per_second: z.number() }).optional(),
    })
    .optional(),
});

/** iperf3 over TCP from one guest to another, then the other way. */
export async function checkThroughput(
  { from, to }: Extract<NicCheck, { check: 'throughput' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  for (const name of [from, to]) {
    const guest = guestOf(place, name);
    if (!guest.ok) return guest;
  }
  if (from === to) return fail('SAME_GUEST', 'Throughput is between two guests: choose another one.');
  const address = await addressOf(to, place.pingable);
  if (!address.ok) return address;
  const version = await inGuest(from, ['iperf3', '--version']);
  if (!version.ran.ok)
    return fail('NO_IPERF3', 'iperf3 is not installed (apt-get install iperf3).', {
      detail: version.evidence.output,
    });
  // It ends by itself, also when we do not live to see it.
  const limit = ['timeout', String(10 * SECONDS)];
  const server = start(['ip', 'netns', 'exec', to, ...limit, 'iperf3', '-s', '-p', String(PORT)]);
  server.on('error', () => {}); // shows as a client that finds nobody
  try {
    await listening(to);
    place.say(`${from} sends to ${to} for ${SECONDS} s`);
    const there = await oneWay(from, address.value, []);
    if (!there.ok) return there;
    place.say(`${to} sends to ${from} for ${SECONDS} s`);
    const back = await oneWay(from, address.value, ['-R']);
    if (!back.ok) return back;
    const evidence = [there.value.evidence, back.value.evidence];
    const sentence = `${rate(there.value.bits)} from ${from} to ${to}, ${rate(back.value.bits)} back, over TCP.`;
    return found(there.value.bits > 0 && back.value.bits > 0 ? 'ok' : 'fault', sentence, {
      details: [
        `${from} to ${to}: ${rate(there.value.bits)}, ${there.value.again} segments sent again`,
        `${to} to ${from}: ${rate(back.value.bits)}, ${back.value.again} segments sent again`,
      ],
      evidence,
    });
  } finally {
    server.kill('SIGTERM');
  }
}

async function listening(guest: string): Promise<void> {
  const port = `:${PORT.toString(16).toUpperCase()} `;
  for (let n = 0; n < 60; n += 1, await pause(50)) {
    const { evidence } = await inGuest(guest, ['cat', '/proc/net/tcp', '/proc/net/tcp6']);
    if (evidence.output.includes(port)) return;
  }
}

async function oneWay(
  from: string,
  address: string,
  more: readonly string[],
): Promise<Result<{ readonly bits: number; readonly again: number; readonly evidence: Evidence }>> {
  const argv = ['iperf3', '-c', address, '-p', String(PORT), '-t', String(SECONDS), '-J'];
  const { ran, evidence } = await inGuest(from, [...argv, '--connect-timeout', '2000', ...more], {
    timeout: 20_000,
  });
  const report = Report.safeParse(parseJson(ran.ok ? ran.value.stdout : evidence.output));
  const end = report.success ? report.data.end : undefined;
  if (!ran.ok || end?.sum_received === undefined)
    return fail('NO_CONNECTION', `${from} could not talk TCP with ${address}: ${whyNot(report, evidence)}`, {
      detail: evidence.output,
    });
  return {
    ok: true,
    value: {
      bits: end.sum_received.bits_per_second,
      again: end.sum_sent?.retransmits ?? 0,
      evidence: { ...evidence, output: `received ${Math.round(end.sum_received.bits_per_second)} bit/s` },
    },
  };
}

const whyNot = (report: ReturnType<typeof Report.safeParse>, { output }: Evidence): string =>
  (report.success ? report.data.error : undefined) ?? (output.split('\n')[0] || 'it said nothing');

const UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const;
function rate(bits: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bits, 1)) / 3)));
  return `${(bits / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}
