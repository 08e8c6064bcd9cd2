import { Pool } from '@/server/core/openqa/pool';
import type { Problem } from '@/server/core/result';

/** What stands in the fields: text as it was typed. */
export type PoolValues = {
  readonly workers: string;
  readonly nics: string;
  readonly network: string;
  readonly bridge: string;
  readonly address: string;
  readonly masquerade: boolean;
  readonly owner: string;
  readonly group: string;
  /** Words between commas or blanks. */
  readonly classes: string;
  readonly peers: string;
};

type Begun = Partial<Pool>;

/** The pool that is there, or a usual one. In a lab there is nobody but root. */
export function toPoolValues(there: Begun | null, isLab: boolean): PoolValues {
  const usual = Pool.parse({ workers: 3, ...(isLab ? { owner: 'root', group: 'root' } : {}) });
  const { workers, nics, classes, peers, ...rest } = { ...usual, ...there };
  return {
    ...rest,
    workers: String(workers),
    nics: String(nics),
    classes: classes.join(', '),
    peers: peers.join(', '),
  };
}

const number = (typed: string): number => (/^\d{1,6}$/.test(typed.trim()) ? Number(typed) : Number.NaN);
const words = (typed: string): readonly string[] => typed.split(/[\s,]+/).filter((w) => w !== '');

/** What the fields mean, before it is parsed. */
export const toPoolInput = (v: PoolValues): unknown => ({
  workers: number(v.workers),
  nics: number(v.nics),
  ...{ network: v.network.trim(), bridge: v.bridge.trim(), address: v.address.trim() },
  ...{ masquerade: v.masquerade, owner: v.owner.trim(), group: v.group.trim() },
  ...{ classes: words(v.classes), peers: words(v.peers) },
});

/** The first sentence for each field, without its name. */
export function byPoolField(problems: readonly Problem[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path, code, message } of problems) {
    const field = String(path[0]);
    if (!found.has(field)) found.set(field, code === 'MALFORMED' ? message.replace(/^[^:]*: /, '') : message);
  }
  return found;
}
