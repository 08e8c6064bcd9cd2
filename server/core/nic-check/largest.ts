import { items, type Observed } from '../observed';

type Device = { readonly name: string; readonly mtu: number };
type End = { readonly name: string; readonly port: string };

/** Devices between two guests whose MTU is known, and the least of theirs (bytes). Without a second guest: as far as the switch. */
export function mtuOnTheWay(
  observed: Observed,
  from: End,
  to: End | undefined,
): { readonly devices: readonly Device[]; readonly least: number } {
  const links = observed.links.known ? observed.links.value : {};
  const inside = (guest: string): readonly Device[] => {
    const nic = items(observed.namespaces).find((n) => n.name === guest)?.links.eth0;
    return nic ? [{ name: `${guest} eth0`, mtu: nic.mtu }] : [];
  };
  const outer = (port: string): readonly Device[] => {
    const link = links[port];
    return link ? [{ name: port, mtu: link.mtu }] : [];
  };
  const switchOf = (port: string) => links[port]?.master ?? null;
  // A bridge's own MTU counts only for what the host itself routes.
  const routed = to === undefined || switchOf(from.port) !== switchOf(to.port);
  const bridges = routed ? [switchOf(from.port), to ? switchOf(to.port) : null] : [];
  const devices = [
    ...inside(from.name),
    ...outer(from.port),
    ...bridges.flatMap((name) => (name === null || name === 'ovs-system' ? [] : outer(name))),
    ...(to ? [...outer(to.port), ...inside(to.name)] : []),
  ];
  return { devices, least: Math.min(...devices.map((d) => d.mtu)) };
}

/**
 * The largest size (bytes) that passes, from `least` to `most`; `guess` is tried first. Null when not even the smallest
 * does. Asks about log2 of the range times.
 */
export async function largestPacket(
  { most, guess, least }: { readonly most: number; readonly guess: number; readonly least: number },
  passes: (size: number) => Promise<boolean>,
): Promise<number | null> {
  let low = least;
  let high = most;
  if (!(await passes(low))) return null;
  if (guess > low && guess <= high) {
    if (await passes(guess)) low = guess;
    else high = guess - 1;
  }
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (await passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
