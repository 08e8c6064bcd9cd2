import { z } from 'zod';
import { contains, parseBlock, toNumber } from '../ip';
import type { Packet, Passing } from './packet';

/*
 * Does an expression of `nft -j` match a packet? Yes, no, or null: it asks for something that is not known here.
 */

/** Names sets of a table: their elements; null where they change by themselves. */
export type Sets = (name: string) => readonly unknown[] | null;
/** What is asked of beside the packet. */
export type World = {
  /** Is this address one of the host's own? */
  readonly isLocal: (address: string) => boolean;
  readonly sets: Sets;
};
export type Subject = { readonly packet: Packet; readonly at: Passing };

const Meta = z.object({ meta: z.object({ key: z.string() }) });
const Payload = z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) });
const Ct = z.object({ ct: z.object({ key: z.string() }) });
const Fib = z.object({
  fib: z.object({ result: z.string(), flags: z.union([z.string(), z.array(z.string())]) }),
});
const Concat = z.object({ concat: z.array(z.unknown()) });
const Match = z.object({ op: z.string(), left: z.unknown(), right: z.unknown() });

const L4 = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58, 'ipv6-icmp': 58 } as const;
const protocolOf = ({ protocol, family }: Packet): string =>
  protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol;

/** What an expression on the left is of this packet: a text, a number; null: not known; undefined: it has none. */
type Value = string | number | null | undefined;

function metaOf(key: string, { packet, at }: Subject): Value {
  switch (key) {
    case 'iifname':
    case 'iif':
      return at.in;
    case 'oifname':
    case 'oif':
      return at.out;
    case 'l4proto':
      return protocolOf(packet);
    case 'nfproto':
      return packet.family === 4 ? 'ipv4' : 'ipv6';
    case 'protocol':
      return packet.family === 4 ? 'ip' : 'ip6';
    case 'pkttype':
      return 'host';
    case 'mark':
      // Nobody marks a packet that just arrives; what rules set is not followed.
      return null;
    default:
      return null;
  }
}

function payloadOf({ protocol, field }: { protocol: string; field: string }, { packet }: Subject): Value {
  const { family } = packet;
  const l4 = protocolOf(packet);
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip') !== (family === 4)) return undefined;
    if (field === 'saddr') return packet.from;
    if (field === 'daddr') return packet.to;
    return field === 'protocol' || field === 'nexthdr' ? l4 : null;
  }
  if (protocol === 'ether') {
    if (field === 'saddr') return packet.macFrom;
    if (field === 'daddr') return packet.macTo;
    return field === 'type' ? (family === 4 ? 'ip' : 'ip6') : null;
  }
  if (protocol === 'arp' || protocol === 'vlan') return undefined;
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    if (l4 !== (protocol === 'icmp' ? 'icmp' : 'ipv6-icmp')) return undefined;
    if (field === 'type') return packet.state === 'new' ? 'echo-request' : 'echo-reply';
    return null;
  }
  if (protocol === 'th' || protocol === 'tcp' || protocol === 'udp') {
    if (protocol === 'th' ? packet.protocol === 'icmp' : packet.protocol !== protocol) return undefined;
    if (field === 'sport') return packet.sport;
    if (field === 'dport') return packet.dport;
    return null;
  }
  return l4 === protocol ? null : undefined;
}

function valueIn(left: unknown, subject: Subject, world: World): Value {
  const meta = Meta.safeParse(left);
  if (meta.success) return metaOf(meta.data.meta.key, subject);
  const payload = Payload.safeParse(left);
  if (payload.success) return payloadOf(payload.data.payload, subject);
  const ct = Ct.safeParse(left);
  if (ct.success) return ct.data.ct.key === 'state' ? subject.packet.state : null;
  const fib = Fib.safeParse(left);
  if (fib.success) {
    const { result, flags } = fib.data.fib;
    const of = Array.isArray(flags) ? flags : [flags];
    if (result !== 'type' || of.length !== 1) return null;
    const address = of[0] === 'daddr' ? subject.packet.to : subject.packet.from;
    return world.isLocal(address) ? 'local' : 'unicast';
  }
  return null;
}

const Prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.int() }) });
const Range = z.object({ range: z.tuple([z.unknown(), z.unknown()]) });
const SetOf = z.object({ set: z.union([z.array(z.unknown()), z.unknown()]) });
const Elem = z.object({ elem: z.object({ val: z.unknown() }) });

const asNumber = (value: unknown): bigint | null => {
  if (typeof value === 'number') return BigInt(value);
  return typeof value === 'string' ? toNumber(value) : null;
};

