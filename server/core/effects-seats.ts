import { parsePortMark } from './compile/ports';
import type { Effect, Seat, When } from './effect';
import { bridgeOf, hasOwnBridge, type Network } from './kinds/network';
import { items, type Lease } from './observed';
import { ovsGuestPorts } from './plan-ovs-ports';
import type { Situation } from './plan-situation';
import { guestOf, guestPorts } from './port-guests';

/** A guest where it is plugged in, and what it has of the network. */
export type Guest = Seat & { readonly mac: string | null; readonly leases: readonly Lease[] };

/** Who is plugged into a network as it is now; sorted by port. */
export function guestsIn(s: Pick<Situation, 'observed'>, network: Network): readonly Guest[] {
  const { observed } = s;
  const bridge = bridgeOf(network);
  const at = { network: network.name, own: hasOwnBridge(network) };
  const marked = (alias: string | null) => parsePortMark(alias)?.network === network.name;
  const ports = new Set([
    ...(bridge === null
      ? []
      : [
          ...guestPorts(s, { name: bridge, ...at }).map((l) => l.name),
          ...ovsGuestPorts(s, { bridge, ...at }).map((g) => g.port.name),
        ]),
    ...items(observed.links).flatMap((l) => (marked(l.alias) ? [l.name] : [])),
    ...items(observed.domains).flatMap((d) =>
      d.nics.flatMap((n) =>
        n.type === 'network' && n.source === network.name && n.target !== null ? [n.target] : [],
      ),
    ),
  ]);
  const leases = leasesOf(s, network.name);
  const seated = [...ports].sort().map((port): Guest => {
    const guest = guestOf(observed, port);
    const mac = (guest?.mac ?? learnt(s, port))?.toLowerCase() ?? null;
    return { port, guest: guest?.name ?? null, mac, leases: leases.get(mac ?? '') ?? [] };
  });
  const inside = items(observed.namespaces).flatMap((space) =>
    Object.values(space.links).flatMap((l): readonly Guest[] => {
      if (!marked(l.alias)) return [];
      const mac = l.mac?.toLowerCase() ?? null;
      return [{ port: null, guest: space.name, mac, leases: leases.get(mac ?? '') ?? [] }];
    }),
  );
  return [...seated, ...inside];
}

function leasesOf({ observed }: Pick<Situation, 'observed'>, network: string): ReadonlyMap<string, Lease[]> {
  const found = new Map<string, Lease[]>();
  for (const lease of items(observed.leases)) {
    if (lease.network !== network || lease.mac === null) continue;
    const mac = lease.mac.toLowerCase();
    found.set(mac, [...(found.get(mac) ?? []), lease]);
  }
  return found;
}

/** A tap does not say what is behind it; its bridge has learnt that, if just one is. */
function learnt({ observed }: Pick<Situation, 'observed'>, port: string): string | null {
  const macs = new Set(
    items(observed.fdb).flatMap((e) =>
      e.port === port && e.state !== 'permanent' && e.state !== 'static' ? [e.mac.toLowerCase()] : [],
    ),
  );
  const [mac] = macs;
  return macs.size === 1 ? (mac ?? null) : null;
}

export const seatOf = ({ port, guest }: Guest): Seat => ({ port, guest });

type Told = { readonly what: string; readonly severity: Effect['severity']; readonly when: When };

/** The same for all of them; nothing where there is nobody. */
export const tell = (network: string, guests: readonly Guest[], told: Told): readonly Effect[] =>
  guests.length === 0 ? [] : [{ network, seats: guests.map(seatOf), ...told }];

export const AT_ONCE = { at: 'once' } as const;
