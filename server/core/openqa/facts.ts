import { z } from 'zod';
import { IfName } from '../ids';

/* What is asked of a host for openQA alone, when somebody wants its pool checked. */

const asked = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('known', [
    z.object({ known: z.literal(true), command: z.string(), value }),
    z.object({ known: z.literal(false), command: z.string(), why: z.string() }),
  ]);

/** A rule of a bridge of Open vSwitch, as `ovs-ofctl dump-flows` prints it. */
export const Flow = z.object({
  table: z.int(),
  packets: z.int(),
  /** Priority, what it matches and what it does. */
  rule: z.string(),
});
export type Flow = z.infer<typeof Flow>;

/** Key: interface. Packets, seen from the host: what comes from a guest is received. */
export const PacketCounts = z.record(z.string(), z.object({ rx: z.int(), tx: z.int() }));
export type PacketCounts = z.infer<typeof PacketCounts>;

/** What moves by itself. */
export const Reading = z.object({ flows: asked(z.array(Flow)), counts: asked(PacketCounts) });
export type Reading = z.infer<typeof Reading>;

/** A job that a worker runs, or ran last, as its `vars.json` says. */
export const Job = z.object({
  worker: z.int(),
  name: z.string().nullable(),
  /** NICVLAN: of each NIC; further NICs are in the last one. */
  vlans: z.array(z.int()),
});
export type Job = z.infer<typeof Job>;

export const PoolFacts = z.object({
  bridge: IfName,
  before: Reading,
  after: Reading,
  /** Between the two. */
  seconds: z.number(),
  jobs: asked(z.array(Job)),
});
export type PoolFacts = z.infer<typeof PoolFacts>;

/** One question that was asked of a pool, and its answer. */
export const Check = z.object({
  id: z.enum(['taps', 'tags', 'flows', 'host', 'counters', 'forwarding', 'tunnels']),
  title: z.string(),
  verdict: z.enum(['ok', 'fault', 'unknown']),
  /** The answer, one thing each; of a fault, everything that is wrong. */
  sentences: z.array(z.string()).readonly(),
  /** Shows what the answer stands on. */
  command: z.string(),
});
export type Check = z.infer<typeof Check>;

/** Answers to one question. */
export const answerTo =
  (question: Pick<Check, 'id' | 'title' | 'command'>) =>
  (verdict: Check['verdict'], sentences: readonly string[]): Check => ({ ...question, verdict, sentences });
