/** `net0` for the first NIC, `net1` for the second; where that is taken, the next that is free. */
export function freeNicName(taken: ReadonlySet<string>, place: number): string {
  for (let n = place; ; n++) if (!taken.has(`net${n}`)) return `net${n}`;
}
