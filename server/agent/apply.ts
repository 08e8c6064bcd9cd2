import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Action, Plan, Step } from '@/server/core/change';
import { didNothing, explain, inTerminal } from '@/server/core/explain';
import { fail, ok, type Result, unreachable } from '@/server/core/result';
import { reloadDnsmasq, startDnsmasq, stopDnsmasq } from './dnsmasq';
import { changeDomainNic } from './domain-nic';
import { writeDurably } from './durable';
import { run } from './exec';
import { ensureLibvirt, runsOwnLibvirt } from './lab-libvirt';
import { ensureOvs, runsOwnOvs } from './lab-ovs';

/**
 * Milliseconds that a command has. The first of its kind loads modules, libvirt calls its firewall tool rule by rule and
 * waits until IPv6 addresses are settled, and slow machines are slow.
 */
const PATIENCE = 60_000;

/** The database took it, the switch did not: `ovs-vsctl` says so and ends well all the same. */
function switchTook(stderr: string): Result<null> {
  const said = stderr.split('\n').find((line) => line.includes('Error detected while setting up'));
  return said === undefined ? ok(null) : fail('SWITCH_REFUSED', said.trim(), { detail: stderr.trim() });
}

/** What the database refuses, `ovsdb-client` prints as a result, and ends well all the same. */
function databaseTook(stdout: string): Result<null> {
  const why = /"error":"([^"]*)"/.exec(stdout)?.[1];
  return why === undefined
    ? ok(null)
    : fail('DATABASE_REFUSED', `Open vSwitch's database refuses: ${why}.`, { detail: stdout.trim() });
}

/** A lab runs its own of what a tool speaks with. */
async function ensureService(tool: string): Promise<Result<null>> {
  if ((tool === 'ovs-vsctl' || tool === 'ovsdb-client') && runsOwnOvs()) return ensureOvs();
  if (tool === 'virsh' && runsOwnLibvirt()) return ensureLibvirt();
  return ok(null);
}

/** Runs one action. `runDir` is where generated files may lie, and nowhere else. Failures are the tools' own, or PATH_OUTSIDE. */
export async function runAction(action: Action, runDir: string): Promise<Result<null>> {
  switch (action.do) {
    case 'run': {
      const { tool, args, stdin } = action;
      const runs = await ensureService(tool);
      if (!runs.ok) return runs;
      const ran = await run([tool, ...args], {
        ...(stdin === undefined ? {} : { stdin }),
        timeout: PATIENCE,
      });
      if (!ran.ok) return ran;
      if (tool === 'ovsdb-client') return databaseTook(ran.value.stdout);
      return tool === 'ovs-vsctl' ? switchTook(ran.value.stderr) : ok(null);
    }
    case 'write':
      return withinRunDir(action.path, runDir, (file) => {
        // dnsmasq reads its hosts file again as a user of its own.
        mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
        writeDurably(file, action.content, 0o644);
      });
    case 'remove':
      return withinRunDir(action.path, runDir, (file) => rmSync(file, { force: true }));
    case 'startDnsmasq':
      return startDnsmasq(runDir, action.network, action.args);
    case 'stopDnsmasq':
      return stopDnsmasq(runDir, action.network);
    case 'nic': {
      const runs = await ensureService('virsh');
      return runs.ok ? changeDomainNic(action, runDir) : runs;
    }
    case 'reloadDnsmasq':
      return reloadDnsmasq(runDir, action.network);
    default:
      return unreachable(action);
  }
}

function withinRunDir(file: string, runDir: string, then: (file: string) => void): Result<null> {
  const resolved = path.resolve(file);
  if (resolved !== file || !resolved.startsWith(`${path.resolve(runDir)}/`))
    return fail('PATH_OUTSIDE', `${file} is not below the agent's folder ${runDir}.`);
  try {
    then(resolved);
    return ok(null);
  } catch (e) {
    return fail('FILE_FAILED', `${file}: ${e instanceof Error ? e.message : String(e)}`);
  }
}

/** Runs the actions of a step in order, up to the first that fails. */
export async function runActions(actions: readonly Action[], runDir: string): Promise<Result<null>> {
  for (const action of actions) {
    const done = await runAction(action, runDir);
    if (!done.ok) return done;
  }
  return ok(null);
}

/** Files of ours, which nothing on the host goes by yet. */
const isOurFile = ({ do: what }: Action): boolean => what === 'write' || what === 'remove';

type StepFailure = { readonly why: string; readonly words: string; readonly untouched: boolean };

/** Runs a step up to the first action that fails; null when none does. */
async function runStep({ actions }: Step, runDir: string): Promise<StepFailure | null> {
  for (const [i, action] of actions.entries()) {
    const done = await runAction(action, runDir);
    if (done.ok) continue;
    const untouched = actions.slice(0, i).every(isOurFile) && didNothing(action, done.error);
    return { why: explain(action, done.error), words: inTerminal(action, done.error), untouched };
  }
  return null;
}

export type Progress = {
  /** Called before a step's first action; false stops there. */
  readonly onStart: (step: Step) => boolean;
  readonly onDone: (step: Step) => void;
  /** Called for a step that failed before it had changed anything: there is nothing of it to take back. */
  readonly onUntouched: (step: Step) => void;
};

/** Failures: STEP_FAILED (names the step and why; `detail` is the command and what its tool said), STOPPED. */
export async function applyPlan(plan: Plan, runDir: string, progress: Progress): Promise<Result<null>> {
  for (const step of plan.steps) {
    if (!progress.onStart(step))
      return fail('STOPPED', `It was stopped before step ${step.n} (${step.title}).`);
    const failed = await runStep(step, runDir);
    if (failed !== null) {
      if (failed.untouched) progress.onUntouched(step);
      return fail('STEP_FAILED', `Step ${step.n} (${step.title}) failed: ${failed.why}`, {
        detail: failed.words,
      });
    }
    progress.onDone(step);
  }
  return ok(null);
}
