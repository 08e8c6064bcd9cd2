import { z } from 'zod';
import type { NftTable } from '../observed';
import { looksUp, matches, type Subject, type World } from './nft-match';
import { ruleText } from './nft-text';
import { xtMatches, xtParts, xtTranslation } from './xtables';

/*
 * What the rules at one hook do with a packet: every base chain there, by priority. `accept` ends its own base chain
 * alone, `drop` is final (nft(8)).
 */

export type HookName = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
type Chain = NftTable['chains'][number];
type NftRule = Chain['rules'][number];

/** A rule, or the policy of a chain, by where it stands. */
export type RuleRef = {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** Null: the policy of the chain. */
  readonly handle: number | null;
  readonly comment: string | null;
  /** As far as it can be worded. */
  readonly text: string;
};
/** Null: an address, or a port, that stays. `masquerade`: whatever the way out has. */
export type Nat = {
  readonly does: 'dnat' | 'snat' | 'masquerade' | 'redirect';
  readonly address: string | null;
  readonly port: number | null;
  readonly by: RuleRef;
};
export type HookAnswer = {
  readonly verdict: 'passes' | 'dropped' | 'rejected' | 'unknown';
  /** What decided, where something did. */
  readonly by: RuleRef | null;
  readonly nat: Nat | null;
  /** Rules that could not be judged, and might have decided otherwise. */
  readonly unsure: readonly RuleRef[];
};

export const refText = ({ family, table, chain, handle, comment, text }: RuleRef): string =>
  `table ${family} ${table}, chain ${chain}, ${handle === null ? text : `rule ${handle}`}${comment === null ? '' : ` ("${comment}")`}`;
export const refCommand = ({ family, table, chain }: RuleRef): string =>
  `nft -a list chain ${family} ${table} ${chain}`;

type End = 'accept' | 'drop' | 'reject' | 'on';
type Outcome = { end: End; by: RuleRef | null };

const Keys = z.record(z.string(), z.unknown());
const Target = z.object({ target: z.string() });
const Xt = z.object({ type: z.string(), name: z.string() });
const Vmap = z.object({ key: z.unknown(), data: z.unknown() });
const NatWords = z
  .object({ addr: z.unknown().optional(), port: z.unknown().optional() })
  .nullable()
  .transform((n) => n ?? {});
const Limit = z.object({ inv: z.boolean().optional() });

/** Statements that say nothing of where the packet goes. */
const ASIDE = new Set([
  'counter',
  'log',
  'mangle',
  'notrack',
  'quota',
  'flow',
  'set',
  'ct helper',
  'comment',
  'last',
]);
const ASIDE_TARGETS = new Set([
  'LOG',
  'NFLOG',
  'CHECKSUM',
  'MARK',
  'CONNMARK',
  'TRACE',
  'CT',
  'TCPMSS',
  'SECMARK',
]);
/** Deep enough for whoever made the rules; the kernel allows 16. */
const DEPTH = 20;

class Walker {
  readonly unsure: RuleRef[] = [];
  maybeAccept = false;
  maybeDrop = false;
  nat: Nat | null = null;

  readonly table: NftTable;
  readonly subject: Subject;
  readonly world: World;

  constructor(table: NftTable, subject: Subject, world: World) {
    this.table = table;
    this.subject = subject;
    this.world = world;
  }

  refOf(chain: Chain, rule: NftRule): RuleRef {
    const { family, name: table } = this.table;
    return {
      ...{ family, table, chain: chain.name, handle: rule.handle, comment: rule.comment },
      text: rule.iptables ?? ruleText(rule.expression),
    };
  }

  chain(chain: Chain, depth = 0): Outcome {
    for (const rule of chain.rules) {
      const out = this.rule(chain, rule, depth);
      if (out === 'return') break;
      if (out.end !== 'on') return out;
    }
    return { end: 'on', by: null };
  }

  /** A verdict of a rule that may not be for this packet at all. */
  perhaps(out: Outcome, ref: RuleRef): Outcome {
    if (out.end !== 'on') {
      if (out.end === 'accept') this.maybeAccept = true;
      else this.maybeDrop = true;
      this.unsure.push(ref);
    }
    return { end: 'on', by: null };
  }

  to(name: string, depth: number): Outcome {
    const target = this.table.chains.find((c) => c.name === name);
    return target === undefined || depth > DEPTH ? { end: 'on', by: null } : this.chain(target, depth + 1);
  }

