import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { GuestName } from '@/server/core/ids';
import { Nic } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from '../durable';
import { isAlive, ProcessRef } from '../processes';
import { filesOf, type MachinePlace } from './place';

/* Who holds which tap, written down beside the guest's monitor: it outlives the agent, and QEMU. */

const TapRecord = z.strictObject({
  guest: GuestName,
  process: ProcessRef,
  nics: z.array(
    z.strictObject({
      nic: Nic,
      /** Among the guest's NICs, from 0. */
      index: z.int(),
      /** `waiting`: its guest is still arriving from elsewhere. */
      tap: z.enum(['waiting', 'set up']),
      /** What failed once it was up. */
      trouble: z.string().optional(),
    }),
  ),
});
export type TapRecord = z.infer<typeof TapRecord>;

const fileOf = (place: Pick<MachinePlace, 'folder'>, guest: string) =>
  path.join(filesOf(place, guest).home, 'taps.json');

export function writeTapRecord(place: Pick<MachinePlace, 'folder'>, record: TapRecord): void {
  writeDurably(fileOf(place, record.guest), `${JSON.stringify(record, null, 2)}\n`);
}

/** Null where nothing is written down. Failure TAPS_UNREADABLE. */
export function readTapRecord(
  place: Pick<MachinePlace, 'folder'>,
  guest: GuestName,
): Result<TapRecord | null> {
  const text = readIfThere(fileOf(place, guest));
  if (text === null) return ok(null);
  const parsed = TapRecord.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  return fail('TAPS_UNREADABLE', `The record of the taps of guest ${guest} cannot be read.`, {
    detail: parsed.error.message,
  });
}

export const dropTapRecord = (place: Pick<MachinePlace, 'folder'>, guest: GuestName): void =>
  rmSync(fileOf(place, guest), { force: true });

/** Writes down what failed once this tap was up; null: nothing. */
export function noteTrouble(
  place: Pick<MachinePlace, 'folder'>,
  guest: GuestName,
  { nic, trouble }: { readonly nic: Nic['name']; readonly trouble: string | null },
): void {
  const record = readTapRecord(place, guest);
  if (!record.ok || record.value === null) return;
  const nics = record.value.nics.map(({ trouble: before, ...n }) => {
    const now = n.nic.name === nic ? (trouble ?? undefined) : before;
    return now === undefined ? n : { ...n, trouble: now };
  });
  writeTapRecord(place, { ...record.value, nics });
}

/** A tap as it is written down; `holder` is whether the process that had it is still there. */
export type RecordedTap = {
  readonly guest: GuestName;
  readonly nic: Nic['name'];
  readonly tap: string;
  readonly pid: number;
  readonly holder: 'alive' | 'gone';
  readonly state: TapRecord['nics'][number]['tap'];
};

/** All taps that are written down here. What cannot be read is left out. */
export function recordedTaps(place: Pick<MachinePlace, 'folder'>): readonly RecordedTap[] {
  if (!existsSync(place.folder)) return [];
  return readdirSync(place.folder).flatMap((name): readonly RecordedTap[] => {
    const guest = GuestName.safeParse(name);
    const record = guest.success ? readTapRecord(place, guest.data) : ok(null);
    if (!guest.success || !record.ok || record.value === null) return [];
    const { process, nics } = record.value;
    const holder = isAlive(process) ? 'alive' : 'gone';
    return nics.flatMap(({ nic, tap: state }) =>
      nic.tap === undefined
        ? []
        : [
            {
              guest: guest.data,
              nic: nic.name,
              tap: nic.tap,
              pid: process.pid,
              holder,
              state,
            },
          ],
    );
  });
}
