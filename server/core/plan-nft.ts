import { digest, sameValue } from './canonical';
import type { Action } from './change';
import { TABLE_FAMILY, TABLE_NAME, tableText } from './compile/nft';
import type { ChainGoal, Realisation } from './compile/realisation';
import type { NftTable, Observed } from './observed';

const TABLE = `${TABLE_FAMILY} ${TABLE_NAME}`;

/** Our table as it is on the host; undefined when there is none or it is unknown. */
export const ourTable = (observed: Observed): NftTable | undefined =>
  observed.nft.known ? observed.nft.value[TABLE] : undefined;

/**
 * Is the table what these chains ask for? Rules are compared by their comments, which carry a hash of what we wrote:
 * how a version of nft prints a rule does not matter.
 */
export function sameTable(table: NftTable | undefined, chains: readonly ChainGoal[]): boolean {
  if (table === undefined || chains.length === 0) return table === undefined && chains.length === 0;
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  const there = table.chains
    .map(({ name, hook, type, priority, policy, rules }) => ({
      ...{ name, hook, type, priority, policy },
      comments: rules.map((r) => r.comment),
    }))
    .sort(byName);
  const wanted = chains
    .map(({ name, hook, type, priority, policy, rules }) => ({
      ...{ name, hook, type, priority, policy },
      comments: rules.map((r) => r.comment),
    }))
    .sort(byName);
  return sameValue(there, wanted);
}

/**
 * Where the last network with NAT becomes routed or open, connections that are translated go on. For that the kernel needs a
 * nat chain, and a rule by which it follows connections at all; the chain sees new ones alone, so that the rule does
 * nothing else. It stays till the last network goes, or the host starts anew.
 */
export function keepTranslating(goal: Realisation, observed: Observed): Realisation {
  const isNat = (c: { readonly type: string | null }) => c.type === 'nat';
  const there = ourTable(observed)?.chains.some(isNat) ?? false;
  if (!there || goal.forwarding.length === 0 || goal.chains.some(isNat)) return goal;
  const text = 'ct state established counter accept';
  const comment = `connections that are translated go on #${digest(text).slice(0, 8)}`;
  const kept: ChainGoal = {
    ...{ name: 'postrouting', type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' },
    rules: [{ text, comment }],
  };
  return { ...goal, chains: [...goal.chains, kept] };
}

export const loadTable = (chains: readonly ChainGoal[]): Action => ({
  do: 'run',
  tool: 'nft',
  args: ['-f', '-'],
  stdin: tableText(chains),
});

/** Brings the table back as it was seen: from our own text where that is what was there, else rule for rule. */
export function restoreTable(table: NftTable | undefined, known: readonly ChainGoal[]): Action {
  if (table === undefined) return loadTable([]);
  if (sameTable(table, known)) return loadTable(known);
  const json = tableJson(table);
  // As an argument: nft 1.0 opens /dev/stdin for JSON, which a socket does not allow. The kernel takes 128 kB in one.
  if (json.length > 100_000) return loadTable(known);
  return { do: 'run', tool: 'nft', args: ['-j', json] };
}

/** In nft's JSON, as it was listed. Counters go on from where they were. */
function tableJson({ family, name, chains }: NftTable): string {
  const table = { family, name };
  const commands = [
    { add: { table } },
    { delete: { table } },
    { add: { table } },
    ...chains.map((c) => ({
      add: {
        chain: {
          ...{ family, table: name, name: c.name },
          ...(c.hook === null ? {} : { type: c.type, hook: c.hook, prio: c.priority, policy: c.policy }),
        },
      },
    })),
    ...chains.flatMap((c) =>
      c.rules.map((r) => ({
        add: {
          rule: {
            ...{ family, table: name, chain: c.name },
            ...(r.comment === null ? {} : { comment: r.comment }),
            expr: r.expression,
          },
        },
      })),
    ),
  ];
  return JSON.stringify({ nftables: commands });
}

/** Other people's chains that drop what nobody accepts: our own `accept` does not overrule them. */
export function droppingChains(observed: Observed, hook: 'forward' | 'input'): readonly string[] {
  if (!observed.nft.known) return [];
  return Object.entries(observed.nft.value).flatMap(([key, table]) =>
    key === TABLE
      ? []
      : table.chains.flatMap((c) =>
          c.hook === hook && c.policy === 'drop' ? [`chain ${c.name} of table ${key}`] : [],
        ),
  );
}
