import { toNumber } from '../ip';
import type { Subject, World } from './nft-match';

/*
 * Matches and targets of xtables in a rule that iptables wrote: `nft -j` has their names alone, `iptables-save` their words
 * (iptables-extensions(8)).
 */

/** A part of a rule: of `-m NAME` or `-j NAME`, what stands behind it. */
export type XtPart = {
  readonly type: 'match' | 'target';
  readonly name: string;
  readonly options: readonly XtOption[];
};
type XtOption = { readonly name: string; readonly not: boolean; readonly value: string };

/** Words of a line of iptables-save; quotes hold several together. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

export function xtParts(line: string): readonly XtPart[] {
  const parts: { type: XtPart['type']; name: string; options: XtOption[] }[] = [];
  const words = wordsOf(line);
  let not = false;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    if (word === '!') {
      not = true;
      continue;
    }
    const next = words[i + 1] ?? '';
    if (word === '-m' || word === '-j') {
      parts.push({ type: word === '-m' ? 'match' : 'target', name: next, options: [] });
      i += 1;
    } else if (word.startsWith('--')) {
      const valued = next !== '' && next !== '!' && !/^-(-|[a-z]$)/.test(next);
      parts.at(-1)?.options.push({ name: word.slice(2), not, value: valued ? next : '' });
      if (valued) i += 1;
    }
    not = false;
  }
  return parts;
}

/** Yes, no, or null: it asks for what is not known here. */
export function xtMatches({ name, options }: XtPart, subject: Subject, world: World): boolean | null {
  if (name === 'comment' || name === 'limit' || name === 'hashlimit') return true;
  let sure = true;
  for (const option of options) {
    const fit = optionFits(name, option, { ...subject, world });
    if (fit === null) sure = false;
    else if (fit === option.not) return false;
  }
  return sure ? true : null;
}

type Asked = Subject & { readonly world: World };

function optionFits(match: string, { name, value }: XtOption, asked: Asked): boolean | null {
  const { packet, at } = asked;
  switch (`${match} ${name}`) {
    case 'conntrack ctstate':
    case 'state state':
      return value.toLowerCase().split(',').includes(packet.state);
    case 'addrtype dst-type':
      return typeFits(value, packet.to, asked.world);
    case 'addrtype src-type':
      return typeFits(value, packet.from, asked.world);
    case 'physdev physdev-is-bridged':
      return at.ports !== undefined;
    case 'physdev physdev-in':
      return nameFits(value, at.ports?.in);
    case 'physdev physdev-out':
      return nameFits(value, at.ports?.out);
    case 'multiport dports':
    case 'tcp dport':
    case 'udp dport':
      return portFits(value, packet.dport);
    case 'multiport sports':
    case 'tcp sport':
    case 'udp sport':
      return portFits(value, packet.sport);
    case 'mac mac-source':
      return packet.macFrom === null ? null : packet.macFrom.toLowerCase() === value.toLowerCase();
    case 'iprange src-range':
      return rangeFits(value, packet.from);
    case 'iprange dst-range':
      return rangeFits(value, packet.to);
    default:
      return null;
  }
}

const typeFits = (type: string, address: string, { isLocal }: World): boolean | null =>
  type === 'LOCAL' ? isLocal(address) : type === 'UNICAST' ? true : null;

/** `+` at the end stands for any. */
const nameFits = (pattern: string, name: string | undefined): boolean =>
  name !== undefined && (pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);

function portFits(list: string, port: number | null): boolean | null {
  if (port === null) return false;
  return list.split(',').some((one) => {
    const [low = '', high = low] = one.split(':');
    return Number(low || 0) <= port && port <= Number(high || 65_535);
  });
}

function rangeFits(range: string, address: string): boolean | null {
  const [first = '', last = first] = range.split('-');
  const [low, high, at] = [toNumber(first), toNumber(last), toNumber(address)];
  return low === null || high === null || at === null ? null : low <= at && at <= high;
}

/** What a target translates to, as nft words it; null: it does not translate, or in a way that is not followed. */
export function xtTranslation({
  name,
  options,
}: XtPart): { does: 'dnat' | 'snat' | 'redirect'; addr?: string; port?: number } | null {
  const value = (option: string) => options.find((o) => o.name === option)?.value;
  const to = name === 'DNAT' ? value('to-destination') : name === 'SNAT' ? value('to-source') : undefined;
  if (to !== undefined) {
    const [, v6, v4 = '', port] = /^(?:\[([^\]]+)\]|([^:-]+(?:::?[^:-]*)*?))(?::(\d+))?$/.exec(to) ?? [];
    const addr = v6 ?? v4;
    if (toNumber(addr) === null) return null;
    const translated = { does: name === 'DNAT' ? ('dnat' as const) : ('snat' as const), addr };
    return port === undefined ? translated : { ...translated, port: Number(port) };
  }
  const ports = name === 'REDIRECT' ? value('to-ports') : undefined;
  return ports !== undefined && /^\d+$/.test(ports) ? { does: 'redirect', port: Number(ports) } : null;
}
