import { accessSync, constants } from 'node:fs';
import { run } from '@/server/agent/exec';
import { patience } from './patience';

/* What kernel tests find on the machine at hand; what they lack they say aloud. */

/** To read a large program for the first time takes a while; who is late is not missing. */
const LONG = { timeout: 30_000 * patience };

/** Are all of these programs installed? */
export async function hasPrograms(...programs: readonly string[]): Promise<boolean> {
  for (const program of programs) if (!(await run([program, '--version'], LONG)).ok) return false;
  return true;
}

/** A switch in a process makes its own devices as taps. */
export async function hasOvs(): Promise<boolean> {
  if (!(await hasPrograms('ovs-vswitchd', 'ovsdb-server'))) return false;
  const why = whyNoTaps();
  if (why !== null) console.warn(`SKIPPED: no Open vSwitch was started: ${why}`);
  return why === null;
}
export const hasLibvirt = (): Promise<boolean> => hasPrograms('libvirtd', 'virsh');

/** Null when we may make taps in namespaces of our own, or else why not. */
export function whyNoTaps(): string | null {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return 'this user may not open /dev/net/tun';
  }
}

/** May we make no taps? Warns then. */
export function noTapsHere(): boolean {
  const why = whyNoTaps();
  if (why !== null) console.warn(`SKIPPED: no tap was made: ${why}`);
  return why !== null;
}

/** Null when a libvirtd of one's own can serve networks here, or else why not. */
export async function whyNoLibvirt(): Promise<string | null> {
  if (!(await hasLibvirt())) return 'libvirt is not installed';
  return process.getuid?.() === 0 ? null : 'its dnsmasq becomes another user, for which we must be root';
}

/** Can the kernel not make such a link (as `ip link add` says it; `v0` is there), in namespaces of its own? Warns then. */
export async function kernelLacks(what: string, link: string): Promise<boolean> {
  const lines = `link add name v0 type veth peer name v1\nlink add name x ${link}\n`;
  const tried = await run(['unshare', '--user', '--map-root-user', '--net', 'ip', '-batch', '-'], {
    stdin: lines,
  });
  if (!tried.ok) console.warn(`SKIPPED: this kernel has no ${what}: ${tried.error.message}`);
  return !tried.ok;
}
