import { cidrOf } from '@/server/core/fixed-address';
import type { AgentFacts, Fact, StartedMachine } from '@/server/core/observed';
import { readGuests } from '../guests-book';
import { LAB_MACHINES } from '../lab-inside';
import { findMachine } from '../qemu/place';
import { keyed, known, unknown } from './reading';

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
      })),
    },
  ]);
  return known(command, keyed(machines));
}
