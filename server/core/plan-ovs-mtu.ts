import type { Action } from './change';
import { items } from './observed';
import { type Columns, transact } from './plan-ovs-columns';
import type { Situation } from './plan-situation';

/*
 * Open vSwitch gives a device the MTU that is requested, and leaves it at that when nothing is requested any more. Nobody
 * else can raise it then: it puts its own devices back to the least MTU that it knew of its ports. It has to be asked.
 */

const REQUEST = 'Interface mtu_request';
/** What Ethernet has. */
const USUAL = 1500;

const set = (port: string, mtu: number): readonly Action[] => [
  transact([['set', 'Interface', port, `mtu_request=${mtu}`]]),
  transact([['clear', 'Interface', port, 'mtu_request']]),
];
const ends = (from: Columns, to: Columns) =>
  (from[REQUEST] ?? null) !== null && (to[REQUEST] ?? null) === null;

/** What follows when columns of a port go `from` one state `to` the other: an MTU that is no longer wanted is the usual one. */
export const mtuAfter = (port: string, from: Columns, to: Columns): readonly Action[] =>
  ends(from, to) ? set(port, USUAL) : [];

/** What follows when they go back: the MTU that the device had, where nothing requests it. */
export const mtuAgain = (
  s: Pick<Situation, 'observed'>,
  port: string,
  from: Columns,
  to: Columns,
): readonly Action[] => {
  const had = items(s.observed.links).find((l) => l.name === port)?.mtu;
  return ends(to, from) && had !== undefined ? set(port, had) : [];
};
