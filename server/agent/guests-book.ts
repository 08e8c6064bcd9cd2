import path from 'node:path';
import { z } from 'zod';
import { FixedAddress } from '@/server/core/fixed-address';
import { GuestName, IfName, MacAddress, NetworkName } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import { Bandwidth, PortgroupName } from '@/server/core/kinds/port';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from './durable';

/* The guests of a lab as they are written down, in `guests.json` of its agent's home. */

/** Where a NIC was last plugged in: a network, with or without portgroup, or a bare bridge, or nothing. */
const socketFields = {
  /** May be gone since. */
  bridge: IfName.nullable(),
  network: NetworkName.optional(),
  portgroup: PortgroupName.optional(),
};

/** What it stands on where the network gives out devices of a pool. */
const deviceFields = {
  device: IfName.optional(),
  mode: z.enum(['bridge', 'private', 'vepa', 'passthrough']).optional(),
};

/** What a NIC keeps wherever it is plugged in. */
const keptFields = {
  /** Absent: it asks for a lease. */
  fixed: FixedAddress.optional(),
  /** Its own, instead of what its portgroup says. */
  bandwidth: Bandwidth.optional(),
};

/** A guest of a lab: a namespace with one NIC, `eth0`, whose other end is `port`, or which stands on `device`. */
export const Guest = z.strictObject({
  name: GuestName,
  mac: MacAddress,
  /** Of the host; not there while the guest has a device out of a pool. */
  port: IfName,
  ...keptFields,
  ...socketFields,
  ...deviceFields,
});
export type Guest = z.infer<typeof Guest>;

const MachineNic = z.strictObject({
  name: NicName,
  mac: MacAddress,
  /** Its tap or macvtap, which is there while the machine runs. */
  port: IfName,
  /** Pulled: it stays plugged in where it is, and neither side has a carrier. */
  cable: z.enum(['in', 'out']),
  ...keptFields,
  ...socketFields,
  ...deviceFields,
});
export type MachineNic = z.infer<typeof MachineNic>;

/** A guest of a lab that is a virtual machine. */
export const MachineGuest = z.strictObject({
  name: GuestName,
  nics: z.array(MachineNic),
  /** Switched off by somebody: it stays so until somebody starts it. */
  off: z.literal(true).optional(),
});
export type MachineGuest = z.infer<typeof MachineGuest>;

const Guests = z.strictObject({
  guests: z.array(Guest),
  machines: z.array(MachineGuest).default([]),
});
export type Guests = z.infer<typeof Guests>;

/** A NIC that stands, or may stand, on a device out of a pool, and whose it is. */
export type Seated = Pick<Guest, 'name' | 'port' | 'device' | 'mode'>;

export const seatedOf = ({ guests, machines }: Guests): readonly Seated[] => [
  ...guests,
  ...machines.flatMap(({ name, nics }) => nics.map((nic) => ({ ...nic, name }))),
];

/** Of a NIC what it keeps wherever it is plugged in, besides its name, MAC and port. */
export const keptOf = ({ fixed, bandwidth }: Kept): Kept => ({
  ...(fixed === undefined ? {} : { fixed }),
  ...(bandwidth === undefined ? {} : { bandwidth }),
});
type Kept = Pick<Guest, keyof typeof keptFields>;

/** Addresses that guests were given to keep. */
export const fixedOf = ({ guests, machines }: Guests) =>
  [
    ...guests.map((g) => ({ ...g, guest: g.name })),
    ...machines.flatMap((m) => m.nics.map((n) => ({ ...n, guest: m.name }))),
  ].flatMap(({ guest, fixed }) => (fixed === undefined ? [] : [{ guest, address: fixed.address }]));

/** Where a NIC shall be plugged in: `bridge` is null for a network. */
export type Socket = Pick<Guest, 'bridge' | 'network' | 'portgroup'>;
/** What it is then plugged into: the network's bridge, or a device of its pool. */
export type Seat = Socket & Pick<Guest, 'device' | 'mode'>;
/** The host's end of a NIC; `space` is the namespace of the other end, null where that is a virtual machine's. */
export type Cable = Socket &
  Pick<Guest, 'bandwidth'> & { readonly space: GuestName | null; readonly port: IfName };

/** Only that, and no fields that are there and undefined. */
export const socketOf = ({ bridge, network, portgroup }: Socket): Socket => ({
  bridge,
  ...(network === undefined ? {} : { network }),
  ...(portgroup === undefined ? {} : { portgroup }),
});

/** The socket to ask for again: a network finds its bridge, or a device, anew. */
export const sameSocket = ({ network, bridge, portgroup }: Socket): Socket =>
  socketOf(network === undefined ? { bridge } : { bridge: null, network, portgroup });

const fileIn = (home: string) => path.join(home, 'guests.json');

export function writeGuests(home: string, guests: Guests): void {
  writeDurably(fileIn(home), `${JSON.stringify(guests, null, 2)}\n`);
}

/** None where nothing is written down. Failure GUESTS_UNREADABLE. */
export function readGuests(home: string): Result<Guests> {
  const text = readIfThere(fileIn(home));
  if (text === null) return ok({ guests: [], machines: [] });
  const parsed = Guests.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  return fail('GUESTS_UNREADABLE', 'The list of guests cannot be read.', { detail: parsed.error.message });
}
