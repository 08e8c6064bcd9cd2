import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Desired, type Outcome, type Plan, type Transaction } from '@/server/core/change';
import { commandText } from '@/server/core/compile/render';
import { effectLines } from '@/server/core/effect';
import { readReason } from '@/server/core/explain';
import { type HostId, labHostId, MACHINE } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { summarise } from '@/server/core/summary';
import { diffDesired } from '@/server/core/undo';
import { parseJson } from '@/server/core/wire';
import type { AgentLink } from '@/server/link/link';
import { complain, conclude, print, table } from './say';
import { hostOf, hostOption, labOption, type WhichHost, withAgent } from './which-host';

/** Taking back waits for the commands and for the check (ms). */
const PATIENCE = 240_000;

export function statusVerb(): Command {
  return new Command('status')
    .description('Show every host, and what waits to be confirmed.')
    .addOption(hostOption())
    .addOption(labOption())
    .action(async (flags: WhichHost) => {
      const hosts = flags.host || flags.lab ? [hostOf(flags)] : await allHosts();
      const rows = await Promise.all(hosts.map((host) => withAgent(host, (link) => statusRow(host, link))));
      if (!rows.every((r) => r.ok)) process.exitCode = 1;
      print(
        table(
          ['host', 'version', 'state'],
          rows.map((r) => r.row),
        ),
      );
    });
}

async function allHosts(): Promise<readonly HostId[]> {
  const labs = await withAgent(MACHINE, (link) => link.request('lab.list', {}));
  return [MACHINE, ...(labs.ok ? labs.value.map((l) => labHostId(l.name)) : [])];
}

async function statusRow(host: HostId, link: AgentLink): Promise<{ ok: boolean; row: readonly string[] }> {
  const status = await link.request('status', {});
  if (!status.ok) return { ok: false, row: [host, '', status.error.message] };
  const { transaction, committed } = status.value;
  return {
    ok: transaction.state !== 'stuck',
    row: [host, String(committed.version), stateText(transaction)],
  };
}

function stateText(t: Transaction): string {
  switch (t.state) {
    case 'idle':
      return 'nothing is going on';
    case 'applying':
      return `"${t.summary}" is being applied, step ${t.step} of ${t.steps}: ${t.title}`;
    case 'awaiting':
      return `"${t.summary}" waits to be confirmed until ${t.deadline}`;
    case 'rolling-back':
      return `"${t.summary}" is being taken back: ${readReason(t.why).sentence}`;
    case 'stuck':
      return `"${t.summary}" could not be taken back entirely:\n${t.leftOver.map((l) => `${l.what}\n${l.command}`).join('\n')}`;
  }
}

type OpenChange = Exclude<Transaction, { state: 'idle' }>;

/** Does something with the change that is open at the host of these flags; complains when there is none. */
const withOpenChange = (
  flags: WhichHost,
  work: (open: OpenChange, link: AgentLink) => Promise<void> | void,
) =>
  withAgent(hostOf(flags), async (link) => {
    const status = await link.request('status', {});
    if (!status.ok) return complain(status.error);
    const { transaction } = status.value;
    if (transaction.state !== 'idle') return work(transaction, link);
    complain({ code: 'IDLE', message: `No change is open at ${hostOf(flags)}.` });
  });

export function confirmVerb(): Command {
  return new Command('confirm')
    .description('Keep the change that waits.')
    .addOption(hostOption())
    .addOption(labOption())
    .action((flags: WhichHost) =>
      withOpenChange(flags, async (open, link) => {
        if (open.state !== 'awaiting')
          return complain({ code: 'NOT_AWAITING', message: `${stateText(open)}.` });
        const { changeId, nonce, summary } = open;
        conclude(await link.request('confirm', { changeId, nonce }, PATIENCE), (committed) =>
          print(`"${summary}" is committed as version ${committed.version}.`),
        );
      }),
    );
}

export function rollbackVerb(): Command {
  return new Command('rollback')
    .description('Take the open change back now; when it is stuck, try again.')
    .addOption(hostOption())
    .addOption(labOption())
    .action((flags: WhichHost) =>
      withOpenChange(flags, async ({ changeId, summary }, link) => {
        conclude(await link.request('rollback', { changeId }, PATIENCE), (o) => tellOutcome(summary, o));
      }),
    );
}

function tellOutcome(summary: string, outcome: Outcome): void {
  switch (outcome.result) {
    case 'committed':
      process.exitCode = 1;
      print(`"${summary}" was committed before, as version ${outcome.version}.`);
      break;
    case 'rolled-back':
      print(`"${summary}" is taken back.`);
      break;
    case 'stuck':
      complain({
        code: 'STUCK',
        message: `"${summary}" could not be taken back entirely (${readReason(outcome.why).sentence})`,
      });
      for (const l of outcome.leftOver)
        process.stderr.write(`${l.what}${l.error ? ` (${l.error})` : ''}\n${l.command}\n`);
  }
}

