import { runAction } from '@/server/agent/apply';
import { run } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { type Committed, type Desired, NOTHING, type Plan } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { verify } from '@/server/core/verify';

/* What the measurements in namespaces of their own share: a change as an agent makes it, without journal and watchdog. */

export async function must(...argv: readonly string[]): Promise<string> {
  const ran = await run(argv, { timeout: 120_000 });
  if (!ran.ok) throw new Error(`${argv.slice(0, 9).join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

type Host = { readonly agent: Observed['agent']; committed: Committed };

export async function hostIn(runDir: string): Promise<Host> {
  const agent = await agentFacts({ host: HostId.parse('lab:bench'), version: 'bench', runDir, role: 'lab' });
  return { agent, committed: nothingCommitted(new Date(0).toISOString()) };
}

/** Milliseconds of the parts of a change. */
export type Parts = {
  readonly read: number;
  readonly plan: number;
  readonly apply: number;
  readonly verify: number;
};

/** Reads, plans, applies, reads again and looks whether it is so. */
export async function change(host: Host, desired: Desired): Promise<Parts> {
  const { agent, committed } = host;
  const at = [performance.now()];
  const observed = await observe(agent);
  at.push(performance.now());
  const plan = planHost({ observed, committed, desired });
  if (!plan.ok) throw new Error(`${plan.error.message} ${JSON.stringify(plan.error.problems ?? [])}`);
  at.push(performance.now());
  await apply(plan.value, agent.runDir);
  at.push(performance.now());
  const { left, refused } = verify({ observed: await observe(agent), committed, desired });
  if (refused !== null || left.length > 0)
    throw new Error(`not done: ${refused?.message ?? left.map((s) => s.title).join('; ')}`);
  at.push(performance.now());
  host.committed = { ...committed, version: committed.version + 1, desired };
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = at;
  return { read: b - a, plan: c - b, apply: d - c, verify: e - d };
}

async function apply(plan: Plan, runDir: string): Promise<void> {
  for (const step of plan.steps) {
    const begun = performance.now();
    for (const action of step.actions) {
      const done = await runAction(action, runDir);
      if (!done.ok) throw new Error(`${step.title}: ${done.error.detail ?? done.error.message}`);
    }
    if (process.env.PATCHBAY_BENCH_STEPS !== undefined)
      process.stderr.write(`${Math.round(performance.now() - begun)} ms ${step.title}\n`);
  }
}

export { NOTHING };
