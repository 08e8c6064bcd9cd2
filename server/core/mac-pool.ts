import { z } from 'zod';
import { MacAddress } from './ids';
import { macText, octetsOf } from './mac-text';
import { fail, ok, type Result } from './result';

/* Pools of MAC addresses: a prefix that is completed with numbers in sequence. */

/** What a guest runs on: each has a prefix of its own. */
export const MAC_DRIVERS = ['qemu', 'xen'] as const;
export const MacDriver = z.enum(MAC_DRIVERS, 'A driver is "qemu" or "xen".');
export type MacDriver = z.infer<typeof MacDriver>;
export const driverWords: Readonly<Record<MacDriver, string>> = { qemu: 'QEMU and KVM', xen: 'Xen' };

/** What QEMU, libvirt and Xen give to guests by convention. */
export const BUILT_IN: Readonly<Record<MacDriver, string>> = { qemu: '52:54:00', xen: '00:16:3e' };

/** Prefixes that the IEEE gave to those who make virtual machines; other global ones are of real network cards. */
const VIRTUAL = ['00:16:3e', '00:15:5d', '00:1c:42', '00:50:56', '08:00:27', 'bc:24:11'];

/** One to five octets, in the usual spellings, that addresses may be generated below; kept in lower case with colons. */
export const MacPrefix = z
  .string()
  .trim()
  .toLowerCase()
  .transform((text, ctx) => {
    const octets = octetsOf(text);
    const why = octets === null ? SPELLING : whyNotBelow(octets);
    if (octets !== null && why === null) return macText(octets);
    ctx.addIssue({ code: 'custom', message: why ?? SPELLING });
    return z.NEVER;
  })
  .brand<'MacPrefix'>();
export type MacPrefix = z.infer<typeof MacPrefix>;

const SPELLING =
  'A MAC prefix is one to five pairs of hexadecimal digits, like 52:54:00, 52-54-00 or 5254.00.';

/** Why no address may be generated that begins so, in one sentence, or null. */
function whyNotBelow(octets: readonly number[]): string | null {
  const text = macText(octets);
  const [first = 0] = octets;
  if (octets.length > 5) return `${text} is a whole address: a MAC prefix has one to five octets.`;
  if ((first & 1) === 1)
    return `Addresses that begin with ${macText([first])} are multicast and cannot belong to a NIC: the first octet has to be even.`;
  if (first === 0xfe) return 'Addresses that begin with fe are what libvirt gives to taps of the host.';
  if ((first & 2) === 2 || VIRTUAL.some((v) => text.startsWith(v))) return null;
  return `${text} is for makers of network cards: take a locally administered prefix, whose first octet ends in 2, 6, a or e, like 02:${macText(octets.slice(1, 3)) || '00:00'}.`;
}

/** What somebody wants as the address of a NIC. */
export type MacWish =
  /** The next one of a pool. */
  | { readonly is: 'next' }
  /** One that begins so. */
  | { readonly is: 'partial'; readonly prefix: MacPrefix }
  /** Exactly this one. */
  | { readonly is: 'fixed'; readonly mac: MacAddress };

/** Reads what was typed: nothing, the beginning of an address, or a whole one. INVALID, with a sentence. */
export function parseMacWish(text: string): Result<MacWish> {
  const plain = text.trim();
  if (plain === '') return ok({ is: 'next' });
  const octets = octetsOf(plain);
  if (octets === null)
    return fail(
      'INVALID',
      'A MAC address is six pairs of hexadecimal digits, like 52:54:00:12:34:56, or the first ones of them.',
    );
  if (octets.length < 6) {
    const prefix = MacPrefix.safeParse(plain);
    return prefix.success
      ? ok({ is: 'partial', prefix: prefix.data })
      : fail('INVALID', prefix.error.issues[0]?.message ?? SPELLING);
  }
  const mac = MacAddress.safeParse(plain);
  return mac.success
    ? ok({ is: 'fixed', mac: mac.data })
    : fail('INVALID', mac.error.issues[0]?.message ?? 'This MAC address cannot belong to a NIC.');
}

/** The same as a schema, for forms, the API and the command line. */
export const MacWish = z
  .string()
  .max(40, 'A MAC address has at most 17 characters.')
  .transform((text, ctx): MacWish => {
    const wish = parseMacWish(text);
    if (wish.ok) return wish.value;
    ctx.addIssue({ code: 'custom', message: wish.error.message });
    return z.NEVER;
  });

/** How many addresses begin so: 256 below five octets, 2^40 below one. */
export const sizeOf = (prefix: MacPrefix): number => 256 ** (6 - prefix.split(':').length);

/** The address with that number below a prefix; numbers go from 0 to `sizeOf`. */
export function macAt(prefix: MacPrefix, n: number): MacAddress {
  const digits = 2 * (6 - prefix.split(':').length);
  const rest = n.toString(16).padStart(digits, '0').match(/../g) ?? [];
  return MacAddress.parse([prefix, ...rest].join(':'));
}

/** The number of an address below a prefix; null when it does not begin so. */
export function numberIn(prefix: MacPrefix, mac: string): number | null {
  if (!mac.startsWith(`${prefix}:`)) return null;
  return Number.parseInt(mac.slice(prefix.length).replaceAll(':', ''), 16);
}

export type Taken = (mac: MacAddress) => boolean;

/**
 * The first free address below a prefix from number `from` on, going around at the end: sequential, as KVM autotest
 * completes addresses. Null when every one is taken.
 */
export function nextFree(prefix: MacPrefix, from: number, taken: Taken): MacAddress | null {
  const size = sizeOf(prefix);
  for (let i = 0; i < size; i += 1) {
    const mac = macAt(prefix, (from + i) % size);
    if (!taken(mac)) return mac;
  }
  return null;
}

/**
 * Where a sequence begins that nobody has begun: by chance (`random` from 0 to 1), because two installations in one
 * network that both began at zero would give the same addresses.
 */
export const firstNumber = (prefix: MacPrefix, random: number): number =>
  Math.floor(random * sizeOf(prefix)) % sizeOf(prefix);

/** Of a pool, or of an unfinished address, that has nothing left. */
export const exhausted = (prefix: MacPrefix): Result<never> =>
  fail(
    'EXHAUSTED',
    `No MAC address that begins with ${prefix} is free: all ${sizeOf(prefix).toLocaleString('en')} are given or in use.`,
  );
