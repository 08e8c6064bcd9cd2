import type { Bandwidth } from '@/server/core/kinds/port';
import { type Limit, limitOf, WAYS } from '@/server/core/token-bucket';
import { type Amount, amountIn, RATE, SIZE } from './amounts';
import { type Tree, textAt } from './shape';

/* The fields of limits, wherever in a form they stand. */

const AMOUNTS: { readonly [F in keyof Required<Limit>]: Amount } = {
  average: RATE,
  peak: RATE,
  burst: SIZE,
  floor: RATE,
};
export const LIMIT_FIELDS = ['average', 'peak', 'burst', 'floor'] as const;

/** What the fields of a direction mean; what cannot be read is not there. */
export const limitAt = (values: Tree, at: string): Limit =>
  Object.fromEntries(
    LIMIT_FIELDS.flatMap((field) => {
      const value = amountIn(AMOUNTS[field], textAt(values, `${at}.${field}`));
      return value === undefined ? [] : [[field, value]];
    }),
  );

/** Both directions; null while some field cannot be read. */
export function bandwidthAt(values: Tree, at: string): Bandwidth | null {
  const all = WAYS.map((way) => [way, limitAt(values, `${at}.${way}`)] as const);
  const unread = all.some(([way, limit]) =>
    LIMIT_FIELDS.some((f) => limit[f] === undefined && textAt(values, `${at}.${way}.${f}`).trim() !== ''),
  );
  return unread ? null : Object.fromEntries(all.filter(([, limit]) => Object.keys(limit).length > 0));
}

/** Each field below `at`, and its text for these limits; a floor only where there can be one. */
export function textsFor(
  bandwidth: Bandwidth,
  at: string,
  floor: boolean,
): readonly (readonly [field: string, text: string])[] {
  return WAYS.flatMap((way) =>
    LIMIT_FIELDS.filter((field) => field !== 'floor' || (floor && way === 'inbound')).map((field) => {
      const value = limitOf(bandwidth, way)?.[field];
      return [`${at}.${way}.${field}`, value === undefined ? '' : AMOUNTS[field].write(value)] as const;
    }),
  );
}
