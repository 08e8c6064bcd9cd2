import { bitRate } from './bit-rate';
import { Bandwidth } from './kinds/port';
import { fail, ok, type Result } from './result';

/* Limits in one line: as a port tells them by its alias, and as people type them on the command line. */

const WAYS = [
  ['in', 'inbound'],
  ['out', 'outbound'],
] as const;
const FIELDS = {
  inbound: ['average', 'peak', 'burst', 'floor'],
  outbound: ['average', 'peak', 'burst'],
} as const;
type Limit = NonNullable<Bandwidth['inbound']>;

/** `in=1250,2500,64;out=125`: average, peak, burst and floor, in libvirt's units; what is not said is empty. */
export function limitText(bandwidth: Bandwidth): string {
  return WAYS.flatMap(([short, way]) => {
    const limit: Limit | undefined = bandwidth[way];
    if (limit === undefined) return [];
    const numbers = FIELDS[way].map((field) => limit[field] ?? '').join(',');
    return [`${short}=${numbers.replace(/,+$/, '')}`];
  }).join(';');
}

/** Undefined for anything that is no such text, and for one without a limit. */
export function parseLimitText(text: string): Bandwidth | undefined {
  const found: Partial<Record<(typeof WAYS)[number][1], unknown>> = {};
  for (const part of text.split(';')) {
    const [, short, numbers = ''] = /^(in|out)=([\d,]+)$/.exec(part) ?? [];
    const way = WAYS.find(([s]) => s === short)?.[1];
    if (way === undefined) return undefined;
    found[way] = numbered(way, numbers.split(','));
  }
  const parsed = Bandwidth.safeParse(found);
  return parsed.success ? parsed.data : undefined;
}

const numbered = (way: 'inbound' | 'outbound', numbers: readonly string[]): object =>
  Object.fromEntries(
    numbers.flatMap((n, i) => (n === '' ? [] : [[FIELDS[way][i] ?? 'more', Number(n)] as const])),
  );

/** `AVERAGE[,PEAK[,BURST]]` as `virsh domiftune` takes it. */
export function parseLimitWords(text: string): Result<NonNullable<Bandwidth['outbound']>> {
  const numbers = text.split(',');
  if (numbers.length > 3 || !numbers.every((n, i) => /^\d{1,10}$/.test(n) || (i > 0 && n === '')))
    return fail(
      'INVALID',
      'A limit is AVERAGE[,PEAK[,BURST]] in whole numbers: kilobytes per second, and KiB of a burst.',
    );
  const parsed = Bandwidth.shape.outbound.unwrap().safeParse(numbered('outbound', numbers));
  return parsed.success ? ok(parsed.data) : fail('INVALID', parsed.error.issues[0]?.message ?? '');
}

export type LimitFlags = {
  readonly inbound?: Bandwidth['outbound'];
  readonly outbound?: Bandwidth['outbound'];
  readonly floor?: number;
};

/** Null: without any limit. */
export function bandwidthOf({ inbound, outbound, floor }: LimitFlags): Bandwidth | null {
  if (inbound === undefined && outbound === undefined && floor === undefined) return null;
  return {
    ...(inbound === undefined && floor === undefined
      ? {}
      : { inbound: { ...inbound, ...(floor === undefined ? {} : { floor }) } }),
    ...(outbound === undefined ? {} : { outbound }),
  };
}

/** "gets at most 10 Mbit/s, at least 1 Mbit/s; sends at most 1 Mbit/s". */
export function limitWords({ inbound, outbound }: Bandwidth): string {
  const most = (average: number | undefined) =>
    average === undefined ? [] : [`at most ${bitRate(average * 1000)}`];
  const gets = [
    ...most(inbound?.average),
    ...(inbound?.floor === undefined ? [] : [`at least ${bitRate(inbound.floor * 1000)}`]),
  ];
  return [
    ...(gets.length === 0 ? [] : [`gets ${gets.join(', ')}`]),
    ...most(outbound?.average).map((sends) => `sends ${sends}`),
  ].join('; ');
}
