import type { CheckResult, NicCheck } from '@/server/core/nic-check/request';
import { ok, type Result, unreachable } from '@/server/core/result';
import { pingFrom } from '../guest-ping';
import { OUTSIDE } from '../lab-inside';
import { checkBroadcast } from './broadcast';
import { checkDhcp } from './dhcp';
import { checkJumbo } from './jumbo';
import { checkLimit } from './limit';
import { checkLink } from './link';
import { type CheckPlace, type Found, found, guestOf } from './place';
import { checkThroughput } from './throughput';

/**
 * Runs a check of guests that are namespaces; it takes at most about 60 s and leaves nothing behind. What keeps it from
 * being tried is a failure; what the network answers, also nothing, is a result.
 */
export async function runCheck(check: NicCheck, place: CheckPlace): Promise<Result<CheckResult>> {
  const begun = performance.now();
  const done = await dispatch(check, place);
  if (!done.ok) return done;
  return ok({ ...done.value, seconds: Math.round(performance.now() - begun) / 1000 });
}

function dispatch(check: NicCheck, place: CheckPlace): Promise<Result<Found>> {
  switch (check.check) {
    case 'ping':
      return checkPing(check, place);
    case 'jumbo':
      return checkJumbo(check, place);
    case 'throughput':
      return checkThroughput(check, place);
    case 'limit':
      return checkLimit(check, place);
    case 'vlan':
      return checkBroadcast(check, place);
    case 'dhcp':
    case 'pxe':
      return checkDhcp(check, place);
    case 'link':
      return checkLink(check, place);
    default:
      return unreachable(check);
  }
}

async function checkPing(
  { from, to }: Extract<NicCheck, { check: 'ping' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  if (from !== OUTSIDE) {
    const guest = guestOf(place, from);
    if (!guest.ok) return guest;
  }
  place.say(`${from} pings ${to}`);
  const pinged = await pingFrom(from, to, place.pingable);
  if (!pinged.ok) return pinged;
  const { sent, received, averageMs, command, output } = pinged.value;
  const evidence = [{ command, output: output.trim() }];
  if (received === 0)
    return found('fault', `${to} does not answer ${from}: none of ${sent} packets came back.`, { evidence });
  const time = averageMs === null ? '' : `, ${averageMs.toFixed(2)} ms on average`;
  return found(
    received === sent ? 'ok' : 'fault',
    `${to} answers ${from}: ${received} of ${sent} packets came back${time}.`,
    { evidence },
  );
}
