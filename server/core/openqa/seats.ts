import { items, type Link, type Observed, type OvsBridge } from '../observed';
import { ovsPortsOf } from '../plan-ovs-situation';
import { fail, ok, type Result } from '../result';
import { type Seat, type Size, seatOf, seatsOf, tapName } from './numbering';

type OvsPort = OvsBridge['ports'][number];

/** A place of the pool, with what is there. */
export type FilledSeat = Seat & {
  readonly tap: string;
  readonly link: Link | undefined;
  /** Its port of the pool's bridge; undefined where it is not plugged in there. */
  readonly port: OvsPort | undefined;
  /** Whoever has it open: "qemu-system-x86 (process 17)". */
  readonly holder: string | null;
};

export type SeenPool = {
  readonly bridge: OvsBridge;
  readonly size: Size;
  readonly seats: readonly FilledSeat[];
};

const seatsIn = (bridge: OvsBridge): readonly Seat[] =>
  ovsPortsOf(bridge).flatMap((p) => seatOf(p.name) ?? []);

/**
 * The pool that a host has, by the taps on its bridge. Failures: UNKNOWN, NO_POOL, WHICH_POOL (several bridges have
 * taps, and none is named).
 */
export function seenPool(observed: Observed, named: string | undefined): Result<SeenPool> {
  const { ovsBridges } = observed;
  if (!ovsBridges.known)
    return fail('UNKNOWN', `Open vSwitch cannot be asked: ${ovsBridges.why.replace(/\.?$/, '.')}`);
  const all = items(ovsBridges).filter(
    (b) => (named === undefined || b.name === named) && seatsIn(b).length > 0,
  );
  const [bridge, ...more] = all;
  if (bridge === undefined)
    return fail(
      'NO_POOL',
      `${named === undefined ? 'No bridge of Open vSwitch' : `No bridge ${named} of Open vSwitch`} here has taps of openQA's numbering (tap0, tap1, tap64).`,
    );
  if (more.length > 0)
    return fail(
      'WHICH_POOL',
      `Several bridges have taps of openQA's numbering: ${all.map((b) => b.name).join(', ')}. Say which one is meant.`,
    );
  const there = seatsIn(bridge);
  const size = {
    workers: Math.max(...there.map((s) => s.worker)),
    nics: Math.max(...there.map((s) => s.nic)),
  };
  return ok({ bridge, size, seats: seatsOf(size).map((seat) => filled(observed, bridge, seat)) });
}

function filled(observed: Observed, bridge: OvsBridge, seat: Seat): FilledSeat {
  const tap = tapName(seat);
  const [process] = observed.tapHolders.known ? (observed.tapHolders.value[tap]?.processes ?? []) : [];
  return {
    ...seat,
    tap,
    link: observed.links.known ? observed.links.value[tap] : undefined,
    port: bridge.ports.find((p) => p.name === tap),
    holder: process === undefined ? null : `${process.guest ?? process.command} (process ${process.pid})`,
  };
}

/** A job runs there: its VLAN is set when it begins and taken away when it ends. */
export const inUse = ({ port, holder }: FilledSeat): boolean =>
  holder !== null || (port?.tag ?? null) !== null;

/** "tap65 (worker 2, NIC 2)". */
export const seatWords = ({ tap, worker, nic }: FilledSeat): string =>
  `${tap} (worker ${worker}, NIC ${nic})`;

export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
