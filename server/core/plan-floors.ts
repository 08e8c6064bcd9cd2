import { ownBandwidth } from './compile/ports';
import type { LimitGoal } from './compile/realisation';
import { type Floor, isForeign, limitStateOf } from './limit-state';
import type { Situation } from './plan-situation';
import { guestOf, guestPorts } from './port-guests';

/* What NICs are guaranteed of what is sent into their network: a class of HTB on its bridge for each. */

/** `1:1` is the whole, `1:2` is everybody without a guarantee. */
const FIRST = 3;

/** By port; the class that a NIC has stays its own, and others take the lowest that are free. */
export function floorsFor(
  s: Pick<Situation, 'observed'>,
  { device, network, sent }: Pick<LimitGoal, 'device' | 'network' | 'sent'>,
): readonly Floor[] {
  if (sent === null) return [];
  const now = limitStateOf(s.observed, device).sent;
  const had = new Map(now === null || isForeign(now) ? [] : now.floors.map((f) => [f.mac, f.n]));
  const wanted = new Map<string, number>();
  for (const { name, alias } of guestPorts(s, { name: device, network })) {
    const floor = ownBandwidth(alias)?.inbound?.floor;
    const mac = guestOf(s.observed, name)?.mac ?? null;
    if (floor !== undefined && mac !== null) wanted.set(mac, floor * 1000);
  }
  const taken = new Set([...wanted.keys()].flatMap((mac) => had.get(mac) ?? []));
  const next = () => {
    let n = FIRST;
    while (taken.has(n)) n += 1;
    taken.add(n);
    return n;
  };
  return [...wanted]
    .map(([mac, rate]) => ({ mac, rate, ceil: sent.ceil, n: had.get(mac) ?? next() }))
    .sort((a, b) => a.n - b.n);
}
