import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NetworkName } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from './durable';
import { run, start } from './exec';
import { argvOf, endProcess, type ProcessRef, processesGiven, processRef } from './processes';

/** Milliseconds until one that neither serves nor ends counts as hung; a busy machine was seen to need more than 5,000. */
const PATIENCE = 20_000;

/** The files of a network's dnsmasq. `started` has the SHA-256 of the configuration that the running one was given. */
function filesOf(runDir: string, network: string) {
  const at = (suffix: string) => path.join(runDir, 'dnsmasq', `${NetworkName.parse(network)}.${suffix}`);
  return { conf: at('conf'), pid: at('pid'), started: at('started'), log: at('log') };
}

/** The dnsmasq of a network that serves; a pid file alone is not believed. */
function find(runDir: string, network: string): ProcessRef | null {
  const files = filesOf(runDir, network);
  const pid = Number(readIfThere(files.pid)?.trim() ?? '');
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return argvOf(pid).includes(`--conf-file=${files.conf}`) ? processRef(pid) : null;
}

/**
 * Starts it (after stopping the one that runs) and waits until it serves. It outlives us. Failures: DNSMASQ_CONF
 * (it does not understand its configuration), DNSMASQ_START.
 */
export async function startDnsmasq(
  runDir: string,
  network: string,
  args: readonly string[],
): Promise<Result<null>> {
  const files = filesOf(runDir, network);
  const test = await run(['dnsmasq', '--test', `--conf-file=${files.conf}`]);
  if (!test.ok)
    return fail(
      'DNSMASQ_CONF',
      `dnsmasq does not accept ${files.conf}: ${test.error.detail ?? test.error.message}`,
    );
  const stopped = await stopDnsmasq(runDir, network);
  if (!stopped.ok) return stopped;
  mkdirSync(path.dirname(files.log), { recursive: true });
  rmSync(files.log, { force: true });
  const conf = readIfThere(files.conf) ?? '';
  const child = start(['dnsmasq', ...args], { detached: true, log: files.log, cwd: '/' });
  child.on('error', () => {}); // shows as ended below
  for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(10)) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
    // Once its sockets are bound it writes its pid file, or, with --no-daemon, only says that it has started.
    const said = args.includes('--no-daemon') && / started, /.test(readIfThere(files.log) ?? '');
    if (said) writeFileSync(files.pid, `${child.pid}\n`);
    if (find(runDir, network)?.pid !== child.pid) continue;
    writeFileSync(files.started, createHash('sha256').update(conf).digest('hex'));
    return ok(null);
  }
  child.kill('SIGKILL');
  rmSync(files.pid, { force: true });
  const said = (readIfThere(files.log) ?? '').trim();
  const last = said.split('\n').at(-1) ?? '';
  return fail(
    'DNSMASQ_START',
    `The dnsmasq of network ${network} did not start: ${last || 'it said nothing'}`,
    said === '' ? {} : { detail: said.slice(-2000) },
  );
}

const isDnsmasq = ({ pid }: ProcessRef): boolean => path.basename(argvOf(pid)[0] ?? '') === 'dnsmasq';

/** Failure DNSMASQ_STOP when it does not end even when it is made to. */
export async function stopDnsmasq(runDir: string, network: string): Promise<Result<null>> {
  const files = filesOf(runDir, network);
  // Also one that was started by an agent that died before there was a pid file.
  for (const running of processesGiven(`--conf-file=${files.conf}`).filter(isDnsmasq))
    if (!(await endProcess(running)))
      return fail('DNSMASQ_STOP', `The dnsmasq of network ${network} (process ${running.pid}) does not end.`);
  rmSync(files.pid, { force: true });
  rmSync(files.started, { force: true });
  return ok(null);
}

/** It reads its hosts file again. Failure DNSMASQ_GONE when it does not run. */
export function reloadDnsmasq(runDir: string, network: string): Result<null> {
  const running = find(runDir, network);
  if (!running) return fail('DNSMASQ_GONE', `The dnsmasq of network ${network} does not run.`);
  process.kill(running.pid, 'SIGHUP');
  return ok(null);
}

/** After a restart of the machine or lab, pid files name other processes. Leases and logs stay. */
export async function forgetDnsmasqs(runDir: string, networks: readonly string[]): Promise<void> {
  for (const network of networks) await stopDnsmasq(runDir, network);
}
