import { z } from 'zod';
import { GuestName } from '../ids';
import { Nic, type NicName } from './nic';

/** What a micro guest does with a NIC: asks for an address, has these, or is up without one. */
export const NicSetting = z.union([
  z.literal('dhcp'),
  z.literal('none'),
  z
    .string()
    .regex(
      /^[0-9a-f.:]+\/\d{1,3}(,[0-9a-f.:]+\/\d{1,3})*$/,
      'Addresses look like 192.168.100.2/24, with commas between.',
    ),
]);

/** A small virtual machine: a kernel of the distribution with busybox. */
export const MicroGuest = z.strictObject({
  name: GuestName,
  nics: z.array(Nic).max(16, 'A guest has at most 16 NICs.').readonly(),
  /** By name of the NIC; absent: dhcp. */
  addresses: z.record(z.string(), NicSetting).default({}),
  /** Default route. */
  gateway: z.string().optional(),
  /** It routes between its NICs. */
  routes: z.literal(true).optional(),
});
export type MicroGuest = z.infer<typeof MicroGuest>;

/** Words of the kernel's command line that tell the guest what it shall be (server/cli/guest-init.sh). */
export function microGuestWords({ name, nics, addresses, gateway, routes }: MicroGuest): readonly string[] {
  const of = (nic: NicName) => addresses[nic] ?? 'dhcp';
  return [
    `pb.name=${name}`,
    ...nics.map((nic, i) => `pb.eth${i}=${of(nic.name)}`),
    ...(gateway === undefined ? [] : [`pb.route=${gateway}`]),
    ...(routes === true ? ['pb.forward=1'] : []),
  ];
}
