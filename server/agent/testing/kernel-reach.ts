import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { HostId } from '@/server/core/ids';
import { trace } from '@/server/core/reach/trace';
import type { ReachCase } from '@/server/core/testing/reach-case';
import { FAULTS } from '@/server/core/testing/reach-faults';
import { HEALTHY } from '@/server/core/testing/reach-healthy';
import { run } from '../exec';
import { agentFacts, observe } from '../observe';
import { answers, makeStage, shellLines } from './reach-stage';

/*
 * Runs inside namespaces of its own: makes each case for real, asks for the verdict, sends packets, takes the case away,
 * and asks and sends again.
 */

const { folder } = z.object({ folder: z.string() }).parse(JSON.parse(readFileSync(0, 'utf8')));

type Seen = {
  readonly verdict: string;
  readonly codes: readonly string[];
  readonly sentence: string;
  readonly answered: boolean;
};
export type ReachSeen = readonly {
  readonly name: string;
  readonly with: Seen | null;
  readonly after: Seen | null;
}[];

async function main(): Promise<ReachSeen> {
  await makeStage();
  const facts = await agentFacts({
    host: HostId.parse('lab:reach'),
    version: 'test',
    runDir: folder,
    role: 'lab',
  });
  const look = async ({ from, to }: ReachCase): Promise<Seen> => {
    const answered = await answers(from, to);
    const traced = trace(await observe(facts), { from, to, protocol: 'icmp', port: null });
    if (!traced.ok) throw new Error(traced.error.message);
    const { verdict, blockers, sentence } = traced.value;
    return { verdict, codes: blockers.map((b) => b.code), sentence, answered };
  };
  const has = {
    VLANs: facts.vlanFiltering === true,
    iptables: (await run(['iptables', '--version'])).ok,
    br_netfilter: existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'),
  };
  const rows: { name: string; with: Seen | null; after: Seen | null }[] = [];
  for (const one of [...HEALTHY, ...FAULTS]) {
    if (one.needs !== undefined && !has[one.needs]) {
      rows.push({ name: one.name, with: null, after: null });
      continue;
    }
    await shellLines(one.make);
    const seen = await look(one);
    await shellLines(one.undo);
    // What is well stays so: the next case says it.
    rows.push({ name: one.name, with: seen, after: one.code === null ? null : await look(one) });
  }
  return rows;
}

process.stdout.write(JSON.stringify(await main()));
