import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, release, userInfo } from 'node:os';
import type { AgentFacts } from '@/server/core/observed';
import { run } from '../exec';

const CAP_NET_ADMIN = 12n;
const ALL_IDS = 4294967295;

/** What `/proc/self/uid_map` says: is there but one user in here, and is this the machine's own user namespace. */
export function parseUidMap(text: string): { singleUser: boolean; initial: boolean } {
  const ranges = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const ids = ranges.reduce((sum, [, , length]) => sum + (length ?? 0), 0);
  const [inside, outside, length] = ranges[0] ?? [];
  return { singleUser: ids <= 1, initial: inside === 0 && outside === 0 && length === ALL_IDS };
}

/** Whether the text of `/proc/self/status` has this bit among the effective capabilities. */
export function hasCapability(status: string, bit: bigint): boolean {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return hex !== undefined && ((BigInt(`0x${hex}`) >> bit) & 1n) === 1n;
}

/**
 * In a user namespace the capability may be about another network namespace than the one we are in. Only the kernel
 * can tell: it is asked to delete a route that does not exist, from a table that nobody has.
 */
async function mayChange(initial: boolean): Promise<boolean> {
  if (!hasCapability(readFileSync('/proc/self/status', 'utf8'), CAP_NET_ADMIN)) return false;
  if (initial) return true;
  const ran = await run(['ip', 'route', 'del', 'unreachable', '192.0.2.1/32', 'table', '4294967290']);
  return ran.ok || !/not permitted/i.test(ran.error.detail ?? ran.error.message);
}

/**
 * Tried out, on a bridge in a network namespace that goes with the command: nothing else says so for certain. Null where
 * no such namespace can be made.
 */
async function canFilterVlans(): Promise<boolean | null> {
  const stdin = 'link add name plain type bridge\nlink add name filters type bridge vlan_filtering 1\n';
  const tried = await run(['unshare', '--net', 'ip', '-force', '-batch', '-'], { stdin });
  if (tried.ok) return true;
  const failed = (tried.error.detail ?? '').match(/^Command failed -:\d+$/gm) ?? [];
  return failed.join() === 'Command failed -:2' ? false : null;
}

/**
 * Which of what libvirt limits bandwidth with the kernel has: a policer, fair queues. Tried out, as above: a module that
 * can be loaded is loaded by the question. Null where no such namespace can be made.
 */
async function queueing(): Promise<Pick<AgentFacts, 'polices' | 'ovsPolices' | 'fairQueues'> | null> {
  const works = (...lines: readonly string[]) => {
    const made = ['ip link add name v0 type veth peer name v1', 'tc qdisc add dev v0 ingress', ...lines];
    return run(['unshare', '--net', 'sh', '-c', `${made.join(' && ')} || exit 9`]);
  };
  const [base, police, basic, sfq] = await Promise.all([
    works(),
    works(
      'tc filter add dev v0 parent ffff: protocol all u32 match u32 0 0 police rate 1mbit burst 10kb drop flowid :1',
    ),
    // Open vSwitch polices with one of these classifiers, or with the other.
    works(
      `{ ${['matchall', 'basic']
        .map(
          (by) => `tc filter add dev v0 parent ffff: protocol all ${by} action police rate 1mbit burst 10kb`,
        )
        .join(' || ')}; }`,
    ),
    works('tc qdisc add dev v0 root sfq perturb 10'),
  ]);
  return base.ok ? { polices: police.ok, ovsPolices: basic.ok, fairQueues: sfq.ok } : null;
}

/**
 * Open vSwitch itself lists `system` among its datapath types whether the kernel has its module or not. The kernel loads
 * the module upon this question. Null where there is no tool to ask with.
 */
async function hasOvsDatapath(): Promise<boolean | null> {
  const asked = await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath']);
  return asked.ok ? true : asked.error.code === 'TOOL_MISSING' ? null : false;
}

/** What this process is and may do, beside what it is called (`given`). */
export async function agentFacts<Given extends Pick<AgentFacts, 'role'>>(
  given: Given,
): Promise<Given & Omit<AgentFacts, 'host' | 'version' | 'runDir' | 'role'>> {
  const { singleUser, initial } = parseUidMap(readFileSync('/proc/self/uid_map', 'utf8'));
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const netns = /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? '0';
  const writable = await mayChange(initial);
  const [vlanFiltering, ovsDatapath, queues] = writable
    ? await Promise.all([canFilterVlans(), hasOvsDatapath(), queueing()])
    : [null, null, null];
  return {
    ...given,
    hostname: hostname(),
    kernel: release(),
    incarnation: `${boot}:${netns}`,
    writable: writable
      ? { yes: true }
      : {
          yes: false,
          why: `This machine is read-only: the agent runs as ${userName()}, without the right to change its network. Start Patchbay as root to change it.`,
        },
    singleUser,
    ...(vlanFiltering === null ? {} : { vlanFiltering }),
    ...(ovsDatapath === null ? {} : { ovsDatapath }),
    ...(queues ?? {}),
  };
}

/** A user id that no name belongs to is no failure. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? '?'}`;
  }
}
