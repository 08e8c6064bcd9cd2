import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Desired, type Outcome } from '@/server/core/change';
import { readReason } from '@/server/core/explain';
import { MACHINE } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { nothingCommitted } from '@/server/core/plan';
import { differing } from '@/server/core/testing/essence';
import { run } from '../exec';
import { factsOf } from '../facts';
import { observe } from '../observe';
import { keepTransactions } from '../transaction';
import { runWatchdog } from '../watchdog';
import { startLibvirt, startOpenVSwitch } from './services';

/*
 * Runs inside namespaces of its own: a change that cannot be, with the real engine of changes and its watchdog. What
 * comes in its way comes before it (`prepare`, `occupy`), or between its plan and its first step (`meddle`). Standard
 * input has the setting, standard output gets how it ended.
 */

const Setting = z.object({
  folder: z.string(),
  services: z.enum(['ovs', 'libvirt']).optional(),
  prepare: z.array(z.array(z.string())),
  /** UDP ports that another program has, at every address. */
  occupy: z.array(z.int()),
  meddle: z.array(z.array(z.string())),
  desired: Desired,
});
export type FailureSetting = z.infer<typeof Setting>;

export type FailureSeen = {
  /** Why it was not begun; null when it was. */
  readonly refused: string | null;
  readonly result: Outcome['result'] | null;
  /** One sentence, and the tool's own words below it. */
  readonly sentence: string | null;
  readonly words: string | null;
  /** What is not as it was before the first step. */
  readonly differs: readonly string[];
};

async function must(...argv: readonly string[]): Promise<void> {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
}

async function main({
  folder,
  services,
  prepare,
  occupy,
  meddle,
  desired,
}: FailureSetting): Promise<FailureSeen> {
  await must('mount', '-t', 'tmpfs', 'run', '/run');
  await must('ip', 'link', 'set', 'dev', 'lo', 'up');
  if (services === 'ovs') await startOpenVSwitch(`${folder}/ovs`);
  if (services === 'libvirt') await startLibvirt(`${folder}/libvirt`);
  for (const argv of prepare) await must(...argv);
  for (const port of occupy) {
    const socket = createSocket('udp4');
    socket.bind(port, '0.0.0.0');
    await once(socket, 'listening');
  }
  const home = `${folder}/home`;
  await must('mkdir', '-p', home);
  const agent = await factsOf({ host: MACHINE, home });
  let readings = 0;
  let before: Observed | null = null;
  const seen: { outcome: Outcome | null } = { outcome: null };
  const changes = keepTransactions({
    ...{ home, agent, found: { state: 'idle' }, committed: nothingCommitted(new Date(0).toISOString()) },
    program: [process.execPath, process.argv[1] ?? ''],
    log: { info: () => {}, warn: () => {}, error: () => {} },
    tell: (event) => {
      if (event.event === 'outcome') seen.outcome = event.outcome;
    },
    observe: async () => {
      const observed = await observe(agent);
      readings += 1;
      // For the plan that is reviewed, and twice for the one that is applied: with the next one it is under way.
      if (readings !== 3) return observed;
      for (const argv of meddle) await must(...argv);
      before = await observe(agent);
      return observed;
    },
  });
  const planned = await changes.plan({ desired, baseVersion: 0 });
  if (!planned.ok) {
    const { message, problems = [] } = planned.error;
    const refused = problems.length === 0 ? message : problems.map((p) => p.message).join('\n');
    return { refused, result: null, sentence: null, words: null, differs: [] };
  }
  const change = { changeId: 'c', summary: 'a test', desired, baseVersion: 0, planHash: planned.value.hash };
  const begun = await changes.apply({ ...change, seconds: 30 });
  if (!begun.ok) throw new Error(begun.error.message);
  while (seen.outcome === null) {
    if (changes.current().transaction.state === 'awaiting') await changes.rollback({ changeId: 'c' });
    await pause(50);
  }
  const { outcome } = seen;
  const reason = outcome.result === 'committed' ? null : readReason(outcome.why);
  const differs = before === null ? ['it was never begun'] : differing(before, await observe(agent));
  return { refused: null, result: outcome.result, sentence: null, words: null, ...reason, differs };
}

if (process.argv[2] === 'watchdog') await runWatchdog(process.argv[4] ?? '', MACHINE);
else {
  const seen = await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))));
  process.stdout.write(JSON.stringify(seen), () => process.exit(0));
}
