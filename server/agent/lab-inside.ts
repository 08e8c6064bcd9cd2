import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ok, type Result } from '@/server/core/result';
import { run } from './exec';
import { bindOwnTun } from './lab-tun';

/*
 * What a lab has before anybody does anything: a /run of its own, and a namespace `outside` that plays the physical
 * network and, with two addresses behind it, the Internet.
 */

/** Everything in the lab that is not kept: on its tmpfs, so it goes with the lab. */
export const LAB_RUN = '/run/patchbay-lab';
/** What a lab's own libvirt keeps, laid out as on a machine. */
export const LAB_LIBVIRT = path.join(LAB_RUN, 'libvirt');
/** What the virtual machines of a lab keep, a folder each. */
export const LAB_MACHINES = path.join(LAB_RUN, 'machines');
const READY = path.join(LAB_RUN, 'ready');

export const OUTSIDE = 'outside';
/** Pingable from wherever there is a way to the Internet. */
export const INTERNET = { v4: '198.51.100.1', v6: '2001:db8:51::1' } as const;

/**
 * Prepares the lab; does nothing where that is done. `keep` are files and folders that must stay reachable although
 * they may lie below /run. Failures are those of the commands.
 */
export async function prepareLab(keep: readonly string[]): Promise<Result<null>> {
  if (!existsSync(LAB_RUN)) {
    const mounted = await ownRun(keep);
    if (!mounted.ok) return mounted;
    // Shows our devices instead of the machine's. Some containers do not allow it; nothing of ours depends on it.
    await run(['mount', '-t', 'sysfs', 'sysfs', '/sys']);
    await bindOwnTun();
    mkdirSync(LAB_RUN, { recursive: true, mode: 0o700 });
  }
  if (existsSync(READY)) return ok(null);
  const made = await makeOutside();
  if (!made.ok) return made;
  writeFileSync(READY, '');
  return ok(null);
}

async function ownRun(keep: readonly string[]): Promise<Result<null>> {
  const base = mkdtempSync(path.join(tmpdir(), 'patchbay-run-'));
  const kept = new Set(keep.flatMap((k) => (k.startsWith('/run/') ? (k.split('/')[2] ?? []) : [])));
  const commands = [['mount', '-t', 'tmpfs', '-o', 'mode=755,size=16m', 'tmpfs', base]];
  for (const name of kept) commands.push(['mount', '--rbind', `/run/${name}`, path.join(base, name)]);
  commands.push(['mount', '--rbind', base, '/run'], ['umount', '--lazy', base]);
  try {
    for (const command of commands) {
      if (command.includes('--rbind') && command[2] !== base) mkdirSync(command.at(-1) ?? base);
      const ran = await run(command);
      if (!ran.ok) return ran;
    }
    return ok(null);
  } finally {
    rmdirSync(base);
  }
}

async function makeOutside(): Promise<Result<null>> {
  // An agent that was killed while it prepared the lab left something half made.
  await run(['ip', 'netns', 'del', OUTSIDE]);
  await run(['ip', 'link', 'del', 'uplink0']);
  rmSync(READY, { force: true });
  const lab = [
    'link set lo up',
    `link add uplink0 type veth peer name eth0 netns ${OUTSIDE}`,
    'address add 203.0.113.2/24 broadcast + dev uplink0',
    'address add 2001:db8:113::2/64 dev uplink0 nodad',
    'link set uplink0 up',
  ];
  const outside = [
    'link set lo up',
    `address add ${INTERNET.v4}/32 dev lo`,
    `address add ${INTERNET.v6}/128 dev lo`,
    'address add 203.0.113.1/24 broadcast + dev eth0',
    'address add 2001:db8:113::1/64 dev eth0 nodad',
    'link set eth0 up',
    'route add 10.0.0.0/8 via 203.0.113.2',
    'route add fd00::/8 via 2001:db8:113::2',
  ];
  const ways = ['route add default via 203.0.113.1', 'route add default via 2001:db8:113::1'];
  const batch = (lines: readonly string[], into: readonly string[] = []) =>
    run(['ip', ...into, '-batch', '-'], { stdin: `${lines.join('\n')}\n` });
  const steps = [
    () => run(['ip', 'netns', 'add', OUTSIDE]),
    () => batch(lab),
    () => batch(outside, ['-n', OUTSIDE]),
    () => batch(ways),
  ];
  for (const step of steps) {
    const ran = await step();
    if (!ran.ok) return ran;
  }
  return ok(null);
}