/** Is the value what stands on the right? Names of interfaces may end with `*`. */
function fits(value: string | number, right: unknown, world: World): boolean | null {
  if (typeof right === 'number') {
    if (typeof value === 'number') return value === right;
    const code = Object.entries(L4).find(([name]) => name === value)?.[1];
    return code === undefined ? null : code === right;
  }
  if (typeof right === 'string') {
    if (right.startsWith('@')) {
      const members = world.sets(right.slice(1));
      return members === null ? null : oneFits(value, members, world);
    }
    if (right.endsWith('*')) return String(value).startsWith(right.slice(0, -1));
    if (right === String(value)) return true;
    const [a, b] = [asNumber(right), asNumber(value)];
    if (a !== null && b !== null) return a === b;
    if (right in L4 && String(value) in L4)
      return L4[right as keyof typeof L4] === L4[String(value) as keyof typeof L4];
    return right.includes('/') ? inBlock(right, value) : false;
  }
  const prefix = Prefix.safeParse(right);
  if (prefix.success) return inBlock(`${prefix.data.prefix.addr}/${prefix.data.prefix.len}`, value);
  const range = Range.safeParse(right);
  if (range.success) {
    const [low, high, at] = [asNumber(range.data.range[0]), asNumber(range.data.range[1]), asNumber(value)];
    return low === null || high === null || at === null ? null : low <= at && at <= high;
  }
  if (Array.isArray(right)) return oneFits(value, right, world);
  const elem = Elem.safeParse(right);
  if (elem.success) return fits(value, elem.data.elem.val, world);
  const set = SetOf.safeParse(right);
  if (set.success) return fits(value, set.data.set, world);
  return null;
}

const inBlock = (text: string, value: string | number): boolean | null => {
  const block = parseBlock(text);
  return block === null || typeof value !== 'string' ? null : contains(block, value);
};

/** The first that fits; where none does and one could not be judged: not known. */
function oneFits(value: string | number, members: readonly unknown[], world: World): boolean | null {
  const answers = members.map((m) => fits(value, m, world));
  return answers.includes(true) ? true : answers.includes(null) ? null : false;
}

/** An expression of several parts fits a member of a set when all its parts do. */
function concatFits(
  parts: readonly unknown[],
  right: unknown,
  both: Subject & { world: World },
): boolean | null {
  const { world } = both;
  const members =
    typeof right === 'string' && right.startsWith('@')
      ? world.sets(right.slice(1))
      : ((right as { set?: unknown[] } | null)?.set ?? [right]);
  if (members === null || !Array.isArray(members)) return null;
  const answers = members.map((member) => {
    const inner = Elem.safeParse(member);
    const concat = Concat.safeParse(inner.success ? inner.data.elem.val : member);
    if (!concat.success) return null;
    const each = parts.map((part, i) => {
      const value = valueIn(part, both, world);
      if (value === undefined) return false;
      return value === null ? null : fits(value, concat.data.concat[i], world);
    });
    return each.includes(false) ? false : each.includes(null) ? null : true;
  });
  return answers.includes(true) ? true : answers.includes(null) ? null : false;
}

const not = (answer: boolean | null) => (answer === null ? null : !answer);

/** One `match` of a rule. */
export function matches(statement: unknown, subject: Subject, world: World): boolean | null {
  const match = Match.safeParse(statement);
  if (!match.success) return null;
  const { op, left, right } = match.data;
  const concat = Concat.safeParse(left);
  if (concat.success) {
    const fit = concatFits(concat.data.concat, right, { ...subject, world });
    return op === '!=' ? not(fit) : op === '==' || op === 'in' ? fit : null;
  }
  const value = valueIn(left, subject, world);
  // A header that is not there matches nothing, whatever is asked of it.
  if (value === undefined) return Meta.safeParse(left).success ? op === '!=' : false;
  if (value === null) return null;
  if (op === '==' || op === 'in') return fits(value, right, world);
  if (op === '!=') return not(fits(value, right, world));
  const [a, b] = [asNumber(value), asNumber(right)];
  if (a === null || b === null) return null;
  if (op === '<') return a < b;
  if (op === '<=') return a <= b;
  if (op === '>') return a > b;
  return op === '>=' ? a >= b : null;
}

/** What a map has for this packet: its data; undefined: nothing; null: not known. */
export function looksUp(vmap: { key: unknown; data: unknown }, subject: Subject, world: World): unknown {
  const value = valueIn(vmap.key, subject, world);
  if (value === null) return null;
  if (value === undefined) return undefined;
  const entries =
    typeof vmap.data === 'string' && vmap.data.startsWith('@')
      ? world.sets(vmap.data.slice(1))
      : (vmap.data as { set?: unknown[] } | null)?.set;
  if (!Array.isArray(entries)) return null;
  let unsure = false;
  for (const entry of entries) {
    if (!Array.isArray(entry)) return null;
    const fit = fits(value, entry[0], world);
    if (fit === true) return unsure ? null : entry[1];
    if (fit === null) unsure = true;
  }
  return unsure ? null : undefined;
}
