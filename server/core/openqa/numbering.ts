import { IfName } from '../ids';

/*
 * openQA's numbering of taps: worker n uses tap(n-1) for the first NIC of a job and 64 more for each further one, so that
 * worker 2 has tap1, tap65, tap129.
 */

/** So far apart are the taps of one worker. */
const STRIDE = 64;
export const MOST_WORKERS = STRIDE;
/** openQA knows no end; no job has been seen with more than three. */
export const MOST_NICS = 4;

/** Both from 1. */
export type Seat = { readonly worker: number; readonly nic: number };

export const tapName = ({ worker, nic }: Seat): IfName =>
  IfName.parse(`tap${worker - 1 + STRIDE * (nic - 1)}`);

/** Whose tap it is; null for names that are not of this numbering. */
export function seatOf(name: string): Seat | null {
  const digits = /^tap(0|[1-9]\d{0,3})$/.exec(name)?.[1];
  if (digits === undefined) return null;
  const n = Number(digits);
  return { worker: (n % STRIDE) + 1, nic: Math.floor(n / STRIDE) + 1 };
}

export type Size = { readonly workers: number; readonly nics: number };

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Worker by worker. */
export const seatsOf = ({ workers, nics }: Size): readonly Seat[] =>
  upTo(workers).flatMap((worker) => upTo(nics).map((nic) => ({ worker, nic })));

export const tapNames = (size: Size): readonly IfName[] => seatsOf(size).map(tapName);
