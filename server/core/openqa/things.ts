import type { Desired } from '../change';
import { HostLink, type Tap } from '../kinds/link';
import { Network } from '../kinds/network';
import { seatOf, tapNames } from './numbering';
import { type Pool, PREFIX } from './pool';

/** The bridge with the host's address in it, as an ordinary network: nothing is served there, openQA's own jobs do that. */
export const networkOf = ({ network, bridge, address, masquerade }: Pool): Network =>
  Network.parse({
    ...{ kind: 'network', name: network, footing: 'ovs', bridge: { name: bridge, stp: false } },
    forward: { mode: masquerade ? 'nat' : 'open' },
    subnets: [{ address, prefix: PREFIX }],
    dns: { enable: false },
  });

export const tapsOf = (pool: Pool): readonly HostLink[] =>
  tapNames(pool).map((name) =>
    HostLink.parse({
      ...{ kind: 'tap', name, bridge: pool.bridge, keepVlans: true },
      ...{ user: pool.owner, group: pool.group },
    }),
  );

/** Taps that a design has for openQA. */
const poolTaps = (desired: Desired): readonly Tap[] =>
  desired.links.flatMap((l) => (l.kind === 'tap' && l.keepVlans && seatOf(l.name) !== null ? [l] : []));

/**
 * The state of a host with this pool in it. What is there already keeps what a pool does not say; taps that an earlier,
 * larger one had on the same bridge go.
 */
export function withPool(desired: Desired, pool: Pool): Desired {
  const was = desired.networks.find((n) => n.name === pool.network && n.bridge?.name === pool.bridge);
  const network = Network.parse({ ...was, ...networkOf(pool) });
  const taps = tapsOf(pool).map((tap) => {
    const before = desired.links.find((l) => l.kind === 'tap' && l.name === tap.name);
    return HostLink.parse({ ...before, vlan: undefined, ...tap });
  });
  const mine = poolTaps(desired).filter((t) => t.bridge === pool.bridge);
  const names = new Set<string>([...taps, ...mine].map((t) => t.name));
  return {
    ...desired,
    networks: [...desired.networks.filter((n) => n.name !== network.name), network],
    links: [...desired.links.filter((l) => !names.has(l.name)), ...taps],
  };
}

/** The pool that a design has, as far as it says: classes and peers are in files of others. */
export function poolIn(desired: Desired): Omit<Pool, 'classes' | 'peers'> | null {
  const [first, ...rest] = poolTaps(desired);
  const network = desired.networks.find((n) => n.bridge !== undefined && n.bridge.name === first?.bridge);
  const [subnet] = network?.subnets ?? [];
  if (first === undefined || network?.bridge === undefined || subnet === undefined) return null;
  const seats = [first, ...rest].flatMap((t) => (t.bridge === first.bridge ? (seatOf(t.name) ?? []) : []));
  return {
    workers: Math.max(...seats.map((s) => s.worker)),
    nics: Math.max(...seats.map((s) => s.nic)),
    network: network.name,
    bridge: network.bridge.name,
    address: subnet.address,
    masquerade: network.forward.mode === 'nat',
    owner: first.user ?? 'root',
    group: first.group ?? 'root',
  };
}
