import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Desired } from '@/server/core/change';
import { type HostId, MACHINE } from '@/server/core/ids';
import type { AgentEvent } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { claimHome } from './committed';
import type { Identity } from './exec';
import { factsOf } from './facts';
import { type GuestKeeper, type GuestOptions, keepGuests } from './guests';
import { handlersOf } from './handlers';
import { readJournal } from './journal';
import { keepLabs, type LabKeeper, type LaunchPrefix } from './lab';
import { LAB_MACHINES, LAB_RUN, prepareLab } from './lab-inside';
import { type Log, openLog } from './log';
import { observe } from './observe';
import { watchRates } from './rates';
import { recover } from './recover';
import { claim, serve } from './serve';
import { keepTransactions, type Transactions } from './transaction';
import { whileWanted } from './wanted';
import { watchObserved } from './watch';

export type AgentOptions = {
  /** A lab's agent prepares the lab it is in and keeps its guests; the machine's keeps the labs. */
  readonly host: HostId;
  /** Folder of its own files: committed state, journal, log, generated files. Absolute. */
  readonly home: string;
  readonly socket: string;
  /** Whom the socket is open to, when that is not us. */
  readonly owner?: Identity;
  /** How this program is started again: node and the bundle, whose folder has the scripts of labs. */
  readonly program: readonly [node: string, bundle: string];
  /** Where labs are and how they are started; a machine agent without it has none. */
  readonly labs?: { readonly folder: string; readonly launch: LaunchPrefix };
};

export type RunningAgent = {
  /** Takes back what is not confirmed, ends the labs, stops listening. */
  readonly stop: () => Promise<void>;
};

const GUEST_SECTIONS = ['links', 'namespaces', 'bridgePorts', 'ovsBridges', 'machines'] as const;

/** Starts an agent. Failures: those of `claimHome`, `prepareLab`, `recover` and `serve`, and HOME_FAILED. */
export async function runAgent(options: AgentOptions): Promise<Result<RunningAgent>> {
  const { host, home, socket, program } = options;
  const isLab = host !== MACHINE;
  // Before anything is touched: what another agent has in its hands is not ours to take back.
  const free = await claim(socket);
  if (!free.ok) return free;
  let log: Log;
  try {
    mkdirSync(home, { recursive: true, mode: 0o711 });
    // dnsmasq, as a user of its own, comes through here to its hosts files; it cannot list what there is.
    chmodSync(home, 0o711);
    const alone = claimHome(home);
    if (!alone.ok) return alone;
    log = openLog(home, 'agent');
  } catch (e) {
    return fail(
      'HOME_FAILED',
      `The agent cannot use ${home}: ${e instanceof Error ? e.message : String(e)}.`,
    );
  }
  const dist = path.dirname(program[1]);
  if (isLab) {
    const prepared = await prepareLab([home, path.dirname(socket), dist, program[0]]);
    if (!prepared.ok) return prepared;
  }
  const agent = await factsOf(options);
  const observeNow = () => observe(agent);
  const recovered = await recover({ home, agent, observe: observeNow, log });
  if (!recovered.ok) return recovered;

  const listeners = new Set<(event: AgentEvent) => void>();
  const tell = (event: AgentEvent) => {
    for (const listener of listeners) listener(event);
  };
  const watcher = await watchObserved(agent, (patch) => tell({ event: 'observed', patch }));
  const wantRates = whileWanted(() =>
    watchRates(
      () => watcher.observed().limits,
      (rates) => tell({ event: 'rates', rates }),
    ),
  );
  // Not everything that a change does has an event: checksum offloading has none.
  listeners.add((event) => {
    if (event.event === 'transaction' && event.transaction.state !== 'applying') void watcher.refresh();
  });
  const transactions = keepTransactions({
    ...recovered.value,
    home,
    agent,
    observe: observeNow,
    program,
    log,
    tell,
  });
  const guests = isLab
    ? guestsOf(dist, {
        ...{ home, log, observe: observeNow, runDir: agent.runDir },
        desired: () => inForce(home, transactions),
        version: () => transactions.current().committed.version,
        changed: () => void watcher.refresh(GUEST_SECTIONS),
      })
    : null;
  const labs = options.labs ? labsOf(options.labs, home, log, tell) : null;
  const join = (listener: (event: AgentEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const handlers = handlersOf({
    home,
    agent,
    observe: observeNow,
    snapshot: watcher.observed,
    wantRates,
    transactions,
    guests,
    labs,
    tell,
    join,
  });
  const serving = await serve({
    socket,
    handlers,
    log,
    ...(options.owner ? { owner: options.owner } : {}),
  });
  if (!serving.ok) return serving;
  log.info({ host, writable: agent.writable, incarnation: agent.incarnation }, 'the agent serves');
  await guests?.restore();
  void labs?.startAll().catch((e: unknown) => log.error({ err: e }, 'the labs could not be started'));
  return ok({
    stop: async () => {
      log.info('the agent is told to stop');
      await transactions.stop();
      await labs?.stopAll();
      watcher.stop();
      await serving.value.close();
      log.info('the agent stopped');
    },
  });
}

/** What is on the host now: while a change waits to be confirmed, what it made. */
function inForce(home: string, { current }: Transactions): Desired {
  const { transaction, committed } = current();
  const made = transaction.state === 'awaiting' ? readJournal(home)?.opened.desired : undefined;
  return made ?? committed.desired;
}

function guestsOf(dist: string, options: Omit<GuestOptions, 'dhcpScript' | 'place'>): GuestKeeper {
  // udhcpc executes its script: from the lab's own file system, which certainly allows that.
  const dhcpScript = path.join(LAB_RUN, 'udhcpc.sh');
  writeFileSync(dhcpScript, readFileSync(path.join(dist, 'udhcpc.sh')), { mode: 0o755 });
  const place = { folder: LAB_MACHINES, image: path.join(dist, 'guest') };
  return keepGuests({ ...options, dhcpScript, place });
}

function labsOf(
  where: NonNullable<AgentOptions['labs']>,
  home: string,
  log: Log,
  tell: (event: AgentEvent) => void,
): LabKeeper {
  return keepLabs({ ...where, home, log, changed: (labs) => tell({ event: 'labs', labs }) });
}
