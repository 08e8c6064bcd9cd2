import type { GuestName } from '@/server/core/ids';
import type { MicroGuest } from '@/server/core/kinds/micro-guest';
import type { NicName } from '@/server/core/kinds/nic';
import type { Result } from '@/server/core/result';
import type { ProcessRef } from '../processes';
import type { MachinePlace } from './place';
import { readTapRecord, type TapRecord, writeTapRecord } from './tap-record';
import { downAll, type Seat, tapSetup, upAll } from './tap-setup';

/* Taps of a guest between its start and its end, as they are written down. */

export const setupOf = ({ taps = tapSetup() }: Pick<MachinePlace, 'taps'>) => taps;

/** `arriving`: it waits for the state of one that runs elsewhere, and its taps wait as they were opened. */
export type Beginning = 'booting' | 'arriving';

export const seatsOf = ({ name, nics }: Pick<MicroGuest, 'name' | 'nics'>): readonly Seat[] =>
  nics.map((nic, index) => ({ guest: name, nic, index }));

type State = TapRecord['nics'][number]['tap'];

export const recordOf = (
  { nic, index }: Seat,
  tap: State,
  trouble?: string | null,
): TapRecord['nics'][number] => ({
  ...{ nic, index, tap },
  ...(trouble ? { trouble } : {}),
});

export type Coming = {
  readonly guest: GuestName;
  /** Who holds the taps. */
  readonly process: ProcessRef;
  readonly seats: readonly Seat[];
};

/**
 * Sets up the taps of a guest, all or none; answers what failed once they were up. They are written down before, so that
 * an agent that dies meanwhile leaves nothing behind that nobody knows of.
 */
export async function bringUp(
  place: MachinePlace,
  { guest, process, seats }: Coming,
): Promise<Result<ReadonlyMap<NicName, string>>> {
  const write = (state: State, troubles?: ReadonlyMap<NicName, string>) =>
    writeTapRecord(place, {
      ...{ guest, process },
      nics: seats.map((seat) => recordOf(seat, state, troubles?.get(seat.nic.name))),
    });
  write('set up');
  const up = await upAll(setupOf(place), seats);
  if (up.ok) write('set up', up.value);
  else write('waiting');
  return up;
}

/** Takes down what is written down as set up; answers what failed. */
export async function takeDown(place: MachinePlace, guest: GuestName): Promise<readonly string[]> {
  const record = readTapRecord(place, guest);
  if (!record.ok || record.value === null) return [];
  const up = record.value.nics.filter(({ tap }) => tap === 'set up');
  return downAll(
    setupOf(place),
    up.map(({ nic, index }) => ({ guest, nic, index })),
  );
}

/** Takes the tap of a NIC down, and out of the record; answers what failed. */
export async function forget(place: MachinePlace, guest: GuestName, name: NicName): Promise<string | null> {
  const record = readTapRecord(place, guest);
  if (!record.ok || record.value === null) return null;
  const found = record.value.nics.find(({ nic }) => nic.name === name);
  if (found === undefined) return null;
  const { nic, index, tap } = found;
  const failed = tap === 'set up' ? await setupOf(place).down({ guest, nic, index }) : null;
  writeTapRecord(place, { ...record.value, nics: record.value.nics.filter((n) => n !== found) });
  return failed;
}
