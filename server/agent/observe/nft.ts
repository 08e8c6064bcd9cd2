import { z } from 'zod';
import type { Fact, NftTable } from '@/server/core/observed';
import { fail, ok } from '@/server/core/result';
import { keyed, type Parsed, parseJson, readWith } from './reading';

const Table = z.object({ family: z.string(), name: z.string() });
const Chain = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().nullish(),
  type: z.string().nullish(),
  prio: z.int().nullish(),
  policy: z.string().nullish(),
});
const Rule = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  handle: z.int(),
  comment: z.string().nullish(),
  expr: z.array(z.unknown()).nullish(),
});
/** Sets, maps, counters and whatever a later version adds stand beside these and are not kept. */
const Entry = z.object({ table: Table.optional(), chain: Chain.optional(), rule: Rule.optional() });
const Ruleset = z.object({ nftables: z.array(Entry) });

type ChainFact = NftTable['chains'][number];

/** Text of `nft -j list ruleset`. Rules stand in the order in which the kernel walks them. */
export function parseNft(text: string): Parsed<NftTable> {
  const json = parseJson(text);
  if (!json.ok) return json;
  if (Array.isArray(json.value) && json.value.length === 0) return ok({});
  const ruleset = Ruleset.safeParse(json.value);
  if (!ruleset.success) {
    const issue = ruleset.error.issues[0];
    return fail(
      'NOT_UNDERSTOOD',
      `its output cannot be understood (${issue?.path.join('.')}: ${issue?.message})`,
    );
  }
  const tables = new Map<string, NftTable>();
  const chains = new Map<string, ChainFact>();
  for (const { table, chain, rule } of ruleset.data.nftables) {
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

/** A count is no configuration: it would make every reading differ from the one before. */
function withoutCount(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('counter' in statement)) return statement;
  return typeof statement.counter === 'string' ? statement : { counter: null };
}

export const observeNft = (): Promise<Fact<NftTable>> =>
  readWith({ what: 'nftables', argv: ['nft', '-j', 'list', 'ruleset'], parse: parseNft });
