import { type EndPoint, hopsBetween, limitsOn, type WayLimit } from '@/server/core/limits-on-way';
import { limitVerdict, type WayFigures } from '@/server/core/nic-check/limit-verdict';
import type { Evidence, NicCheck } from '@/server/core/nic-check/request';
import { items, type Observed } from '@/server/core/observed';
import { portsOf } from '@/server/core/plan-situation';
import { guestOf as guestAt } from '@/server/core/port-guests';
import { fail, ok, type Result } from '@/server/core/result';
import { addressOf } from '../guest-ping';
import { OUTSIDE } from '../lab-inside';
import { measureWay } from './measure-limit';
import { type CheckedGuest, type CheckPlace, type Found, found, guestOf, insideOf } from './place';
import { type End, iperfThere } from './traffic';

type LimitCheck = Extract<NicCheck, { check: 'limit' }>;
type Seen = { readonly place: CheckPlace; readonly observed: Observed };

/** What a guest gets and sends, against the limits on its way. */
export async function checkLimit(check: LimitCheck, place: CheckPlace): Promise<Result<Found>> {
  const seen = { place, observed: await place.observe() };
  const who = measurable(check, seen);
  if (!who.ok) return who;
  const own = await addressOf(who.value.name, place.pingable);
  if (!own.ok) return own;
  const peer = await peerOf(check, who.value, seen);
  if (!peer.ok) return peer;
  const there = await iperfThere();
  if (!there.ok) return there;
  const { desired, version } = place.design();
  const here: EndPoint = { port: who.value.port };
  const { end, at } = peer.value;
  const limitsFrom = (from: EndPoint, to: EndPoint) =>
    limitsOn(seen.observed, desired, hopsBetween(seen.observed, from, to));
  const plan = [
    { way: 'inbound', goes: 'back', limits: limitsFrom(at, here) },
    { way: 'outbound', goes: 'there', limits: limitsFrom(here, at) },
  ] as const;
  const disturbed = check.sure
    ? []
    : sharing(
        plan.flatMap((p) => p.limits),
        seen.observed,
      );
  if (disturbed.length > 0) return atWork(disturbed);
  const ends = { client: insideOf(who.value.name, own.value), server: end };
  const ways: WayFigures[] = [];
  const evidence: Evidence[] = [];
  for (const [n, { way, goes, limits }] of plan.entries()) {
    const measured = await measureWay({ ...ends, way: goes, limits }, (doing) =>
      place.say(`${doing} (direction ${n + 1} of 2)`),
    );
    if (!measured.ok) return measured;
    evidence.push(...measured.value.evidence);
    ways.push({ way, limits, ...measured.value });
  }
  const { verdict, sentence, details } = limitVerdict(who.value.name, ways);
  const devices = [...new Set(ways.flatMap(({ limits }) => limits.map((l) => l.device)))];
  return found(verdict, sentence, {
    details: [`between ${who.value.name} and ${end.name}`, ...details],
    evidence,
    proof: { devices, version },
  });
}

/** Into a virtual machine nobody can look, and nobody fills the line of one that is at work. */
function measurable({ from, to }: LimitCheck, { place, observed }: Seen): Result<CheckedGuest> {
  for (const name of to === undefined || to === OUTSIDE ? [from] : [from, to]) {
    if (isAtWork(name, place, observed))
      return fail(
        'AT_WORK',
        `Guest ${name} is a virtual machine at work, in which Patchbay starts no program: prove the limit with a guest of the lab that is plugged in in the same way.`,
      );
    const guest = guestOf(place, name);
    if (!guest.ok) return guest;
  }
  return from === to
    ? fail('SAME_GUEST', 'A limit is proven between two ends: choose another guest.')
    : guestOf(place, from);
}

const isAtWork = (name: string, { pingable }: CheckPlace, { domains }: Observed): boolean =>
  pingable.others.has(name) || items(domains).some((d) => d.name === name);

/** Virtual machines behind a bridge whose limit they share with whoever is measured. */
function sharing(limits: readonly WayLimit[], observed: Observed): readonly string[] {
  const real = new Set([...items(observed.domains), ...items(observed.machines)].map((m) => m.name));
  const behind = limits.flatMap(({ device }) => portsOf(observed, device));
  const names = behind.map((port) => guestAt(observed, port)?.name ?? '');
  return [...new Set(names)].filter((name) => real.has(name)).sort();
}

const atWork = (names: readonly string[]) =>
  fail(
    'SHARED_LIMIT',
    `${names.length === 1 ? `Guest ${names[0]} is a virtual machine` : `Guests ${names.join(', ')} are virtual machines`} at work behind the same limit, which this would use up for about half a minute: nothing was sent. It takes your word that you are sure.`,
  );

type Peer = { readonly end: End; readonly at: EndPoint };

async function peerOf(
  { to }: LimitCheck,
  { name, bridge }: CheckedGuest,
  { place, observed }: Seen,
): Promise<Result<Peer>> {
  if (bridge === null)
    return fail('NOT_PLUGGED', `Guest ${name} is plugged into nothing: there is nobody to send to.`);
  if (to === undefined) {
    const addresses = observed.links.known ? (observed.links.value[bridge]?.addresses ?? []) : [];
    const own = addresses.find((a) => a.family === 4) ?? addresses.find((a) => a.scope === 'global');
    return own === undefined
      ? fail('NO_ADDRESS', `Bridge ${bridge} has no address to send to: name another guest of it.`)
      : ok({ end: { name: bridge, enter: [], address: own.address }, at: { bridge } });
  }
  const address = await addressOf(to, place.pingable);
  if (!address.ok) return address;
  if (to === OUTSIDE) return ok({ end: insideOf(to, address.value), at: { bridge } });
  const guest = guestOf(place, to);
  return guest.ok ? ok({ end: insideOf(to, address.value), at: { port: guest.value.port } }) : guest;
}
