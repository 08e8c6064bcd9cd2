import { longTerm } from '@/server/core/nic-check/limit-figures';
import type { NicCheck } from '@/server/core/nic-check/request';
import { fail, type Result } from '@/server/core/result';
import { addressOf } from '../guest-ping';
import { type CheckPlace, type Found, found, guestOf, insideOf } from './place';
import { iperfThere, sendAndCount } from './traffic';

const SECONDS = 3;

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
  const [own, other] = [await addressOf(from, place.pingable), await addressOf(to, place.pingable)];
  if (!own.ok) return own;
  if (!other.ok) return other;
  const there = await iperfThere();
  if (!there.ok) return there;
  const ends = { client: insideOf(from, own.value), server: insideOf(to, other.value), seconds: SECONDS };
  place.say(`${from} sends to ${to} for ${SECONDS} s`);
  const gone = await sendAndCount({ ...ends, way: 'there' });
  if (!gone.ok) return gone;
  place.say(`${to} sends to ${from} for ${SECONDS} s`);
  const back = await sendAndCount({ ...ends, way: 'back' });
  if (!back.ok) return back;
  const bits = longTerm(gone.value.intervals, 0) * 8;
  const bitsBack = longTerm(back.value.intervals, 0) * 8;
  return found(
    bits > 0 && bitsBack > 0 ? 'ok' : 'fault',
    `${rate(bits)} from ${from} to ${to}, ${rate(bitsBack)} back, over TCP.`,
    {
      details: [
        `${from} to ${to}: ${rate(bits)}, ${gone.value.again} segments sent again`,
        `${to} to ${from}: ${rate(bitsBack)}, ${back.value.again} segments sent again`,
      ],
      evidence: [gone.value.evidence, back.value.evidence],
    },
  );
}

const UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const;
function rate(bits: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bits, 1)) / 3)));
  return `${(bits / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}
