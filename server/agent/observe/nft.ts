import type { Fact, NftTable } from '@/server/core/observed';
import { fail, ok } from '@/server/core/result';
import { run } from '../exec';
import { keyed, type Parsed, parseJson, readWith } from './reading';
import { anInt, anything, aText, fitted, listOf, maybe, object } from './shape';

const Table = object({ family: aText, name: aText });
const Chain = object({
  family: aText,
  table: aText,
  name: aText,
  hook: maybe(aText),
  type: maybe(aText),
  prio: maybe(anInt),
  policy: maybe(aText),
});
const Rule = object({
  family: aText,
  table: aText,
  chain: aText,
  handle: anInt,
  comment: maybe(aText),
  expr: maybe(listOf(anything)),
});
const NamedSet = object({
  family: aText,
  table: aText,
  name: aText,
  flags: anything,
  elem: maybe(listOf(anything)),
});
/** Counters and whatever a later version adds stand beside these and are not kept. */
const Entry = object({
  table: maybe(Table),
  chain: maybe(Chain),
  rule: maybe(Rule),
  set: maybe(NamedSet),
  map: maybe(NamedSet),
});
const Ruleset = object({ nftables: listOf(Entry) });

type ChainFact = NftTable['chains'][number];

/** Text of `nft -j list ruleset`. Rules stand in the order in which the kernel walks them. */
export function parseNft(text: string): Parsed<NftTable> {
  const json = parseJson(text);
  if (!json.ok) return json;
  if (Array.isArray(json.value) && json.value.length === 0) return ok({});
  const ruleset = fitted(Ruleset, json.value);
  if (!ruleset.ok)
    return fail('NOT_UNDERSTOOD', `its output cannot be understood (${ruleset.error.message})`);
  const tables = new Map<string, NftTable>();
  const chains = new Map<string, ChainFact>();
  for (const { table, chain, rule, set, map } of ruleset.value.nftables) {
    for (const named of [set, map]) {
      const owner = named && tables.get(`${named.family} ${named.table}`);
      if (!named || !owner) continue;
      owner.sets ??= {};
      owner.sets[named.name] = changesByItself(named.flags) ? null : [...(named.elem ?? [])];
    }
    if (table)
      tables.set(`${table.family} ${table.name}`, { family: table.family, name: table.name, chains: [] });
    if (chain) {
      const fact: ChainFact = {
        name: chain.name,
        hook: chain.hook ?? null,
        type: chain.type ?? null,
        priority: chain.prio ?? null,
        policy: chain.policy ?? null,
        rules: [],
      };
      chains.set(`${chain.family} ${chain.table} ${chain.name}`, fact);
      tables.get(`${chain.family} ${chain.table}`)?.chains.push(fact);
    }
    if (rule)
      chains.get(`${rule.family} ${rule.table} ${rule.chain}`)?.rules.push({
        handle: rule.handle,
        comment: rule.comment ?? null,
        expression: (rule.expr ?? []).map(withoutCount),
      });
  }
  return ok(keyed(tables));
}

/** Rules add to these while packets pass, or time takes away: every reading would differ from the one before. */
const changesByItself = (flags: unknown): boolean =>
  Array.isArray(flags) && flags.some((flag) => flag === 'dynamic' || flag === 'timeout');

/** A count is no configuration: it would make every reading differ from the one before. */
function withoutCount(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('counter' in statement)) return statement;
  return typeof statement.counter === 'string' ? statement : { counter: null };
}

/** Parts that iptables wrote and nft has no words for: `nft -j` says their names alone. */
const hasXt = (rule: ChainFact['rules'][number]): boolean =>
  rule.expression.some((e) => typeof e === 'object' && e !== null && 'xt' in e);

/** Text of iptables-save: the lines of each chain, in their order, by `TABLE CHAIN`. */
export function parseIptablesSave(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, chain] = /^-A (\S+) ?/.exec(line) ?? [];
    if (chain === undefined) continue;
    const key = `${table} ${chain}`;
    lines.set(key, [...(lines.get(key) ?? []), line]);
  }
  return lines;
}

/** The same rules with the words of iptables, where it wrote them: both list a chain in the kernel's order. */
export function withIptables(
  tables: Readonly<Record<string, NftTable>>,
  saved: { readonly ip?: string; readonly ip6?: string },
): Readonly<Record<string, NftTable>> {
  const words = { ip: parseIptablesSave(saved.ip ?? ''), ip6: parseIptablesSave(saved.ip6 ?? '') };
  const worded = (table: NftTable, family: 'ip' | 'ip6'): NftTable => ({
    ...table,
    chains: table.chains.map((chain) => {
      const lines = words[family].get(`${table.name} ${chain.name}`) ?? [];
      if (lines.length !== chain.rules.length) return chain;
      return {
        ...chain,
        rules: chain.rules.map((rule, i) => {
          const line = lines[i];
          return hasXt(rule) && line !== undefined ? { ...rule, iptables: line } : rule;
        }),
      };
    }),
  });
  return keyed(
    Object.entries(tables).map(([key, table]) => [
      key,
      table.family === 'ip' || table.family === 'ip6' ? worded(table, table.family) : table,
    ]),
  );
}

export async function observeNft(): Promise<Fact<NftTable>> {
  const fact = await readWith({ what: 'nftables', argv: ['nft', '-j', 'list', 'ruleset'], parse: parseNft });
  if (!fact.known) return fact;
  const wanted = (family: string) =>
    Object.values(fact.value).some((t) => t.family === family && t.chains.some((c) => c.rules.some(hasXt)));
  const save = async (family: 'ip' | 'ip6') => {
    if (!wanted(family)) return {};
    const ran = await run([family === 'ip' ? 'iptables-save' : 'ip6tables-save']);
    return ran.ok ? { [family]: ran.value.stdout } : {};
  };
  const [ip, ip6] = await Promise.all([save('ip'), save('ip6')]);
  return { ...fact, value: withIptables(fact.value, { ...ip, ...ip6 }) };
}
