import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Desired, type Outcome, type Plan, type Transaction } from '@/server/core/change';
import { commandText } from '@/server/core/compile/render';
import { type HostId, labHostId, MACHINE } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { diffDesired, summarise } from '@/server/core/undo';
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
      return `"${t.summary}" is being taken back: ${t.why}`;
    case 'stuck':
      return `"${t.summary}" could not be taken back entirely:\n${t.leftOver.map((l) => `${l.what}\n${l.command}`).join('\n')}`;
  }
}

/** The change that is open at a host. */
async function openChange(
  host: HostId,
  link: AgentLink,
): Promise<Result<Exclude<Transaction, { state: 'idle' }>>> {
  const status = await link.request('status', {});
  if (!status.ok) return status;
  const { transaction } = status.value;
  return transaction.state === 'idle' ? fail('IDLE', `No change is open at ${host}.`) : ok(transaction);
}

export function confirmVerb(): Command {
  return new Command('confirm')
    .description('Keep the change that waits.')
    .addOption(hostOption())
    .addOption(labOption())
    .action((flags: WhichHost) =>
      withAgent(hostOf(flags), async (link) => {
        const open = await openChange(hostOf(flags), link);
        if (!open.ok) return complain(open.error);
        const t = open.value;
        if (t.state !== 'awaiting') return complain({ code: 'NOT_AWAITING', message: `${stateText(t)}.` });
        const { changeId, nonce } = t;
        conclude(await link.request('confirm', { changeId, nonce }, PATIENCE), (committed) =>
          print(`"${t.summary}" is committed as version ${committed.version}.`),
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
      withAgent(hostOf(flags), async (link) => {
        const open = await openChange(hostOf(flags), link);
        if (!open.ok) return complain(open.error);
        const { changeId, summary } = open.value;
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
      complain({ code: 'STUCK', message: `"${summary}" could not be taken back entirely (${outcome.why})` });
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

export function applyVerb(): Command {
  return new Command('apply')
    .description('Go to a desired state. It is taken back unless you confirm it in time.')
    .argument('<file>', FILE)
    .addOption(new Option('--seconds <n>', 'time to confirm in').argParser(parseSeconds).default(60))
    .addOption(hostOption())
    .addOption(labOption())
    .action((file: string, flags: WhichHost & { readonly seconds: number }) =>
      withAgent(hostOf(flags), async (link) => {
        const planned = await planFile(file, link);
        if (!planned.ok) return complain(planned.error);
        const { plan, desired, baseVersion, summary } = planned.value;
        print(planText(plan));
        const changeId = randomUUID();
        const { seconds } = flags;
        const input = { changeId, summary, desired, baseVersion, planHash: plan.hash, seconds };
        const begun = await link.request('apply', input);
        if (!begun.ok) return complain(begun.error);
        const end = await afterApplying(link, changeId);
        if (!end.ok) return complain(end.error);
        const where = hostOf(flags) === MACHINE ? '' : ` --host ${hostOf(flags)}`;
        print(`Applied. It is taken back in ${seconds} s unless you type: patchbay confirm${where}`);
      }),
    );
}

type Planned = { plan: Plan; desired: Desired; baseVersion: number; summary: string };

async function planFile(file: string, link: AgentLink): Promise<Result<Planned>> {
  const wanted = readDesired(file);
  if (!wanted.ok) return wanted;
  const desired = wanted.value;
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

function planText({ steps, notes }: Plan): string {
  const lines = steps.flatMap((s) => [`${s.n}. ${s.title}`, ...s.actions.map((a) => indent(commandText(a)))]);
  return [...(lines.length > 0 ? lines : ['Nothing is to be done.']), ...notes.map((n) => `Note: ${n}`)].join(
    '\n',
  );
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
    if (outcome && outcome.result !== 'committed')
      return fail('TAKEN_BACK', `It was taken back: ${outcome.why}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
