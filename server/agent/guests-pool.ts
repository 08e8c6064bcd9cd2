import { readdirSync } from 'node:fs';
import type { Forward } from '@/server/core/kinds/forward';
import type { Network } from '@/server/core/kinds/network';
import { fail, ok, type Result } from '@/server/core/result';

/** Forward modes in which a guest's NIC is a macvlan on a device of the host; what the kernel calls each. */
export const MACVLAN_MODES = {
  bridge: 'bridge',
  private: 'private',
  vepa: 'vepa',
  passthrough: 'passthru',
} as const;
type PoolMode = keyof typeof MACVLAN_MODES;

/** Who has which device of the host. */
export type Taken = { readonly guest: string; readonly device: string; readonly mode: PoolMode };

export const isPool = (forward: Forward): forward is Extract<Forward, { mode: PoolMode }> =>
  forward.mode !== 'hostdev' && Object.keys(MACVLAN_MODES).some((m) => m === forward.mode);

/** Interfaces of the virtual functions of a physical one, as the kernel lists them; none where it has none. */
export function virtualFunctions(pf: string, sys = '/sys/class/net'): readonly string[] {
  const list = (folder: string): readonly string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  return list(`${sys}/${pf}/device`)
    .filter((name) => /^virtfn\d+$/.test(name))
    .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
    .flatMap((vf) => list(`${sys}/${pf}/device/${vf}/net`));
}

/**
 * The device of a pool that a guest gets: one that nobody has for passthrough, which shares with nobody; otherwise the
 * one that the fewest have. Failures: POOL_EMPTY (nothing of it is on this host), POOL_TAKEN.
 */
export function pickDevice(
  { name, forward }: Pick<Network, 'name'> & { readonly forward: Extract<Forward, { mode: PoolMode }> },
  present: readonly string[],
  taken: readonly Taken[],
): Result<string> {
  const { pf, interfaces } = forward;
  const pool = interfaces ?? (pf === undefined ? [] : virtualFunctions(pf));
  if (pool.length === 0 && pf !== undefined)
    return fail('POOL_EMPTY', `${pf} has no virtual functions, so that network ${name} has no devices.`);
  const there = pool.filter((d) => present.includes(d));
  if (there.length === 0)
    return fail('POOL_EMPTY', `No device of network ${name} is on this host (${pool.join(', ')}).`);
  const users = (device: string) => taken.filter((t) => t.device === device);
  const exclusive = forward.mode === 'passthrough';
  const free = there.filter((d) =>
    exclusive ? users(d).length === 0 : users(d).every((t) => t.mode !== 'passthrough'),
  );
  const [best] = free.toSorted((a, b) => users(a).length - users(b).length);
  if (best !== undefined) return ok(best);
  const who = there
    .map(
      (d) =>
        `${d} by ${users(d)
          .map((t) => t.guest)
          .join(', ')}`,
    )
    .join('; ');
  return fail('POOL_TAKEN', `All devices of network ${name} are taken: ${who}.`);
}
