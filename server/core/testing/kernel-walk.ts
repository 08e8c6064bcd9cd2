import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { startLibvirt, startOpenVSwitch } from '@/server/agent/testing/services';
import { type Action, type Committed, Desired, type Plan } from '../change';
import { dnsmasqFiles } from '../compile/dnsmasq';
import { redirectFor } from '../compile/limits';
import { commandText } from '../compile/render';
import { HostId } from '../ids';
import { items, type Observed } from '../observed';
import { nothingCommitted, planHost } from '../plan';
import { releasedBy } from '../released';
import { sameTaps, verify } from '../verify';
import { differing } from './essence';

/*
 * Runs inside network namespaces of its own: walks a real kernel from one desired state to the next. Standard input
 * has the walk, standard output gets what was found.
 */

const Walk = z.object({
  runDir: z.string(),
  /** A real libvirtd runs, with its files in this folder. */
  libvirt: z.string().optional(),
  /** A real Open vSwitch runs, with its files in this folder. */
  ovs: z.string().optional(),
  /** Commands that set the stage. */
  prepare: z.array(z.array(z.string())),
  /** Desired states, one after the other; before each, commands of somebody who meddles. */
  states: z.array(z.object({ desired: Desired, meddle: z.array(z.array(z.string())).optional() })),
});
export type Walk = z.infer<typeof Walk>;

export type WalkReport = {
  readonly faults: readonly string[];
  /** Titles of every plan, for the curious. */
  readonly plans: readonly (readonly string[])[];
};

const faults: string[] = [];
const plans: string[][] = [];

async function main(walk: Walk): Promise<void> {
  for (const argv of walk.prepare) {
    const ran = await run(argv);
    if (!ran.ok) return void faults.push(`prepare ${argv.join(' ')}: ${ran.error.message}`);
  }
  const libvirt = walk.libvirt === undefined ? null : await startLibvirt(walk.libvirt);
  const ovs = walk.ovs === undefined ? null : await startOpenVSwitch(walk.ovs);
  const agent = await agentFacts({
    host: HostId.parse('lab:walk'),
    version: 'test',
    runDir: walk.runDir,
    role: 'lab',
  });
  let committed = nothingCommitted(new Date(0).toISOString());
  for (const [i, { desired, meddle = [] }] of walk.states.entries()) {
    for (const argv of meddle) {
      const ran = await run(argv);
      if (!ran.ok) faults.push(`meddle ${argv.join(' ')}: ${ran.error.message}`);
    }
    const drifted = meddle.length > 0;
    committed = await walkTo({ where: `state ${i + 1}`, agent, drifted }, committed, desired);
    if (faults.length > 0) break;
  }
  await clear(walk.runDir, agent);
  await libvirt?.stop();
  await ovs?.stop();
}

type Stage = { readonly where: string; readonly agent: Observed['agent']; readonly drifted: boolean };

