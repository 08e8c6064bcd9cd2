import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { portMark } from '@/server/core/compile/ports';
import { cidrOf } from '@/server/core/fixed-address';
import type { GuestName } from '@/server/core/ids';
import type { Nic } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { run } from './exec';
import { keptOf, type MachineGuest, type MachineNic, type Seated, sameSocket } from './guests-book';
import { leaveOvs } from './guests-ovs';
import { type PlugOptions, plugPort, seatFor } from './guests-plug';
import { findMachine, type MachinePlace, QEMU, serialOf } from './qemu/place';

/** Milliseconds that a guest has to notice that a cable was pulled; it looks once a second. */
const NOTICE = 10_000;

/** The life of guests that are virtual machines. What fails leaves the guest as it was. */
export type MachineGuests = {
  /** Why none can be started here, if so. Failures QEMU_MISSING, NO_GUEST_IMAGE. */
  readonly able: () => Promise<Result<null>>;
  readonly runs: (guest: Pick<MachineGuest, 'name'>) => boolean;
  readonly start: (guest: MachineGuest) => Promise<Result<null>>;
  readonly end: (guest: MachineGuest) => Promise<Result<null>>;
  /** Plugs a NIC in as it is to be, with its cable in or out. Answers whether the guest has noticed. */
  readonly plug: (guest: MachineGuest, nic: MachineNic) => Promise<Result<boolean>>;
  readonly addNic: (guest: MachineGuest, nic: MachineNic) => Promise<Result<null>>;
  readonly removeNic: (guest: MachineGuest, nic: MachineNic) => Promise<Result<null>>;
  /** One that has ended is started anew. Answers what it is plugged into now. */
  readonly restore: (guest: MachineGuest, others: readonly Seated[]) => Promise<Result<MachineGuest>>;
  /** What the guest says its addresses are, IPv4 first. */
  readonly addresses: (guest: MachineGuest) => readonly string[];
};

/** Machines are few, and what speaks to them is large: it is loaded when the first is there. */
const qemu = () => import('./qemu/machine');

const isConnected = ({ cable, bridge, device }: MachineNic): boolean =>
  cable === 'in' && (bridge !== null || device !== undefined);

/** As QEMU is told: a tap, whatever that is plugged into, or a macvtap on its device. */
const nicOf = ({ name, mac, port, device, mode = 'bridge' }: MachineNic): Nic => ({
  ...{ name, mac, tap: port },
  source: device === undefined ? { type: 'ethernet' } : { type: 'direct', device, mode },
});

/** Its name inside, once the guest has said it: the newest that has this MAC address. */
const insideName = (serial: string, { mac }: MachineNic): string | undefined =>
  [...serial.matchAll(/patchbay: (eth\d+) has (\S+)/g)].findLast(([, , has]) => has === mac)?.[1];

