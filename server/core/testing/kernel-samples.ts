import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { startLibvirt } from '@/server/agent/testing/services';
import { type Action, type Committed, type Desired, NOTHING, type Plan } from '../change';
import { libvirtXml, readLibvirt } from '../compile/libvirt';
import { commandText } from '../compile/render';
import { HostId } from '../ids';
import { bridgeOf, type Network } from '../kinds/network';
import { formatNetworkXml } from '../libvirt/format-network';
import { parseNetworkXml } from '../libvirt/parse-network';
import type { Observed } from '../observed';
import { nothingCommitted, planHost } from '../plan';
import { stateOf } from '../port-state';
import { type Failure, fail, ok, type Result } from '../result';
import { verify } from '../verify';
import { differing } from './essence';
import { asOld } from './libvirt-schema';
import { liveChange, restartChange } from './sample-changes';

/*
 * Runs inside network namespaces of its own, with a libvirtd of its own: every network that is given is defined,
 * started, changed while it runs, changed with a restart, exported and removed, with taps plugged in. Standard input
 * has the networks, standard output gets what happened to each.
 */

const Samples = z.object({
  /** Absolute; for our files, and for libvirt's. */
  folder: z.string(),
  /** Commands that set the stage, once libvirt runs. */
  prepare: z.array(z.array(z.string()).readonly()).readonly(),
  samples: z.array(z.object({ name: z.string(), xml: z.string() })),
});
export type Samples = z.infer<typeof Samples>;

export type SampleReport = {
  readonly name: string;
  /** Everything that is not as it should be. */
  readonly faults: readonly string[];
  /** Why we do not let such a design onto a host; null when we do. */
  readonly refused: string | null;
  /** Why this libvirt, on this machine, does not start it; null when it does. */
  readonly reason: string | null;
  /** What was done while it ran: titles of the steps. */
  readonly changes: readonly string[];
};

const { folder, prepare, samples } = Samples.parse(JSON.parse(readFileSync(0, 'utf8')));

const must = async (...argv: readonly string[]): Promise<string> => {
  const ran = await run(argv, { timeout: 90_000 });
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
};

const TAPS = ['tap-plain', 'tap-alone'];
const runDir = `${folder}/run`;
let agent: Observed['agent'];

const on = (network: Network): Desired => ({ ...NOTHING, networks: [network] });

async function runAll(actions: readonly Action[]): Promise<Result<null>> {
  for (const action of actions) {
    const done = await runAction(action, runDir);
    if (!done.ok) return fail('FAILED', `${commandText(action)}: ${said(done.error)}`);
  }
  return ok(null);
}
const said = ({ detail, message }: Failure): string => detail ?? message;

type Stage = { readonly faults: string[]; readonly changes: string[] };
type State = { readonly committed: Committed; readonly observed: Observed };

/** Plans, applies, looks; what does not lead there is a fault. Failures: those of the plan. */
async function go({ faults, changes }: Stage, { committed, observed }: State, desired: Desired) {
  const plan = planHost({ observed, committed, desired });
  if (!plan.ok) return plan;
  const done = await runAll(plan.value.steps.flatMap((s) => s.actions));
  const after = await observe(agent);
  if (!done.ok) faults.push(done.error.message);
  else {
    changes.push(...plan.value.steps.map((s) => s.title));
    const { left, refused } = verify({ observed: after, committed, desired });
    if (refused !== null) faults.push(`cannot be verified: ${refused.message}`);
    faults.push(...left.map((s) => `left over: ${s.title}: ${s.actions.map(commandText).join('; ')}`));
  }
  const next: State = {
    committed: { ...committed, version: committed.version + 1, desired },
    observed: after,
  };
  return ok({ ...next, plan: plan.value });
}

/** What libvirt kept of it is what an export of our design says, letter by letter. */
async function expectExport(faults: string[], network: Network): Promise<void> {
  const theirs = (await must('virsh', 'net-dumpxml', '--inactive', network.name)).trim();
  const read = readLibvirt(theirs);
  if (!read.ok) return void faults.push(`libvirt's XML is not understood: ${read.error.message}`);
  if (!read.value.marked) faults.push('libvirt lost our mark');
  // It makes up some, and keeps of metadata one element of each namespace, indented its way.
  const { uuid, mac, metadata } = read.value.network;
  const { metadata: _, ...design } = network;
  const ours = libvirtXml({
    ...design,
    ...(uuid === undefined ? {} : { uuid }),
    ...(mac === undefined ? {} : { mac }),
    ...(metadata === undefined ? {} : { metadata }),
  }).trim();
  if (ours !== theirs) faults.push(`exported:\n${ours}\nlibvirt has:\n${theirs}`);
  const again = parseNetworkXml(theirs);
  const written = again.ok ? formatNetworkXml(again.value).trim() : again.error.message;
  if (written !== theirs) faults.push(`read and written again:\n${written}\nlibvirt has:\n${theirs}`);
}

