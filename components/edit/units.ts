import type { LeaseTime } from '@/server/core/kinds/subnet';

/*
 * Amounts as people type them. Each answer is null when the text means nothing of the kind.
 */

const AMOUNT = /^(\d+(?:[.,]\d+)?)\s*([a-zA-Zµ/]*)$/;

function amount(text: string): { readonly n: number; readonly unit: string } | null {
  const [, digits, unit = ''] = AMOUNT.exec(text.trim()) ?? [];
  return digits === undefined ? null : { n: Number(digits.replace(',', '.')), unit };
}

const UNITS: Readonly<Record<string, readonly ['seconds' | 'minutes' | 'hours', number]>> = {
  s: ['seconds', 1],
  m: ['minutes', 1],
  h: ['hours', 1],
  d: ['hours', 24],
  w: ['hours', 168],
};
const TIME_UNIT = /^(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/i;

/** `12h`, `90 min`, `1 day`, `forever`. Without a unit: seconds. */
export function parseLease(text: string): LeaseTime | null {
  if (/^(for ?ever|infinite)$/i.test(text.trim())) return { expiry: 0, unit: 'minutes' };
  const given = amount(text);
  if (given === null || (given.unit !== '' && !TIME_UNIT.test(given.unit))) return null;
  const [unit, times] = UNITS[(given.unit || 's')[0]?.toLowerCase() ?? ''] ?? [];
  if (unit === undefined || times === undefined) return null;
  const expiry = given.n * times;
  if (Number.isInteger(expiry)) return { expiry, unit };
  // Half an hour is thirty minutes.
  const [smaller, more] = unit === 'hours' ? (['minutes', 60] as const) : (['seconds', 60] as const);
  return unit !== 'seconds' && Number.isInteger(expiry * more)
    ? { expiry: expiry * more, unit: smaller }
    : null;
}

const SHORT = { seconds: 's', minutes: ' min', hours: 'h' } as const;
export const leaseText = ({ expiry, unit }: LeaseTime): string =>
  expiry === 0 && unit === 'minutes' ? 'forever' : `${expiry}${SHORT[unit]}`;

const BITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `10 Mbit/s`, `1.2 MB/s`, `1200` as whole kilobytes (1000 bytes) per second; what is between two is rounded. */
export function parseRate(text: string): number | null {
  const given = amount(text);
  if (given === null) return null;
  if (given.unit === '') return given.n;
  const found = /^([kmgt]?)(i?)(bit|bps|byte|b)s?(\/s|ps)?$/i.exec(given.unit);
  const factor = found === null ? undefined : BITS[(found[1] ?? '').toLowerCase()];
  if (found === null || factor === undefined) return null;
  const [, prefix = '', binary, word = ''] = found;
  const bits = word === 'B' || /^byte$/i.test(word) ? 8 : 1;
  const base = binary ? 1024 ** Math.round(Math.log10(BITS[prefix.toLowerCase()] ?? 1) / 3) : factor;
  return Math.round((given.n * base * bits) / 8 / 1000);
}

/** `10 Mbit/s` where it is a round one, else `1201 kB/s`. */
export const rateText = (kilobytes: number): string => {
  const kbit = kilobytes * 8;
  if (kbit % 1_000_000 === 0) return `${kbit / 1_000_000} Gbit/s`;
  return kbit % 1000 === 0 ? `${kbit / 1000} Mbit/s` : `${kilobytes} kB/s`;
};

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1, m: 1024, g: 1024 ** 2 };

/** `512 KiB`, `1 MiB`, `512` in kibibytes; `kB` is taken for one, as libvirt means it. */
export function parseBurst(text: string): number | null {
  const given = amount(text);
  const found = given && /^([kmg]?)(i?b)?$/i.exec(given.unit);
  if (!given || !found || (given.unit !== '' && found[1] === '')) return null;
  return given.n * (BYTES[(found[1] ?? '').toLowerCase()] ?? 1);
}
export const burstText = (kibibytes: number): string =>
  kibibytes % 1024 ** 2 === 0
    ? `${kibibytes / 1024 ** 2} GiB`
    : kibibytes % 1024 === 0
      ? `${kibibytes / 1024} MiB`
      : `${kibibytes} KiB`;

/** `10, 20-22` as 10, 20, 21, 22. */
export function parseTags(text: string): readonly number[] | null {
  const tags: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter((p) => p !== '')) {
    const [, from, to] = /^(\d{1,5})(?:[-–](\d{1,5}))?$/.exec(part) ?? [];
    if (from === undefined) return null;
    const [first, last] = [Number(from), Number(to ?? from)];
    if (last < first || last - first > 4095) return null;
    for (let id = first; id <= last; id++) tags.push(id);
  }
  return tags;
}

export function tagsText(tags: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const id of tags) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] + 1 === id) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}-${b}`)).join(', ');
}

/** `192.168.5.1/24` and `192.168.5.1 255.255.255.0`, in two; null when it is one word. */
export function splitCidr(text: string): readonly [address: string, length: string] | null {
  const [, address, length] = /^([^\s/]+)\s*[/\s]\s*([\d.]+)$/.exec(text.trim()) ?? [];
  return address === undefined || length === undefined ? null : [address, length];
}