export function machineGuests(options: PlugOptions & { readonly place: MachinePlace }): MachineGuests {
  const { place } = options;

  const able = async (): Promise<Result<null>> => {
    const there = await run([QEMU, '--version']);
    if (!there.ok)
      return fail(
        'QEMU_MISSING',
        'QEMU is not installed on this machine, so no lab has real guests (apt-get install qemu-system-x86).',
      );
    if (existsSync(path.join(place.image, 'vmlinuz'))) return ok(null);
    return fail(
      'NO_GUEST_IMAGE',
      'There is no kernel for real guests yet. `npm run up` makes one when it starts; or make it now: node server/cli/build.mjs guest',
    );
  };

  const setCable = async (guest: GuestName, nic: MachineNic, plugged: boolean): Promise<Result<boolean>> => {
    const before = serialOf(place, guest);
    const set = await (await qemu()).setCable(place, guest, { nic: nic.name, plugged });
    if (!set.ok) return set;
    const inside = insideName(before, nic);
    // One that still boots has nothing to forget, and will find it so.
    if (inside === undefined) return ok(false);
    if (plugged === said(before, inside)) return ok(true);
    for (const end = performance.now() + NOTICE; performance.now() < end; await pause(50))
      if (said(serialOf(place, guest), inside) === plugged) return ok(true);
    return ok(false);
  };

  /** Its tap, plugged in or set down, and then the guest's end of the cable. */
  const connect = async (guest: GuestName, nic: MachineNic): Promise<Result<boolean>> => {
    const connected = isConnected(nic);
    const plugged = nic.device === undefined ? await plugPort({ ...nic, space: null }, options) : ok(null);
    if (!plugged.ok) return plugged;
    const link = ['ip', 'link', 'set', 'dev', nic.port];
    const set = nic.device === undefined ? ok(null) : await run([...link, ...markOf(nic), 'up']);
    if (!set.ok) return set;
    const down = connected ? ok(null) : await run([...link, 'down']);
    return down.ok ? setCable(guest, nic, connected) : down;
  };

  /** A tap that was just made. */
  const dress = async (guest: GuestName, nic: MachineNic): Promise<Result<boolean>> => {
    if (nic.device !== undefined) return connect(guest, nic);
    // As libvirt does: a bridge takes the lowest MAC of its ports, and must not take a guest's.
    const named = await run(['ip', 'link', 'set', 'dev', nic.port, 'address', `fe${nic.mac.slice(2)}`]);
    return named.ok ? connect(guest, nic) : named;
  };

  const end = async ({ name, nics }: MachineGuest): Promise<Result<null>> => {
    for (const { port } of nics) await leaveOvs(port);
    return (await qemu()).stopMachine(place, name);
  };

  const start = async (guest: MachineGuest): Promise<Result<null>> => {
    const { name, nics } = guest;
    const can = await able();
    if (!can.ok) return can;
    const fixed = nics.flatMap((nic) => (nic.fixed === undefined ? [] : [{ nic: nic.name, ...nic.fixed }]));
    const [gateway] = fixed.flatMap((f) => f.gateway ?? []);
    const machine = {
      ...{ name, nics: nics.map(nicOf) },
      addresses: Object.fromEntries(fixed.map((f) => [f.nic, cidrOf(f)])),
      ...(gateway === undefined ? {} : { gateway }),
    };
    const started = await (await qemu()).startMachine(place, machine);
    if (!started.ok) return started;
    for (const nic of nics) {
      const dressed = await dress(name, nic);
      if (dressed.ok) continue;
      await end(guest);
      return dressed;
    }
    return ok(null);
  };

  const removeNic = async ({ name }: MachineGuest, { name: nic, port }: MachineNic) => {
    const removed = await (await qemu()).removeNic(place, name, nic);
    return removed.ok ? leaveOvs(port) : removed;
  };

  const addNic = async (guest: MachineGuest, nic: MachineNic): Promise<Result<null>> => {
    const added = await (await qemu()).addNic(place, guest.name, nicOf(nic));
    if (!added.ok) return added;
    const dressed = await dress(guest.name, nic);
    if (dressed.ok) return ok(null);
    await removeNic(guest, nic);
    return dressed;
  };

  /** A tap cannot become a macvtap: the card is taken out, and put in with the other. */
  const swap = async (guest: MachineGuest, before: MachineNic, nic: MachineNic): Promise<Result<boolean>> => {
    const out = await removeNic(guest, before);
    if (!out.ok) return out;
    const put = await addNic(guest, nic);
    if (put.ok) return ok(true);
    await addNic(guest, before);
    return put;
  };

  return {
    able,
    runs: ({ name }) => findMachine(place, name) !== null,
    start,
    end,
    plug: async (guest, nic) => {
      const { name, nics } = guest;
      const before = nics.find((n) => n.name === nic.name);
      if (before !== undefined && (before.device !== nic.device || before.mode !== nic.mode))
        return swap(guest, before, nic);
      // Out first: the guest forgets the address of the network that it leaves, and asks in the new one.
      const out = await setCable(name, nic, false);
      if (!out.ok) return out;
      const connected = await connect(name, nic);
      if (!connected.ok && before !== undefined) await connect(name, before);
      return connected;
    },
    addNic,
    removeNic,
    restore: async (guest, others) => {
      if (findMachine(place, guest.name) !== null) return ok(guest);
      for (const { port } of guest.nics) await leaveOvs(port);
      const nics: MachineNic[] = [];
      for (const nic of guest.nics) {
        const { name, mac, port, cable } = nic;
        const seat = await seatFor(sameSocket(nic), options, [
          ...others,
          ...nics.map((n) => ({ ...n, name: guest.name })),
        ]);
        nics.push({ name, mac, port, cable, ...keptOf(nic), ...(seat.ok ? seat.value : { bridge: null }) });
      }
      const started = await start({ ...guest, nics });
      return started.ok ? ok({ ...guest, nics }) : started;
    },
    addresses: ({ name, nics }) => {
      const serial = serialOf(place, name);
      return nics.flatMap((nic) => {
        const inside = insideName(serial, nic);
        const line = [...serial.matchAll(new RegExp(`patchbay: ${inside} is (at )?([^\\s/]+)`, 'g'))].at(-1);
        return line?.[1] === undefined || line[2] === undefined ? [] : [line[2]];
      });
    },
  };
}

/** A device of a pool says what its NIC was plugged in as. */
const markOf = ({ network, portgroup }: MachineNic): readonly string[] =>
  network === undefined ? [] : ['alias', portMark(network, portgroup ?? null)];

/** Whether the guest said last that the cable of this NIC is in; before it says anything of it, it sees none. */
function said(serial: string, inside: string): boolean {
  const words = serial.matchAll(new RegExp(`patchbay: ${inside} is (plugged in|unplugged)`, 'g'));
  return [...words].at(-1)?.[1] === 'plugged in';
}
