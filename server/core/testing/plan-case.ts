import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Desired } from '../change';
import { nothingCommitted, type PlanInput } from '../plan';
import { observedOf } from './observed';

/*
 * A golden case of a plan: before.json is what was observed and committed, desired.json what shall be. `observed` takes
 * sections as `patchbay observe --json` prints their items; what is left out is known and empty, a text is the reason
 * why it is unknown.
 */

const Before = z.strictObject({
  committed: Desired,
  purpose: z.enum(['change', 'restore']).optional(),
  ours: z.array(Desired).optional(),
  observed: z.unknown(),
});

/** What is planned in the case that this folder holds. */
export function planCase(folder: string): PlanInput {
  const read = (file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
  const { committed, purpose, ours, observed } = Before.parse(read('before.json'));
  return {
    observed: observedOf(observed),
    committed: { ...nothingCommitted(''), desired: committed },
    desired: Desired.parse(read('desired.json')),
    ...(purpose === undefined ? {} : { purpose }),
    ...(ours === undefined ? {} : { ours }),
  };
}
