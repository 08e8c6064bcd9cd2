import type { Fact, Rule } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, known, type Parsed, parseList, type Reader, readWith } from './reading';
import { anInt, anything, aWord, maybe, object, type ShapeOf } from './shape';

const Word = maybe(aWord);

const IpRule = object({
  priority: anInt,
  not: anything,
  src: Word,
  srclen: Word,
  dst: Word,
  dstlen: Word,
  tos: Word,
  dsfield: Word,
  fwmark: Word,
  fwmask: Word,
  iif: Word,
  oif: Word,
  l3mdev: anything,
  uid_start: Word,
  uid_end: Word,
  ipproto: Word,
  sport: Word,
  sport_start: Word,
  sport_end: Word,
  dport: Word,
  dport_start: Word,
  dport_end: Word,
  tun_id: Word,
  table: Word,
  suppress_prefixlen: Word,
  suppress_prefixlength: Word,
  suppress_ifgroup: Word,
  goto: Word,
  action: Word,
  nop: anything,
});
type IpRule = ShapeOf<typeof IpRule>;

/** Text of `ip -j -4 rule show` or `-6`. */
export function parseRules(text: string, family: 4 | 6): Parsed<Rule> {
  const list = parseList(IpRule, text);
  if (!list.ok) return list;
  const seen = new Map<number, number>();
  return ok(
    keyed(
      list.value.map((raw) => {
        const n = seen.get(raw.priority) ?? 0;
        seen.set(raw.priority, n + 1);
        const rule: Rule = {
          family,
          priority: raw.priority,
          selector: selectorOf(raw),
          action: actionOf(raw),
        };
        return [`${family} ${raw.priority} ${n}`, rule] as const;
      }),
    ),
  );
}

/** As `ip rule` words it, so that it can be compared and typed. */
function selectorOf(raw: IpRule): string {
  const words: string[] = [];
  const say = (word: string, value: unknown) => {
    if (value != null) words.push(`${word} ${value}`);
  };
  const range = (start: IpRule['sport'], end: IpRule['sport']) =>
    start == null ? null : `${start}-${end ?? start}`;
  if ('not' in raw && raw.not !== undefined && raw.not !== false) words.push('not');
  say('from', prefix(raw.src ?? 'all', raw.srclen));
  if (raw.dst != null) say('to', prefix(raw.dst, raw.dstlen));
  say('tos', raw.tos ?? raw.dsfield);
  say('fwmark', raw.fwmark == null ? null : raw.fwmask == null ? raw.fwmark : `${raw.fwmark}/${raw.fwmask}`);
  say('iif', raw.iif);
  say('oif', raw.oif);
  if (raw.l3mdev !== undefined && raw.l3mdev !== false) words.push('l3mdev');
  say('uidrange', range(raw.uid_start, raw.uid_end));
  say('ipproto', raw.ipproto);
  say('sport', raw.sport ?? range(raw.sport_start, raw.sport_end));
  say('dport', raw.dport ?? range(raw.dport_start, raw.dport_end));
  say('tun_id', raw.tun_id);
  return words.join(' ');
}

const prefix = (address: string | number, length: IpRule['srclen']) =>
  length == null ? address : `${address}/${length}`;

function actionOf(raw: IpRule): string {
  if (raw.goto != null) return `goto ${raw.goto}`;
  if (raw.table != null) {
    const length = raw.suppress_prefixlen ?? raw.suppress_prefixlength;
    const suppress = length == null ? '' : ` suppress_prefixlength ${length}`;
    const group = raw.suppress_ifgroup == null ? '' : ` suppress_ifgroup ${raw.suppress_ifgroup}`;
    return `lookup ${raw.table}${suppress}${group}`;
  }
  if (raw.action != null) return String(raw.action);
  return raw.nop === undefined ? 'unknown' : 'nop';
}

const reader = (family: 4 | 6): Reader<Rule> => ({
  what: 'routing rules',
  argv: family === 4 ? ['ip', '-j', 'rule', 'show'] : ['ip', '-j', '-6', 'rule', 'show'],
  parse: (text) => parseRules(text, family),
});
export const rulesReader = reader(4);

/** Both families. `four` is given where the IPv4 rules were read already. */
export async function observeRules(four: Promise<Fact<Rule>> = readWith(rulesReader)): Promise<Fact<Rule>> {
  const [v4, v6] = await Promise.all([four, readWith(reader(6))]);
  if (!v4.known) return v4;
  if (!v6.known) return v6;
  return known(`${v4.command}; ${v6.command}`, { ...v4.value, ...v6.value });
}
