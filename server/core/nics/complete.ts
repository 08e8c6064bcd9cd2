import type { MacAddress } from '../ids';
import type { MacPrefix } from '../mac-pool';
import { ok, type Result } from '../result';
import type { ReadNics } from './guest-nics';

/** Asks for an address that begins so, for the NIC at this index; none of `taken`. */
export type TakeMac = (
  index: number,
  prefix: MacPrefix,
  taken: readonly MacAddress[],
) => Promise<Result<MacAddress>>;

/** The NICs with the MAC addresses that were only begun completed, in their order; a note says each. */
export async function completeMacs(read: ReadNics, take: TakeMac): Promise<Result<ReadNics>> {
  const { partial = [], ...rest } = read;
  const made = new Map<number, MacAddress>();
  const notes: string[] = [];
  for (const { index, prefix } of partial) {
    const taken = [...rest.nics.flatMap((nic) => nic.mac ?? []), ...made.values()];
    const mac = await take(index, prefix, taken);
    if (!mac.ok) return mac;
    made.set(index, mac.value);
    notes.push(
      `The MAC address of ${rest.nics[index]?.name ?? index} begins with ${prefix}: completed to ${mac.value}.`,
    );
  }
  const nics = rest.nics.map((nic, i) => {
    const mac = made.get(i);
    return mac === undefined ? nic : { ...nic, mac };
  });
  return ok({ ...rest, nics, notes: [...rest.notes, ...notes] });
}
