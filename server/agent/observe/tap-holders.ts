import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Fact, Link, TapHolder } from '@/server/core/observed';
import { hasCapability } from './agent-facts';
import { keyed, known, unknown } from './reading';

const CAP_SYS_PTRACE = 19n;

const COMMAND = 'grep -s ^iff: /proc/*/fdinfo/*';

/** The interface that an open `/dev/net/tun` belongs to, from the text of its fdinfo. */
export function parseFdinfo(text: string): string | null {
  return /^iff:\t(.+)$/m.exec(text)?.[1] ?? null;
}

/**
 * One pass over `/proc`: which process holds which tap. Names count only in their own network namespace, so
 * processes of others are left aside. Reading others' processes needs root; without it the answer would miss holders,
 * so it is unknown; unless there is no tap that could be held.
 */
export function observeTapHolders(links: Fact<Link>): Fact<TapHolder> {
  if (links.known && !Object.values(links.value).some((link) => link.kind === 'tun'))
    return known(COMMAND, {});
  const own = link('/proc/self/ns/net');
  const holders = new Map<string, { pid: number; command: string }[]>();
  let denied = 0;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const devices = devicesOf(pid);
    if (devices === 'denied') denied++;
    else if (devices.length > 0 && link(`/proc/${pid}/ns/net`) === own) {
      const command = nameOf(pid);
      for (const device of devices) holders.set(device, [...(holders.get(device) ?? []), { pid, command }]);
    }
  }
  // With the right to look into every process, the few that still refuse (an init with rights that we lack) are no holders.
  if (denied > 0 && !hasCapability(readFileSync('/proc/self/status', 'utf8'), CAP_SYS_PTRACE))
    return unknown(
      COMMAND,
      `who holds a tap is told to root only: ${denied} processes of other users cannot be read`,
    );
  return known(COMMAND, keyed([...holders].map(([device, processes]) => [device, { device, processes }])));
}

/** Processes come and go while we look: what is gone holds nothing. */
function devicesOf(pid: number): readonly string[] | 'denied' {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fdinfo`);
  } catch (e) {
    return isDenied(e) ? 'denied' : [];
  }
  const devices = new Set<string>();
  for (const fd of descriptors) {
    // Sockets, pipes and plain files are by far the most: their link says so without opening anything.
    if (link(`/proc/${pid}/fd/${fd}`)?.endsWith('/tun') !== true) continue;
    try {
      const device = parseFdinfo(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
      if (device !== null) devices.add(device);
    } catch {}
  }
  return [...devices];
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return '';
  }
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

const isDenied = (e: unknown) =>
  e instanceof Error && 'code' in e && (e.code === 'EACCES' || e.code === 'EPERM');
