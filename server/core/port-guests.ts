import { parsePortMark } from './compile/ports';
import { items, type Link, type Observed } from './observed';
import type { Situation } from './plan-situation';

/** Who is behind a port. */
export type PortGuest = { readonly name: string; readonly mac: string | null };

/** By libvirt's word, or by the other end of the cable; null where nobody says. */
export function guestOf(observed: Observed, port: string): PortGuest | null {
  for (const domain of items(observed.domains))
    for (const nic of domain.nics) if (nic.target === port) return { name: domain.name, mac: nic.mac };
  for (const { name, nics } of items(observed.machines))
    for (const { tap, mac } of nics) if (tap === port) return { name, mac };
  const lower = observed.links.known ? observed.links.value[port]?.lower : undefined;
  if (lower?.netnsId == null || lower.index === null) return null;
  const space = items(observed.namespaces).find((n) => n.nsid === lower.netnsId);
  const inside = Object.values(space?.links ?? {}).find((l) => l.index === lower.index);
  return space && inside ? { name: space.name, mac: inside.mac } : null;
}

/** Name of the guest with a NIC of this address, if anybody says. */
export const ownerOf = (observed: Observed, mac: string): string | null =>
  items(observed.links)
    .map((l) => guestOf(observed, l.name))
    .find((guest) => guest?.mac === mac)?.name ?? null;

/** `web (vnet0)`, or only `vnet0`. */
export function labelOf(observed: Observed, port: string): string {
  const guest = guestOf(observed, port);
  return guest === null ? port : `${guest.name} (${port})`;
}

/** What virtual machines and namespaces are plugged in with; a NIC of the machine or a tunnel is no guest's. */
export const GUEST_KINDS: readonly string[] = ['tun', 'veth'];

/** A port's own word for where it belongs, as far as it belongs to this network. */
export function markOf(
  s: Pick<Situation, 'observed'>,
  { bridge, network }: { readonly bridge: string; readonly network: string },
  port: Link,
): ReturnType<typeof parsePortMark> {
  const mark = parsePortMark(port.alias);
  if (mark === null || mark.network === network) return mark;
  // The bridge passes from one network to another, and its guests with it.
  const alias = s.observed.links.known ? s.observed.links.value[bridge]?.alias : null;
  return alias === `patchbay:${mark.network}` ? mark : null;
}

/** Ports of guests of a network, sorted by name: all marked ones, and on a bridge of its own whatever guests are plugged in with. */
export function guestPorts(
  s: Pick<Situation, 'observed'>,
  goal: { readonly name: string; readonly network: string; readonly own?: boolean },
): readonly Link[] {
  const at = { bridge: goal.name, network: goal.network };
  return items(s.observed.links)
    .filter(
      (l) =>
        l.master === goal.name &&
        (markOf(s, at, l) !== null || ((goal.own ?? true) && GUEST_KINDS.includes(l.kind))),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
