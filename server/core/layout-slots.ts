/** Rows of places, by name; an id that is no longer there marks a hole. */
export type Slots = Readonly<Record<string, readonly string[]>>;

/**
 * Gives everybody a place: those who had one keep it, the others take the first hole or the end. Ids come oldest
 * first. Holes at the end are dropped.
 */
export function fillSlots(
  previous: readonly string[] | undefined,
  ids: readonly string[],
): readonly string[] {
  if (previous === undefined || previous.length === 0) return ids;
  const present = new Set(ids);
  const places = [...previous];
  const had = new Set(previous);
  let hole = 0;
  for (const id of ids) {
    if (had.has(id)) continue;
    while (hole < places.length && present.has(places[hole] ?? '')) hole++;
    places[hole] = id;
    hole++;
  }
  while (places.length > 0 && !present.has(places[places.length - 1] ?? '')) places.pop();
  return places;
}
