import { cidrOf } from '@/server/core/fixed-address';
import type { GuestName } from '@/server/core/ids';
import type { NicName } from '@/server/core/kinds/nic';
import type { AgentFacts, Fact, StartedMachine } from '@/server/core/observed';
import { readGuests } from '../guests-book';
import { LAB_MACHINES } from '../lab-inside';
import { findMachine } from '../qemu/place';
import { readTapRecord } from '../qemu/tap-record';
import { keyed, known, unknown } from './reading';

/** What went wrong when this tap came up, as it is written down beside its guest. */
function troubleOf(guest: GuestName, nic: NicName): { readonly trouble?: string } {
  const record = readTapRecord({ folder: LAB_MACHINES }, guest);
  if (!record.ok) return { trouble: record.error.message };
  const trouble = record.value?.nics.find((n) => n.nic.name === nic)?.trouble;
  return trouble === undefined ? {} : { trouble };
}

/** The virtual machines among the guests of a lab; agents of machines start none. */
export function observeMachines({ runDir, role }: Pick<AgentFacts, 'runDir' | 'role'>): Fact<StartedMachine> {
  const command = `cat ${runDir}/guests.json`;
  if (role === 'machine') return known(command, {});
  const guests = readGuests(runDir);
  if (!guests.ok) return unknown(command, guests.error.message);
  const machines = guests.value.machines.map(({ name, nics }): [string, StartedMachine] => [
    name,
    {
      name,
      pid: findMachine({ folder: LAB_MACHINES }, name)?.pid ?? null,
      nics: nics.map(({ name: nic, mac, port, cable, fixed }) => ({
        ...{ name: nic, mac, tap: port, cable },
        ...(fixed === undefined ? {} : { fixed: cidrOf(fixed) }),
        ...troubleOf(name, nic),
      })),
    },
  ]);
  return known(command, keyed(machines));
}
