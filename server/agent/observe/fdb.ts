import type { Fact, FdbEntry } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { isEmpty, keyed, type Parsed, parseList, type Reader, readWith } from './reading';
import { anInt, aText, listOf, maybe, object, unlessGiven } from './shape';

const bridgeFdb = (device?: string) =>
  object({
    mac: aText,
    ifname: unlessGiven(aText, device),
    master: maybe(aText),
    vlan: maybe(anInt),
    state: maybe(aText),
    dst: maybe(aText),
    flags: maybe(listOf(aText)),
  });

/**
 * Text of `bridge -j fdb show`. Left out: the group addresses that each device itself listens to (`self`,
 * multicast), three a device, which forward nothing.
 * @param device the one that was asked for: then it is not printed
 */
export function parseFdb(text: string, device?: string): Parsed<FdbEntry> {
  const list = parseList(bridgeFdb(device), text, (raw) => isEmpty(raw) || isOwnGroup(raw));
  if (!list.ok) return list;
  const entries = new Map<string, FdbEntry>();
  for (const raw of list.value) {
    const flags = raw.flags ?? [];
    const entry: FdbEntry = {
      mac: raw.mac,
      port: raw.ifname,
      bridge: raw.master ?? null,
      vlan: raw.vlan ?? null,
      state: raw.state || null,
      flags,
      ...(raw.dst == null ? {} : { remote: raw.dst }),
    };
    entries.set(freeKey(entries, entry), entry);
  }
  return ok(keyed(entries));
}

/** A group address that the device itself listens to: a thousand taps have three thousand of them. */
function isOwnGroup(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null || 'dst' in raw) return false;
  return (
    'mac' in raw &&
    typeof raw.mac === 'string' &&
    (Number.parseInt(raw.mac.slice(0, 2), 16) & 1) === 1 &&
    'flags' in raw &&
    Array.isArray(raw.flags) &&
    raw.flags.includes('self')
  );
}

/** The same address can stand once in the bridge's and once in the device's own table, and lead to several remotes. */
function freeKey(taken: ReadonlyMap<string, FdbEntry>, entry: FdbEntry): string {
  const plain = `${entry.port} ${entry.mac} ${entry.vlan ?? ''}`;
  if (!taken.has(plain)) return plain;
  return [plain, ...entry.flags, ...(entry.remote === undefined ? [] : [entry.remote])].join(' ');
}

export const fdbReader: Reader<FdbEntry> = {
  what: 'forwarding tables',
  argv: ['bridge', '-j', 'fdb', 'show'],
  parse: (text) => parseFdb(text),
};
export const observeFdb = (): Promise<Fact<FdbEntry>> => readWith(fdbReader);
