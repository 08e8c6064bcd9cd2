import { MOST_PROBLEMS, refuse } from '../check-parse';
import type { Problem, Result } from '../result';
import { finishNics } from './finish';
import { convertGanetiNic, type GanetiNic } from './ganeti-nic';
import { MOST_NICS, type ReadNics } from './guest-nics';
import { freeNicName } from './names';

export type GanetiGuest = {
  readonly guest?: string | undefined;
  readonly nics: readonly GanetiNic[];
  /** The hypervisor parameter `nic_type`, which is of all cards. */
  readonly cards?: string | undefined;
};

/** The NICs of an instance; `placeOf` says how its text calls the one with this number. */
export function finishGaneti(
  { guest, nics, cards }: GanetiGuest,
  placeOf: (i: number) => string,
): Result<ReadNics> {
  if (nics.length > MOST_NICS) return refuse([problem(`There are more than ${MOST_NICS} NICs.`)]);
  const taken = new Set(nics.flatMap(({ name }) => name ?? []));
  const converted = nics.map((nic, i) => {
    const name = nic.name ?? freeNicName(taken, i);
    taken.add(name);
    return { name, ...convertGanetiNic(nic) };
  });
  const problems = converted.flatMap((c, i) => c.problems.map((what) => problem(`${placeOf(i)}: ${what}`)));
  if (problems.length > 0) return refuse(problems.slice(0, MOST_PROBLEMS));
  // Ganeti calls virtio paravirtual.
  const model = cards === 'paravirtual' ? undefined : cards;
  return finishNics(
    {
      guest,
      nics: converted.map(({ name, nic }) => ({ name, ...nic, model })),
      notes: converted.flatMap(({ name, notes }) => notes.map((n) => `NIC ${name}: ${n}`)),
    },
    (path) =>
      typeof path[1] === 'number' ? `${placeOf(path[1])}: ${wordFor(path)}` : 'The name of the instance',
  );
}

const problem = (message: string): Problem => ({ path: [], code: 'GANETI', message });

/** What Ganeti calls a field. */
function wordFor([, , field, more]: Problem['path']): string {
  if (field === 'model') return 'nic_type';
  if (field === 'addresses') return 'ip';
  if (field === 'source') return more === 'network' ? 'network' : 'link';
  return String(field ?? 'NIC');
}
