import { compileLimits, redirectFor } from '@/server/core/compile/limits';
import type { Bandwidth } from '@/server/core/kinds/port';
import { checkNicLimit } from '@/server/core/nic-limit';
import { shareOut } from '@/server/core/plan-limits';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { runActions } from './apply';
import { run } from './exec';
import type { Guest, Guests } from './guests-book';
import type { Book } from './guests-nics';
import { isInOvs, leaveOvs } from './guests-ovs';
import type { PlugOptions } from './guests-plug';

type Nic = Pick<Guest, 'port' | 'bridge' | 'network' | 'device' | 'bandwidth'>;

/** Can this NIC be limited so? Failures INVALID, NOT_LIMITED_HERE. */
export async function limitable(
  { port, network, device }: Nic,
  bandwidth: Bandwidth | null,
  { desired, observe }: PlugOptions,
): Promise<Result<null>> {
  if (bandwidth === null) return ok(null);
  const at = desired().networks.find((n) => n.name === network) ?? null;
  const wrong = checkNicLimit(bandwidth, { network: at, port, observed: await observe() });
  if (!wrong.ok) return wrong;
  if (device !== undefined)
    return fail(
      'NOT_LIMITED_HERE',
      `This NIC stands on ${device} of a pool, where Patchbay limits no single NICs yet.`,
    );
  if (await isInOvs(port))
    return fail(
      'NOT_LIMITED_HERE',
      'This NIC is plugged into Open vSwitch, where Patchbay limits no single NICs yet.',
    );
  return ok(null);
}

/** Can a NIC with the limits that it has be plugged in there? */
export const pluggable = async (nic: Nic, options: PlugOptions): Promise<Result<null>> =>
  nic.bridge === null && nic.device === undefined ? ok(null) : limitable(nic, nic.bandwidth ?? null, options);

/** A NIC with these limits of its own, or without any. */
export function limitedTo<N extends { readonly bandwidth?: Bandwidth | undefined }>(
  { bandwidth: _, ...nic }: N,
  bandwidth: Bandwidth | null,
) {
  return bandwidth?.inbound === undefined && bandwidth?.outbound === undefined ? nic : { ...nic, bandwidth };
}

const hasFloor = ({ guests, machines }: Guests): boolean =>
  [...guests, ...machines.flatMap((m) => m.nics)].some((n) => n.bandwidth?.inbound?.floor !== undefined);

/**
 * Does something to guests; the bridges of networks then share out what they are guaranteed anew. `failed` is told when
 * they cannot: the guests are as they shall be all the same.
 */
export const sharingOut =
  (book: Book, { observe, desired, runDir }: PlugOptions, failed: (error: Failure) => void) =>
  async <T>(act: () => Promise<Result<T>>): Promise<Result<T>> => {
    const before = hasFloor(book.all());
    const done = await act();
    if (!before && !hasFloor(book.all())) return done;
    const shared = await runActions(shareOut(await observe(), compileLimits(desired())), runDir);
    if (!shared.ok) failed(shared.error);
    return done;
  };

/** A port goes: what is kept of it beside the device itself goes, too. */
export async function forgetPort(port: string): Promise<Result<null>> {
  const left = await leaveOvs(port);
  const through = redirectFor(port);
  const there = await run(['ip', 'link', 'show', 'dev', through]);
  if (there.ok) await run(['ip', 'link', 'del', 'dev', through]);
  return left.ok ? ok(null) : left;
}