const FILE = 'JSON file with the whole desired state, {"networks": […]}; "-" is standard input';

export function planVerb(): Command {
  return new Command('plan')
    .description('Show the exact commands that lead to a desired state; nothing is changed.')
    .argument('<file>', FILE)
    .option('--json', 'the plan as JSON')
    .addOption(hostOption())
    .addOption(labOption())
    .action((file: string, flags: WhichHost & { readonly json?: boolean }) =>
      withAgent(hostOf(flags), async (link) =>
        conclude(await planFile(file, link), ({ plan }) =>
          print(flags.json ? JSON.stringify(plan) : planText(plan)),
        ),
      ),
    );
}

function parseSeconds(text: string): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= 5 && n <= 3600) return n;
  throw new InvalidArgumentError('It is a number of seconds from 5 to 3600.');
}

export const secondsOption = () =>
  new Option('--seconds <n>', 'time to confirm in').argParser(parseSeconds).default(60);

export function applyVerb(): Command {
  return new Command('apply')
    .description('Go to a desired state. It is taken back unless you confirm it in time.')
    .argument('<file>', FILE)
    .addOption(secondsOption())
    .addOption(hostOption())
    .addOption(labOption())
    .action((file: string, flags: WhichHost & { readonly seconds: number }) =>
      withAgent(hostOf(flags), async (link) => {
        const wanted = readDesired(file);
        if (!wanted.ok) return complain(wanted.error);
        await tryOut(wanted.value, link, { host: hostOf(flags), seconds: flags.seconds });
      }),
    );
}

/** Applies a desired state, to be confirmed within `seconds`, and tells how. */
export async function tryOut(
  wanted: Desired,
  link: AgentLink,
  { host, seconds }: { readonly host: HostId; readonly seconds: number },
): Promise<void> {
  const planned = await planOf(wanted, link);
  if (!planned.ok) return complain(planned.error);
  const { plan, desired, baseVersion, summary } = planned.value;
  print(planText(plan));
  const changeId = randomUUID();
  const input = { changeId, summary, desired, baseVersion, planHash: plan.hash, seconds };
  const begun = await link.request('apply', input);
  if (!begun.ok) return complain(begun.error);
  const end = await afterApplying(link, changeId);
  if (!end.ok) return complain(end.error);
  const where = host === MACHINE ? '' : ` --host ${host}`;
  print(`Applied. It is taken back in ${seconds} s unless you type: patchbay confirm${where}`);
}

type Planned = { plan: Plan; desired: Desired; baseVersion: number; summary: string };

async function planFile(file: string, link: AgentLink): Promise<Result<Planned>> {
  const wanted = readDesired(file);
  return wanted.ok ? planOf(wanted.value, link) : wanted;
}

/** What would run, and what it is called. */
export async function planOf(desired: Desired, link: AgentLink): Promise<Result<Planned>> {
  const status = await link.request('status', {});
  if (!status.ok) return status;
  const { committed } = status.value;
  const plan = await link.request('plan', { desired, baseVersion: committed.version });
  if (!plan.ok) return plan;
  const summary = summarise(diffDesired(committed.desired, desired));
  return ok({ plan: plan.value, desired, baseVersion: committed.version, summary });
}

function readDesired(file: string): Result<Desired> {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (e) {
    return fail('FILE', `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}.`);
  }
  const parsed = Desired.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  const [first] = parsed.error.issues;
  return fail('FILE', `${file} is no desired state: ${first?.path.join('.')}: ${first?.message}`);
}

export function planText({ steps, notes, effects }: Plan): string {
  const lines = steps.flatMap((s) => [`${s.n}. ${s.title}`, ...s.actions.map((a) => indent(commandText(a)))]);
  return [
    ...(lines.length > 0 ? lines : ['Nothing is to be done.']),
    ...notes.map((n) => `Note: ${n}`),
    ...(lines.length > 0 || effects.length > 0 ? effectLines(effects) : []),
  ].join('\n');
}
const indent = (text: string) => text.replaceAll(/^/gm, '     ');

/** Waits until the change waits to be confirmed; a failure says why it was taken back. */
async function afterApplying(link: AgentLink, changeId: string): Promise<Result<null>> {
  for (;;) {
    const status = await link.request('status', {});
    if (!status.ok) return status;
    const { transaction, outcomes } = status.value;
    if (transaction.state === 'awaiting' && transaction.changeId === changeId) return ok(null);
    const outcome = outcomes.find((o) => o.changeId === changeId);
    if (outcome && outcome.result !== 'committed') {
      const { sentence, words } = readReason(outcome.why);
      return fail('TAKEN_BACK', `It was taken back: ${sentence}`, words === null ? {} : { detail: words });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