  rule(chain: Chain, rule: NftRule, depth: number): Outcome | 'return' {
    const ref = this.refOf(chain, rule);
    let sure = true;
    const settle = (out: Outcome) => (sure ? out : this.perhaps(out, ref));
    for (const statement of rule.expression) {
      const words = Keys.safeParse(statement);
      if (!words.success)
        return typeof statement === 'string'
          ? this.word(statement, settle, ref)
          : settle({ end: 'on', by: null });
      for (const [key, value] of Object.entries(words.data)) {
        if (key === 'match') {
          const fit = matches(value, this.subject, this.world);
          if (fit === false) return { end: 'on', by: null };
          if (fit === null) sure = false;
          continue;
        }
        if (key === 'limit') {
          const limit = Limit.safeParse(value);
          if (limit.success && limit.data.inv === true) return { end: 'on', by: null };
          continue;
        }
        if (ASIDE.has(key)) continue;
        if (key === 'xt') {
          const out = this.xt(value, rule, ref);
          if (out === 'unsure') sure = false;
          else if (out !== 'fits') return out.end === 'on' ? out : settle(out);
          continue;
        }
        if (key === 'jump' || key === 'goto') {
          const target = Target.safeParse(value);
          if (!target.success) continue;
          const out = settle(this.to(target.data.target, depth));
          if (out.end !== 'on') return out;
          if (key === 'goto' && sure) return 'return';
          continue;
        }
        if (key === 'vmap') {
          const vmap = Vmap.safeParse(value);
          const found = vmap.success
            ? looksUp({ key: vmap.data.key, data: vmap.data.data }, this.subject, this.world)
            : null;
          if (found === undefined) continue;
          if (found === null) {
            this.unsure.push(ref);
            this.maybeDrop = true;
            this.maybeAccept = true;
            continue;
          }
          const out = this.verdict(found, ref, depth);
          if (out === 'return') return sure ? 'return' : { end: 'on', by: null };
          const settled = settle(out);
          if (settled.end !== 'on') return settled;
          continue;
        }
        if (key === 'dnat' || key === 'snat' || key === 'masquerade' || key === 'redirect')
          return settle(this.translate(key, value, ref));
        const out = this.verdict({ [key]: value }, ref, depth);
        if (out === 'return') return sure ? 'return' : { end: 'on', by: null };
        const settled = settle(out);
        if (settled.end !== 'on') return settled;
      }
    }
    return { end: 'on', by: null };
  }

  /** A part of a rule that iptables wrote; `on`: it is not for this packet. */
  xt(value: unknown, rule: NftRule, ref: RuleRef): Outcome | 'fits' | 'unsure' {
    const xt = Xt.safeParse(value);
    const name = xt.success ? xt.data.name : '';
    if (name === 'comment' || ASIDE_TARGETS.has(name)) return 'fits';
    const isTarget = !xt.success || xt.data.type === 'target';
    const part = xtParts(rule.iptables ?? '').find(
      (p) => p.name === name && (p.type === 'target') === isTarget,
    );
    if (isTarget) {
      if (name === 'REJECT') return { end: 'reject', by: ref };
      if (name === 'MASQUERADE') return this.translate('masquerade', {}, ref);
      const to = part === undefined ? null : xtTranslation(part);
      if (to !== null) return this.translate(to.does, to, ref);
      // It decides in a way that is not seen here.
      this.unsure.push(ref);
      this.maybeDrop = true;
      return 'unsure';
    }
    const fit = part === undefined ? null : xtMatches(part, this.subject, this.world);
    if (fit === null) return 'unsure';
    return fit ? 'fits' : { end: 'on', by: null };
  }

  word(statement: string, settle: (out: Outcome) => Outcome, ref: RuleRef): Outcome {
    return statement === 'accept' || statement === 'drop'
      ? settle({ end: statement, by: ref })
      : settle({ end: 'on', by: null });
  }

  verdict(found: unknown, ref: RuleRef, depth: number): Outcome | 'return' {
    const [key, value] = Object.entries(Keys.safeParse(found).data ?? {})[0] ?? [];
    if (key === 'accept' || key === 'drop' || key === 'reject') return { end: key, by: ref };
    if (key === 'return') return 'return';
    if (key === 'jump' || key === 'goto') {
      const target = Target.safeParse(value);
      return target.success ? this.to(target.data.target, depth) : { end: 'on', by: null };
    }
    return { end: 'on', by: null };
  }

  translate(does: Nat['does'], value: unknown, by: RuleRef): Outcome {
    const { addr, port } = NatWords.safeParse(value).data ?? {};
    this.nat ??= {
      ...{ does, by, address: typeof addr === 'string' ? addr : null },
      port: typeof port === 'number' ? port : null,
    };
    return { end: 'accept', by };
  }
}

/** The base chains of a hook that see this packet, by priority. */
const baseChains = (tables: readonly NftTable[], families: readonly string[], hook: HookName) =>
  tables
    .filter((t) => families.includes(t.family))
    .flatMap((table) => table.chains.filter((c) => c.hook === hook).map((chain) => ({ table, chain })))
    .sort((a, b) => (a.chain.priority ?? 0) - (b.chain.priority ?? 0));

export type HookAsked = {
  readonly tables: readonly NftTable[];
  readonly families: readonly string[];
  readonly hook: HookName;
  readonly isLocal: World['isLocal'];
};

/** Rules of NAT see the first packet of a connection alone. */
export function walkHook({ tables, families, hook, isLocal }: HookAsked, subject: Subject): HookAnswer {
  const unsure: RuleRef[] = [];
  let nat: Nat | null = null;
  for (const { table, chain } of baseChains(tables, families, hook)) {
    if (chain.type === 'nat' && subject.packet.state === 'established') continue;
    const sets = (name: string) => table.sets?.[name] ?? null;
    const walker = new Walker(table, subject, { isLocal, sets });
    const out = walker.chain(chain);
    unsure.push(...walker.unsure);
    if (chain.type === 'nat') nat ??= walker.nat;
    const policy: RuleRef = {
      ...{ family: table.family, table: table.name, chain: chain.name, handle: null, comment: null },
      text: `policy ${chain.policy ?? 'accept'}`,
    };
    const end = out.end === 'on' ? (chain.policy === 'drop' ? 'drop' : 'accept') : out.end;
    const by = out.by ?? policy;
    if (end === 'accept') {
      if (walker.maybeDrop) return { verdict: 'unknown', by: null, nat, unsure };
      continue;
    }
    if (walker.maybeAccept) return { verdict: 'unknown', by, nat, unsure };
    return { verdict: end === 'drop' ? 'dropped' : 'rejected', by, nat, unsure };
  }
  return { verdict: 'passes', by: null, nat, unsure };
}
