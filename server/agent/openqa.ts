import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { IfName } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { checkPool } from '@/server/core/openqa/checks';
import type { Job, PoolFacts, Reading } from '@/server/core/openqa/facts';
import { seenPool } from '@/server/core/openqa/seats';
import type { Input, Output } from '@/server/core/protocol';
import { ok, type Result } from '@/server/core/result';
import { LAB_RUN } from './lab-inside';
import { observeFlows } from './observe/ovs-flows';
import { aWord, fitted, maybe, object } from './observe/shape';
import { parsePackets } from './rates';

/** Where openQA's workers keep what they run: `1/vars.json` is the job of worker 1. */
const JOBS = path.join(process.env.OPENQA_BASEDIR ?? '/var/lib', 'openqa/pool');

/** Looks at the pool twice, and says what is wrong. */
export async function checkOpenqa(
  observe: () => Promise<Observed>,
  { bridge: named, seconds }: Input<'openqa.check'>,
): Promise<Result<Output<'openqa.check'>>> {
  const found = seenPool(await observe(), named);
  if (!found.ok) return found;
  const bridge = IfName.parse(found.value.bridge.name);
  const before = await read(bridge);
  await pause(seconds * 1000);
  // Seen last, so that what is said of jobs and tags belongs together.
  const facts: PoolFacts = {
    bridge,
    before,
    after: await read(bridge),
    seconds,
    jobs: jobsHere(),
  };
  const observed = await observe();
  const pool = seenPool(observed, bridge);
  return pool.ok ? ok({ bridge, checks: checkPool(pool.value, observed, facts) }) : pool;
}

/** A lab sees the machine's files, and those jobs have no taps in it. */
const jobsHere = (): PoolFacts['jobs'] =>
  existsSync(LAB_RUN)
    ? { known: false, command: `ls ${JOBS}`, why: 'no worker runs in a lab' }
    : observeJobs(JOBS);

async function read(bridge: IfName): Promise<Reading> {
  const command = 'cat /proc/net/dev';
  const value = parsePackets(readFileSync('/proc/net/dev', 'utf8'));
  return { flows: await observeFlows(bridge), counts: { known: true, command, value } };
}

const Vars = object({ NAME: maybe(aWord), NICTYPE: maybe(aWord), NICVLAN: maybe(aWord) });

/** The jobs of workers that have taps. One whose file is being written is left out: its tags are judged by each other. */
export function observeJobs(folder: string): PoolFacts['jobs'] {
  const command = `grep -H NICVLAN ${folder}/*/vars.json`;
  let workers: readonly string[];
  try {
    workers = readdirSync(folder).filter((name) => /^[1-9]\d{0,3}$/.test(name));
  } catch {
    return { known: false, command, why: `there is no ${folder} that can be read` };
  }
  return {
    ...{ known: true, command },
    value: workers.flatMap(
      (name) => parseJob(Number(name), textOf(path.join(folder, name, 'vars.json'))) ?? [],
    ),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Null for what has no tap, or is no such file. */
export function parseJob(worker: number, text: string): Job | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const vars = fitted(Vars, json);
  if (!vars.ok || vars.value.NICTYPE !== 'tap') return null;
  const { NAME, NICVLAN } = vars.value;
  const vlans = String(NICVLAN ?? '0')
    .split(',')
    .map((v) => Number(v.trim()));
  return vlans.every(Number.isInteger)
    ? { worker, name: NAME === undefined ? null : String(NAME), vlans }
    : null;
}
