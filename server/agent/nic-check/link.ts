import { setTimeout as pause } from 'node:timers/promises';
import type { Evidence, NicCheck } from '@/server/core/nic-check/request';
import { fail, type Result } from '@/server/core/result';
import { run } from '../exec';
import { type CheckPlace, type Found, found, guestOf, inGuest } from './place';

/** Milliseconds that a guest may take to see it. */
const PATIENCE = 3_000;

/** The host's end of the cable goes down and comes back; the guest's end is read meanwhile. */
export async function checkLink(
  { from }: Extract<NicCheck, { check: 'link' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  const guest = guestOf(place, from);
  if (!guest.ok) return guest;
  const { port } = guest.value;
  const evidence: Evidence[] = [];
  const sees = async (carrier: boolean): Promise<boolean> => {
    for (const end = performance.now() + PATIENCE; ; await pause(50)) {
      const read = await inGuest(from, ['ip', '-br', 'link', 'show', 'dev', 'eth0']);
      const is = read.ran.ok && read.evidence.output.includes('LOWER_UP');
      if (is === carrier || performance.now() > end) {
        evidence.push(read.evidence);
        return read.ran.ok && is === carrier;
      }
    }
  };
  const set = (state: 'up' | 'down') => run(['ip', 'link', 'set', 'dev', port, state]);
  if (!(await sees(true)))
    return found('fault', `Guest ${from} sees no link: its cable ${port} is down or plugged in nowhere.`, {
      evidence,
    });
  place.say(`the cable of ${from} is pulled`);
  let down = false;
  try {
    const pulled = await set('down');
    if (!pulled.ok) return pulled;
    down = await sees(false);
  } finally {
    place.say(`the cable of ${from} is plugged in again`);
    await set('up');
  }
  const up = await sees(true);
  if (!up)
    return fail(
      'LINK_STAYS_DOWN',
      `The cable ${port} of ${from} does not come back: ip link set dev ${port} up`,
    );
  return down
    ? found('ok', `Guest ${from} sees its cable pulled, and plugged in again.`, { evidence })
    : found('fault', `Guest ${from} does not see that its cable is pulled.`, { evidence });
}
