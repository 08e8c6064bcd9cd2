import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { LAB } from '../api';
import { processesWith } from '../lab-state';

/** How a command is started in the lab's namespaces: root, and whoever owns the lab, may enter them. */
export function enterLab(state: string, command: readonly string[]): [tool: string, args: string[]] {
  const [inside] = processesWith('--lab', LAB, `${state}/labs/${LAB}`, 'agent').filter(hasOwnNetwork);
  if (inside === undefined) throw new Error('the lab has no process');
  // Root becomes the lab's root; who owns the lab is that already, and may not change groups.
  const keep = process.getuid?.() === 0 ? [] : ['--preserve-credentials'];
  return ['nsenter', ['-t', String(inside), '-U', '-n', ...keep, ...command]];
}

function ipInLab(state: string, lines: readonly string[]): void {
  const [tool, args] = enterLab(state, ['ip', '-batch', '-']);
  execFileSync(tool, args, { input: `${lines.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
}

function hasOwnNetwork(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false; // it ended
  }
}

/** Names of taps on `bridge`, made in the lab. A Linux bridge has at most 1,023 ports. */
export function addTaps(state: string, bridge: string, count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, n) => `${bridge}t${n}`);
  ipInLab(state, [
    `link add ${bridge} type bridge`,
    `link set ${bridge} up`,
    ...names.flatMap((name) => [`tuntap add dev ${name} mode tap`, `link set ${name} master ${bridge} up`]),
  ]);
  return names;
}
