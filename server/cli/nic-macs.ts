import { MACHINE, type MacAddress } from '@/server/core/ids';
import type { Sightings } from '@/server/core/mac-sightings';
import { completeMacs } from '@/server/core/nics/complete';
import type { ReadNics } from '@/server/core/nics/guest-nics';
import { ok, type Result } from '@/server/core/result';
import { type Store, takeMac } from '@/server/store';

/**
 * NICs of a guest that somebody else describes, the MAC addresses that were only begun completed from the pools' sequences.
 * They are in the records under the guest's name from then on: the same guest gets the same again, and nobody else does.
 */
export const completeFrom = (store: Store, read: ReadNics, seen: Sightings): Promise<Result<ReadNics>> =>
  completeMacs(read, async (index, prefix, taken) => {
    const nic = { host: MACHINE, guest: read.guest ?? '', index };
    const sightings = new Map([...seen, ...taken.map((mac) => [mac, inFile(mac, read)] as const)]);
    const made = await takeMac(store, nic, { wish: { is: 'partial', prefix }, driver: 'qemu', sightings });
    return made.ok ? ok(made.value.mac) : made;
  });

/** What the description itself gives to another NIC. */
const inFile = (mac: MacAddress, { nics }: ReadNics) => [
  {
    ...{ host: MACHINE, how: 'nic' as const, guest: null, address: null },
    where: `NIC ${nics.find((n) => n.mac === mac)?.name ?? ''} of the same guest`,
  },
];
