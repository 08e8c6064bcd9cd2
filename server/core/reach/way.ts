import type { Fault } from './bridge';
import type { Packet } from './packet';
import type { Blocker, Evidence, Headers, Hop, Leg } from './report';

type Noted = {
  readonly object: string;
  readonly hook: string;
  readonly sentence: string;
  readonly evidence?: readonly Evidence[];
};

/** Notes the hops of one trace, and what is in the way: a packet goes on after a blocker, so that all are found. */
export class Way {
  leg: Leg = 'there';
  readonly hops: Hop[] = [];
  readonly blockers: Blocker[] = [];
  readonly unknowns: string[] = [];
  #before: Headers = { from: '', to: '', vlan: null };

  /** As it is from here on. */
  at(packet: Packet, vlan: number | null): void {
    this.#before = { from: packet.from, to: packet.to, vlan };
  }

  #add(noted: Noted, rest: Pick<Hop, 'verdict' | 'code'>, after?: Headers): void {
    this.hops.push({
      ...{ n: this.hops.length + 1, leg: this.leg, object: noted.object, hook: noted.hook },
      ...{ ...rest, confidence: 'config', sentence: noted.sentence, before: this.#before },
      ...{ after: after ?? this.#before, evidence: [...(noted.evidence ?? [])] },
    });
    this.#before = after ?? this.#before;
  }

  passes(noted: Noted, after?: Headers): void {
    this.#add(noted, { verdict: 'passes', code: null }, after);
  }
  ends(noted: Noted, verdict: 'delivered' | 'leaves'): void {
    this.#add(noted, { verdict, code: null });
  }
  blocked(
    { code, object, sentence, evidence }: Fault,
    hook: string,
    verdict: 'dropped' | 'rejected' = 'dropped',
  ): void {
    // Of both legs together it is one thing.
    const known = this.blockers.some(
      (b) => b.code === code && b.object === object && b.sentence === sentence,
    );
    if (!known) this.blockers.push({ code, object, sentence, evidence: [...evidence], leg: this.leg });
    this.#add({ object, hook, sentence, evidence }, { verdict, code });
  }
  unknown(noted: Noted): void {
    if (!this.unknowns.includes(noted.sentence)) this.unknowns.push(noted.sentence);
    this.#add(noted, { verdict: 'unknown', code: null });
  }
}
