import { toNumber } from '../ip';
import { items } from '../observed';
import { type HookAnswer, type HookName, type RuleRef, refCommand, refText, walkHook } from './nft-walk';
import { policyOwner } from './owner';
import type { Packet, Passing } from './packet';
import type { Scene } from './places';
import type { Evidence, TraceCode } from './report';
import type { Way } from './way';

/* What the rules of nftables do with a packet on its way, as a hop. */

type Asked = {
  readonly hook: HookName;
  /** Of tables: `bridge` for what passes inside a bridge. */
  readonly layer: 'ip' | 'bridge';
  readonly at: Passing;
  /** What it is called where it drops; `rule`: by a rule, not by a policy. */
  readonly codes: { readonly policy: TraceCode; readonly rule: TraceCode };
  readonly object: string;
};

/** Null: no rules are known, and why is noted. Passed, dropped or unknown is noted, too. */
export function askHook(scene: Scene, way: Way, packet: Packet, asked: Asked): HookAnswer | null {
  const { observed } = scene;
  const { hook, layer, at, object } = asked;
  const label = layer === 'bridge' ? `bridge ${hook}` : hook;
  if (!observed.nft.known) {
    way.unknown({
      object,
      hook: label,
      sentence: `The rules of nftables are not known: ${observed.nft.why}.`,
    });
    return null;
  }
  const isLocal = (address: string) => {
    const value = toNumber(address);
    return items(observed.links).some((l) => l.addresses.some((a) => toNumber(a.address) === value));
  };
  const families = layer === 'bridge' ? ['bridge'] : ['inet', packet.family === 4 ? 'ip' : 'ip6'];
  const tables = items(observed.nft);
  const answer = walkHook({ tables, families, hook, isLocal }, { packet, at });
  if (answer.verdict === 'dropped' || answer.verdict === 'rejected') {
    const { by } = answer;
    const code = by?.handle == null ? asked.codes.policy : asked.codes.rule;
    const chains = tables.flatMap((t) => t.chains.map((c) => c.name));
    const owner = by === null ? null : policyOwner(by, chains);
    const what = answer.verdict === 'dropped' ? 'drops' : 'rejects';
    const whose = owner === null ? '' : ` (put there by ${owner})`;
    const sentence =
      by === null
        ? `A rule ${what} it.`
        : by.handle === null
          ? `Table ${by.family} ${by.table}, chain ${by.chain} ${what} it by its policy${whose}.`
          : `${capital(refText(by))} ${what} it: ${by.text}${whose}.`;
    const verdict = answer.verdict;
    way.blocked({ code, object, sentence, evidence: by === null ? [] : [evidenceOf(by)] }, label, verdict);
  } else if (answer.verdict === 'unknown')
    way.unknown({
      ...{ object, hook: label },
      sentence: `Whether rules let it pass is not known: ${answer.unsure
        .slice(0, 3)
        .map((r) => `${refText(r)} says "${r.text}"`)
        .join('; ')}, which cannot be judged here.`,
      evidence: answer.unsure.slice(0, 3).map(evidenceOf),
    });
  return answer;
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
const evidenceOf = (by: RuleRef): Evidence => ({
  command: refCommand(by),
  output: `${by.text}${by.handle === null ? '' : ` # handle ${by.handle}`}`,
});
