import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Action, Plan, Step } from '@/server/core/change';
import { fail, ok, type Result, unreachable } from '@/server/core/result';
import { reloadDnsmasq, startDnsmasq, stopDnsmasq } from './dnsmasq';
import { writeDurably } from './durable';
import { run } from './exec';

/** Runs one action. `runDir` is where generated files may lie, and nowhere else. Failures are the tools' own, or PATH_OUTSIDE. */
export async function runAction(action: Action, runDir: string): Promise<Result<null>> {
  switch (action.do) {
    case 'run': {
      const { tool, args, stdin } = action;
      const ran = await run([tool, ...args], stdin === undefined ? {} : { stdin });
      return ran.ok ? ok(null) : ran;
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

export type Progress = {
  /** Called before a step's first action; false stops there. */
  readonly onStart: (step: Step) => boolean;
  readonly onDone: (step: Step) => void;
};

/** Failures: STEP_FAILED (names the step; `detail` is what the tool said), STOPPED. */
export async function applyPlan(plan: Plan, runDir: string, progress: Progress): Promise<Result<null>> {
  for (const step of plan.steps) {
    if (!progress.onStart(step))
      return fail('STOPPED', `It was stopped before step ${step.n} (${step.title}).`);
    const done = await runActions(step.actions, runDir);
    if (!done.ok) {
      const { message, detail } = done.error;
      return fail(
        'STEP_FAILED',
        `Step ${step.n} (${step.title}) failed: ${message}`,
        detail ? { detail } : {},
      );
    }
    progress.onDone(step);
  }
  return ok(null);
}
