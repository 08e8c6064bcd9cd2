import type { z } from 'zod';
import { PciAddress } from '@/server/core/kinds/forward';
import { LeaseTime } from '@/server/core/kinds/subnet';
import { prefixOfNetmask } from '@/server/core/libvirt/written';
import type { Leaf } from './shape';
import { burstText, leaseText, parseBurst, parseLease, parseRate, rateText } from './units';

const plain = (value: unknown): string => (value === undefined ? '' : String(value));
const leaf = (write: Leaf['write'], read: Leaf['read'], standIns: Leaf['standIns'] = ['', '']): Leaf => ({
  is: 'leaf',
  write,
  read,
  standIns,
});

/** Text that has to be there. */
export const text = (standIns?: Leaf['standIns']): Leaf =>
  leaf(plain, (typed) => ({ value: typed.trim() }), standIns);

/** Text that may be left out. */
export const maybe = (): Leaf => leaf(plain, (typed) => ({ value: typed.trim() || undefined }));

/** As it was typed, spaces and line breaks too. */
export const verbatim = (): Leaf =>
  leaf(plain, (typed) => ({ value: typed.replaceAll('\r', '') || undefined }));

/** A whole number. What is none is left to the schema to refuse. */
export const whole = (standIns?: Leaf['standIns']): Leaf =>
  leaf(
    plain,
    (typed) => {
      const t = typed.trim();
      if (t === '') return { value: undefined };
      return { value: /^\d{1,10}$/.test(t) ? Number(t) : Number.NaN };
    },
    standIns,
  );

/** A prefix length, or a netmask that means one. */
export const prefix = (): Leaf =>
  leaf(
    plain,
    (typed) => {
      const t = typed.trim().replace(/^\//, '');
      if (/^\d{1,3}$/.test(t)) return { value: Number(t) };
      const length = prefixOfNetmask(t);
      return t.includes('.') && length !== null
        ? { value: length }
        : { problem: 'A prefix length is a number like 24, or a netmask like 255.255.255.0.' };
    },
    ['24', '25'],
  );

/** Yes, no, or what is usual. */
export const yesNo = (): Leaf =>
  leaf(
    (value) => (value === undefined ? '' : value === true ? 'yes' : 'no'),
    (chosen) => ({ value: chosen === '' ? undefined : chosen === 'yes' }),
  );

const meaning = <T>(
  schema: z.ZodType<T>,
  write: (value: T) => string,
  read: (typed: string) => unknown,
  problem: string,
): Leaf =>
  leaf(
    (value) => (value === undefined ? '' : write(schema.parse(value))),
    (typed) => {
      if (typed.trim() === '') return { value: undefined };
      const value = read(typed);
      return value === null ? { problem } : { value };
    },
  );

export const lease = (): Leaf =>
  meaning(LeaseTime, leaseText, parseLease, 'A lease time looks like 12h, 90 min or forever.');

const number = (
  write: (n: number) => string,
  read: (typed: string) => number | null,
  problem: string,
): Leaf =>
  leaf(
    (value) => (typeof value === 'number' ? write(value) : ''),
    (typed) => {
      if (typed.trim() === '') return { value: undefined };
      const value = read(typed);
      return value === null ? { problem } : { value };
    },
  );
export const rate = (): Leaf =>
  number(
    rateText,
    parseRate,
    'A rate looks like 10 Mbit/s, 1.2 MB/s or 1200 (kB/s); units are bit/s and B/s, with k, M or G before them.',
  );
export const burst = (): Leaf =>
  number(
    burstText,
    parseBurst,
    'A burst looks like 512 KiB, 1 MiB or 512 (KiB); units are KiB, MiB and GiB.',
  );

const parts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const orNothing = (all: readonly unknown[]) => ({ value: all.length === 0 ? undefined : all });

const split = (typed: string) => typed.split(/[\s,;]+/).filter((w) => w !== '');
const joined = (value: unknown) => parts(value).join(', ');
/** Words between blanks or commas. */
export const words = (): Leaf => leaf(joined, (typed) => orNothing(split(typed)));
/** At least one of them has to be there. */
export const someWords = (): Leaf => leaf(joined, (typed) => ({ value: split(typed) }), ['a', 'b']);

/** One a line. */
export const lines = (): Leaf =>
  leaf(
    (value) => parts(value).join('\n'),
    (typed) => orNothing(typed.split(/\r?\n/).filter((l) => l.trim() !== '')),
  );

const PCI = /^(?:([0-9a-f]{4}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i;

/** PCI functions as `lspci -D` prints them. */
export const pciAddresses = (): Leaf =>
  leaf(
    (value) =>
      parts(value)
        .map((a) => PciAddress.parse(a))
        .map((a) => `${a.domain}:${a.bus}:${a.slot}.${a.function}`)
        .join('\n'),
    (typed) => {
      const all = split(typed);
      const found = all.flatMap((word) => {
        const [, domain = '0000', bus, slot, fn] = PCI.exec(word) ?? [];
        return bus === undefined ? [] : [{ domain, bus, slot, function: fn }];
      });
      if (found.length < all.length)
        return { problem: 'A PCI address looks like 0000:03:10.1, as lspci -D prints it.' };
      return orNothing(found);
    },
  );

/** What has no field, and is kept as it is. */
export const carried = (): Leaf =>
  leaf(
    (value) => (value === undefined ? '' : JSON.stringify(value)),
    (kept) => ({ value: kept === '' ? undefined : JSON.parse(kept) }),
  );