async function walkTo(
  { where, agent, drifted }: Stage,
  committed: Committed,
  desired: Desired,
): Promise<Committed> {
  const fault = (text: string) => {
    faults.push(`${where}: ${text}`);
  };
  const staying = committed.desired.networks.flatMap((n) =>
    desired.networks.some((m) => m.bridge?.name === n.bridge?.name && m.footing === n.footing)
      ? n.bridge === undefined
        ? []
        : [{ name: n.bridge.name, ovs: n.footing === 'ovs' }]
      : [],
  );
  for (const bridge of staying) await plug(bridge);
  // As somebody plugged them in, ports are not yet what their network wants.
  const settled = planHost({ observed: await observe(agent), committed, desired: committed.desired });
  if (settled.ok && staying.length > 0 && !drifted)
    await runAll(fault, forwards(settled.value), agent.runDir);

  const before = await observe(agent);
  const plan = planHost({ observed: before, committed, desired });
  if (!plan.ok) {
    fault(`refused: ${plan.error.message}`);
    return committed;
  }
  plans.push(plan.value.steps.map((s) => s.title));
  const again = planHost({ observed: structuredClone(before), committed, desired });
  if (!again.ok || again.value.hash !== plan.value.hash) fault('the same facts gave another hash');

  if (!(await runAll(fault, forwards(plan.value), agent.runDir))) return committed;
  const after = await observe(agent);
  expectDone(fault, after, committed, desired);
  for (const lost of sameTaps(before, after, releasedBy(committed.desired, desired, before))) fault(lost);

  // Back by the inverses, from the one snapshot.
  await runAll(fault, backwards(plan.value), agent.runDir);
  const back = await observe(agent);
  for (const d of differing(before, back)) fault(`the inverses did not restore ${d}`);
  if (!drifted) expectDone(fault, back, committed, committed.desired);

  // Back from half of the steps, the last of them begun and cut off, then what is left of the way by a plan.
  const half = Math.ceil(plan.value.steps.length / 2);
  const begun = plan.value.steps.slice(0, half);
  for (const action of begun.flatMap((s, i) => (i === half - 1 ? s.actions.slice(0, 1) : s.actions)))
    await runAction(action, agent.runDir);
  for (const action of [...begun].reverse().flatMap((s) => s.inverse)) await runAction(action, agent.runDir);
  const ours = [committed.desired, desired];
  const rest = planHost({
    observed: await observe(agent),
    committed,
    desired: committed.desired,
    purpose: 'restore',
    ours,
  });
  if (!rest.ok) {
    fault(`no way back from the middle: ${rest.error.message}`);
    return committed;
  }
  await runAll(fault, forwards(rest.value), agent.runDir);
  const restored = await observe(agent);
  expectDone(fault, restored, committed, committed.desired);
  for (const d of drifted ? [] : differing(before, restored)) fault(`not restored from the middle: ${d}`);

  const once = planHost({ observed: await observe(agent), committed, desired });
  if (!once.ok) {
    fault(`refused the second time: ${once.error.message}`);
    return committed;
  }
  await runAll(fault, forwards(once.value), agent.runDir);
  const next: Committed = { ...committed, version: committed.version + 1, desired };
  expectDone(fault, await observe(agent), next, desired);
  for (const { name, ovs } of staying) {
    if (ovs) await run(['ovs-vsctl', '--if-exists', 'del-port', `p-${name}`]);
    for (const link of [`p-${name}`, redirectFor(`p-${name}`)]) await run(['ip', 'link', 'del', 'dev', link]);
  }
  return next;
}

const plug = async ({ name, ovs }: { readonly name: string; readonly ovs: boolean }) => {
  await run(['ip', 'link', 'add', 'name', `p-${name}`, 'type', 'veth']);
  await run(
    ovs
      ? ['ovs-vsctl', '--may-exist', 'add-port', name, `p-${name}`]
      : ['ip', 'link', 'set', 'dev', `p-${name}`, 'master', name],
  );
};

const forwards = (plan: Plan): readonly Action[] => plan.steps.flatMap((s) => s.actions);
const backwards = (plan: Plan): readonly Action[] => [...plan.steps].reverse().flatMap((s) => s.inverse);

async function runAll(fault: (text: string) => void, actions: readonly Action[], runDir: string) {
  for (const action of actions) {
    const done = await runAction(action, runDir);
    if (done.ok) continue;
    fault(`${commandText(action)}: ${done.error.message}`);
    return false;
  }
  return true;
}

function expectDone(
  fault: (text: string) => void,
  observed: Observed,
  committed: Committed,
  desired: Desired,
) {
  const { left, refused } = verify({ observed, committed, desired });
  if (refused !== null) fault(`cannot be verified: ${refused.message}`);
  for (const step of left) fault(`left over: ${step.title}: ${step.actions.map(commandText).join('; ')}`);
}

/** The pid namespace ends with us, and with it every dnsmasq; this is for runs that have none. */
async function clear(runDir: string, agent: Observed['agent']): Promise<void> {
  for (const { network } of items((await observe(agent)).dnsmasq))
    await runAction({ do: 'stopDnsmasq', network, pidFile: dnsmasqFiles(network, { runDir }).pid }, runDir);
}

await main(Walk.parse(JSON.parse(readFileSync(0, 'utf8'))));
process.stdout.write(JSON.stringify({ faults, plans } satisfies WalkReport));