/** Two taps, one of them isolated, and in VLAN 42 where this kernel can. */
async function plug(bridge: string): Promise<void> {
  for (const tap of TAPS) {
    await must('ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap');
    await must('ip', 'link', 'set', 'dev', tap, 'master', bridge, 'up');
  }
  await must('bridge', 'link', 'set', 'dev', 'tap-alone', 'isolated', 'on');
  if (agent.vlanFiltering !== false) {
    await must('bridge', 'vlan', 'add', 'dev', 'tap-alone', 'vid', '42', 'pvid', 'untagged');
    await must('bridge', 'vlan', 'add', 'dev', 'tap-alone', 'vid', '43');
  }
}

/** Of each tap: its number, what it is plugged into, and how. */
function plugs(observed: Observed): string {
  const links = observed.links.known ? observed.links.value : {};
  return JSON.stringify(
    TAPS.map((tap) => ({
      ...{ tap, index: links[tap]?.index, master: links[tap]?.master, up: links[tap]?.up },
      ...stateOf(observed, tap),
    })),
  );
}

async function play({ name, xml }: Samples['samples'][number], begin: State): Promise<SampleReport> {
  const faults: string[] = [];
  const stage: Stage = { faults, changes: [] };
  const report = (reason: string | null, refused: string | null = null): SampleReport => ({
    ...{ name, faults, refused, reason, changes: stage.changes },
  });
  const parsed = parseNetworkXml(xml);
  if (!parsed.ok) {
    faults.push(parsed.error.message);
    return report(null);
  }
  const network: Network = { ...asOld(parsed.value), footing: 'libvirt' };
  const made = await go(stage, begin, on(network));
  if (!made.ok) return report(null, whyRefused(made.error));
  const [first = ''] = faults;
  if (first.startsWith(VIRSH)) {
    // Where it is defined, what stops it is this machine.
    if (first.startsWith(`${VIRSH}net-start`)) await expectExport(faults, network);
    await undo(made.value.plan);
    for (const d of differing(begin.observed, await observe(agent))) faults.push(`left behind: ${d}`);
    return { ...report(lastWords(first)), faults: faults.slice(1) };
  }
  await expectExport(faults, network);
  const bridge = bridgeOf(network);
  if (bridge !== null) await plug(bridge);
  const last = await changeWithGuests(stage, { ...made.value, observed: await observe(agent) }, network);
  for (const tap of bridge === null ? [] : TAPS) await must('ip', 'link', 'del', 'dev', tap);
  const gone = await go(stage, { ...last, observed: await observe(agent) }, NOTHING);
  if (!gone.ok) faults.push(`cannot be removed: ${whyRefused(gone.error)}`);
  else for (const d of differing(begin.observed, gone.value.observed)) faults.push(`left behind: ${d}`);
  return report(null);
}

/** libvirt says first what failed, then why. */
const lastWords = (text: string): string => text.split('error: ').at(-1)?.trim() ?? text;

const VIRSH = 'virsh -c qemu:///system ';

const whyRefused = ({ message, problems = [] }: Failure): string =>
  problems.length === 0 ? message : problems.map((p) => p.message).join(' ');

/** Live, then with a restart; the taps must not notice. */
async function changeWithGuests(stage: Stage, begin: State, network: Network): Promise<State> {
  const { faults } = stage;
  const plugged = plugs(begin.observed);
  let at = begin;
  for (const [next, title] of [
    [liveChange(network), `Change network ${network.name} in libvirt while it runs`],
    [restartChange(liveChange(network)), `Define network ${network.name} anew in libvirt and start it again`],
  ] as const) {
    const changed = await go(stage, at, on(next));
    if (!changed.ok) {
      faults.push(`${title}: ${whyRefused(changed.error)}`);
      break;
    }
    at = changed.value;
    const titles = changed.value.plan.steps.map((s) => s.title);
    if (titles.join() !== title) faults.push(`planned: ${titles.join('; ')}`);
    const now = plugs(at.observed);
    if (now !== plugged) faults.push(`${title}: taps were ${plugged}, are ${now}`);
    await expectExport(faults, next);
  }
  return at;
}

/** Back by the inverses; what was not done has nothing to undo. */
async function undo(plan: Plan): Promise<void> {
  for (const action of [...plan.steps].reverse().flatMap((s) => s.inverse)) await runAction(action, runDir);
}

await must('mount', '-t', 'tmpfs', 'run', '/run');
await must('ip', 'link', 'set', 'dev', 'lo', 'up');
const libvirt = await startLibvirt(`${folder}/libvirt`);
for (const argv of prepare) await must(...argv);
agent = await agentFacts({ host: HostId.parse('lab:samples'), version: 'test', runDir, role: 'lab' });
const reports: SampleReport[] = [];
for (const sample of samples) {
  const committed = nothingCommitted(new Date(0).toISOString());
  reports.push(await play(sample, { committed, observed: await observe(agent) }));
}
await libvirt.stop();
process.stdout.write(JSON.stringify(reports));
