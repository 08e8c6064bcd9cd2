/** How cables of a VLAN look: one of twelve hues, and a dash pattern once all hues are in use. */
export type VlanLook = { readonly hue: number; readonly pattern: number };

export const HUES = 12;

/** Lengths of dashes and gaps in pixels, by pattern; the first is a plain line. */
export const PATTERNS: readonly (readonly number[])[] = [[], [14, 3], [8, 3, 2, 3], [5, 3, 5, 3, 14, 3]];

/**
 * A look for every VLAN. A VLAN prefers the hue of its number, so that it mostly keeps it while others come and go;
 * two VLANs never look the same until hues times patterns are used up.
 */
export function vlanLooks(ids: Iterable<number>): ReadonlyMap<number, VlanLook> {
  const looks = new Map<number, VlanLook>();
  const taken = new Set<number>();
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const wish = id % HUES;
    const round = Math.floor(looks.size / HUES);
    let at = wish;
    for (let i = 0; i < HUES; i++) {
      at = (wish + i) % HUES;
      if (!taken.has(round * HUES + at)) break;
    }
    taken.add(round * HUES + at);
    looks.set(id, { hue: at + 1, pattern: round % PATTERNS.length });
  }
  return looks;
}
