import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from './durable';
import { start } from './exec';
import { LAB_RUN } from './lab-inside';
import { argvOf, endProcess, type ProcessRef, processesGiven, processRef } from './processes';

/** One busybox udhcpc per guest that is plugged in. They outlive the agent, and are found again by their pid files. */
export class DhcpClients {
  private readonly script: string;

  constructor(script: string) {
    this.script = script;
  }

  runs(guest: string): boolean {
    return this.find(guest) !== null;
  }

  async start(guest: string): Promise<Result<null>> {
    await this.stop(guest);
    const folder = folderOf(guest);
    mkdirSync(folder, { recursive: true });
    const argv = ['ip', 'netns', 'exec', guest, 'busybox', 'udhcpc', '-f', '-i', 'eth0'];
    // Asks three times, a second apart, then again after two seconds: a network that appears is found soon.
    argv.push('-t', '3', '-T', '1', '-A', '2', '-x', `hostname:${guest}`, '-O', 'mtu');
    argv.push('-s', this.script, '-p', pidFile(guest));
    const log = path.join(folder, 'udhcpc.log');
    rmSync(log, { force: true });
    const child = start(argv, { detached: true, log, env: { PATCHBAY_GUEST: folder } });
    child.on('error', () => {}); // shows as not running below
    for (let waited = 0; waited < 5000; waited += 10) {
      if (this.runs(guest)) return ok(null);
      if (child.exitCode !== null || child.pid === undefined) break;
      await pause(10);
    }
    const said = (readIfThere(log) ?? '').trim().split('\n').at(-1) ?? '';
    return fail(
      'DHCP_CLIENT',
      `The DHCP client of guest ${guest} does not run (apt-get install busybox?): ${said}`,
    );
  }

  async stop(guest: string): Promise<void> {
    // Also one that was started by an agent that died before there was a pid file.
    for (const client of processesGiven(pidFile(guest))) await endProcess(client);
    rmSync(pidFile(guest), { force: true });
    rmSync(path.join(folderOf(guest), 'resolv.conf'), { force: true });
  }

  private find(guest: string): ProcessRef | null {
    const pid = Number(readIfThere(pidFile(guest))?.trim() ?? '');
    if (!Number.isInteger(pid) || pid <= 1) return null;
    return argvOf(pid).includes(pidFile(guest)) ? processRef(pid) : null;
  }
}

const folderOf = (guest: string) => path.join(LAB_RUN, 'guests', guest);
const pidFile = (guest: string) => path.join(folderOf(guest), 'udhcpc.pid');
