import { readdirSync, readFileSync } from 'node:fs';
import type { Fact, Link, TapHolder } from '@/server/core/observed';
import { argvOf, linkOf, nameOf } from '../processes';
import { hasCapability } from './agent-facts';
import { parseQemuArgs } from './qemu-args';
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
  const own = linkOf('/proc/self/ns/net');
  const holders = new Map<string, TapHolder['processes']>();
  let denied = 0;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const devices = devicesOf(pid);
    if (devices === 'denied') denied++;
    else if (devices.size > 0 && linkOf(`/proc/${pid}/ns/net`) === own)
      for (const [device, process] of processesOf(pid, devices))
        holders.set(device, [...(holders.get(device) ?? []), process]);
  }
  // With the right to look into every process, the few that still refuse (an init with rights that we lack) are no holders.
  if (denied > 0 && !hasCapability(readFileSync('/proc/self/status', 'utf8'), CAP_SYS_PTRACE))
    return unknown(
      COMMAND,
      `who holds a tap is told to root only: ${denied} processes of other users cannot be read`,
    );
  return known(COMMAND, keyed([...holders].map(([device, processes]) => [device, { device, processes }])));
}

/** By tap: this process, and what a QEMU was told of the NIC behind it. */
function processesOf(
  pid: number,
  devices: ReadonlyMap<string, number>,
): readonly (readonly [string, TapHolder['processes'][number]])[] {
  const command = nameOf(pid) ?? '';
  if (!command.startsWith('qemu')) return [...devices.keys()].map((device) => [device, { pid, command }]);
  const { name, nics } = parseQemuArgs(argvOf(pid));
  return [...devices].map(([device, fd]) => {
    const mac = nics.find((nic) => nic.ifname === device || nic.fds.includes(fd))?.mac?.toLowerCase();
    return [
      device,
      { pid, command, ...(name === null ? {} : { guest: name }), ...(mac === undefined ? {} : { mac }) },
    ];
  });
}

/** The taps that a process has open, each with its lowest descriptor. Processes come and go while we look: what is gone holds nothing. */
function devicesOf(pid: number): ReadonlyMap<string, number> | 'denied' {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fdinfo`);
  } catch (e) {
    return isDenied(e) ? 'denied' : new Map();
  }
  const devices = new Map<string, number>();
  for (const fd of descriptors) {
    // Sockets, pipes and plain files are by far the most: their link says so without opening anything.
    if (linkOf(`/proc/${pid}/fd/${fd}`)?.endsWith('/tun') !== true) continue;
    try {
      const device = parseFdinfo(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
      if (device !== null && !devices.has(device)) devices.set(device, Number(fd));
    } catch {}
  }
  return devices;
}

const isDenied = (e: unknown) =>
  e instanceof Error && 'code' in e && (e.code === 'EACCES' || e.code === 'EPERM');
