import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { patience } from '@/server/core/testing/patience';
import { run, start } from '../exec';

/*
 * Real services of a host for kernel tests, started by hand: Open vSwitch and libvirt. They run in the namespaces of who
 * calls this, who must have a mount namespace and a /run of its own, and write below `folder`.
 */

export type Service = {
  /** Ends its processes, in the reverse order of their start. */
  readonly stop: () => Promise<void>;
};

async function must(...argv: readonly string[]): Promise<string> {
  const ran = await run(argv, { timeout: 10_000 * patience });
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}

/** Processes in the order of their start; what they print is told when one does not do what is expected of it. */
function processes(folder: string) {
  mkdirSync(folder, { recursive: true });
  const children: { readonly child: ChildProcess; readonly log: string }[] = [];
  const stop = async () => {
    for (const { child } of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000 * patience);
      await gone;
      clearTimeout(late);
    }
  };
  return {
    stop,
    /** Starts one and waits until `ready`. */
    start: async (argv: readonly string[], ready: () => boolean | Promise<boolean>): Promise<void> => {
      const log = path.join(folder, `${path.basename(argv[0] ?? '')}.log`);
      const child = start(argv, { log });
      child.once('error', () => {}); // it is not ready then, which is told below
      children.push({ child, log });
      for (const end = performance.now() + 20_000 * patience; !(await ready()); await pause(50))
        if (performance.now() > end || child.exitCode !== null) {
          await stop();
          throw new Error(`${argv.join(' ')} does not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
        }
    },
  };
}

/**
 * Open vSwitch with an empty database, at /run/openvswitch. `datapath` is what to give new bridges as `datapath_type`:
 * `system` where the kernel has its module, otherwise `netdev`, which switches in a process.
 */
export async function startOpenVSwitch(
  folder: string,
): Promise<Service & { readonly datapath: 'system' | 'netdev' }> {
  const rundir = '/run/openvswitch';
  mkdirSync(rundir, { recursive: true });
  const { start, stop } = processes(folder);
  const db = path.join(folder, 'conf.db');
  const socket = `${rundir}/db.sock`;
  await must('ovsdb-tool', 'create', db, '/usr/share/openvswitch/vswitch.ovsschema');
  await start(['ovsdb-server', db, `--remote=punix:${socket}`, '--no-chdir'], () => existsSync(socket));
  await must('ovs-vsctl', '--no-wait', 'init');
  const datapathTypes = async () => {
    const types = await run(['ovs-vsctl', '--timeout=5', 'get', 'Open_vSwitch', '.', 'datapath_types']);
    return types.ok ? types.value.stdout.trim() : '[]';
  };
  // It fills them in once it has begun.
  await start(['ovs-vswitchd', `unix:${socket}`, '--no-chdir'], async () => (await datapathTypes()) !== '[]');
  const module = await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath']);
  return { stop, datapath: module.ok && (await datapathTypes()).includes('system') ? 'system' : 'netdev' };
}

/** libvirt does not start without the users that its package makes; in here they stand in files of our own. */
async function addUsers(folder: string, names: readonly string[]): Promise<void> {
  for (const [file, rest] of [
    ['passwd', 'x:65533:65533::/nonexistent:/usr/sbin/nologin'],
    ['group', 'x:65533:'],
  ]) {
    const there = readFileSync(`/etc/${file}`, 'utf8');
    const missing = names.filter((name) => !there.split('\n').some((line) => line.startsWith(`${name}:`)));
    const ours = path.join(folder, `${file}`);
    writeFileSync(ours, `${there}${missing.map((name) => `${name}:${rest}\n`).join('')}`, { mode: 0o644 });
    await must('mount', '--bind', ours, `/etc/${file}`);
  }
}

/** libvirt's daemon at /run/libvirt, without the networks that the machine has defined. */
export async function startLibvirt(folder: string): Promise<Service> {
  const { start, stop } = processes(folder);
  // Its definitions and its state, in place of the machine's.
  for (const at of ['/etc/libvirt', '/var/lib', '/var/cache', '/var/log'])
    await must('mount', '-t', 'tmpfs', 'libvirt', at);
  mkdirSync('/run/libvirt', { recursive: true });
  await addUsers(folder, ['libvirt-qemu', 'libvirt-dnsmasq']);
  // Its own user for guests does not exist in our namespace.
  writeFileSync('/etc/libvirt/qemu.conf', 'user = "root"\ngroup = "root"\n');
  // libvirtd hands over to virtlogd what guests print, and waits for it.
  await start(['virtlogd'], () => existsSync('/run/libvirt/virtlogd-sock'));
  await start(['libvirtd'], async () => {
    if (!existsSync('/run/libvirt/libvirt-sock-ro')) return false;
    return (await run(['virsh', '-c', 'network:///system', 'net-list', '--all'])).ok;
  });
  return { stop };
}
