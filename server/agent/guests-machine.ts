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
import { hookEnv } from './guests-hook-env';
import { forgetPort } from './guests-limit';

import { limitPort, type PlugOptions, portUp, seatFor, seatPort } from './guests-plug';
import { type HookEnv, type Hooks, openHooks, type Part } from './hooks';
import { findMachine, type MachinePlace, QEMU, serialOf } from './qemu/place';
import { noteTrouble, readTapRecord } from './qemu/tap-record';
import { tapDown } from './qemu/tap-setup';

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
  /** Limits a NIC as it is to be limited. */
  readonly limit: (nic: MachineNic) => Promise<Result<null>>;
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

type MachineOptions = PlugOptions & {
  readonly place: MachinePlace;
  /** What people add to taps' coming and going; default: nothing. */
  readonly hooks?: Hooks;
  /** Is told what failed of a tap that is gone. */
  readonly failed?: (guest: GuestName, what: string) => void;
};

export function machineGuests(options: MachineOptions): MachineGuests {
  const { place, hooks = openHooks(null) } = options;

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

  const link = ({ port }: MachineNic, ...words: readonly string[]) =>
    run(['ip', 'link', 'set', 'dev', port, ...words]);
  // As libvirt does: a bridge takes the lowest MAC of its ports, and must not take a guest's.
  const named = (nic: MachineNic) => link(nic, 'address', `fe${nic.mac.slice(2)}`);
  const seated = (nic: MachineNic) => seatPort({ ...nic, space: null }, options);

  /** How its tap comes up, and goes down. */
  const partsOf = (nic: MachineNic): readonly Part[] =>
    nic.device === undefined
      ? [
          { name: 'address', usual: () => named(nic) },
          { name: 'bridge', usual: () => seated(nic) },
          { name: 'up', usual: () => portUp(nic), undo: () => tapDown(nic.port) },
        ]
      : [{ name: 'up', usual: () => link(nic, ...markOf(nic), 'up'), undo: () => tapDown(nic.port) }];
  const envOf = async (guest: MachineGuest, nic: MachineNic): Promise<HookEnv> =>
    hookEnv({ guest, nic, networks: options.desired().networks, observed: await options.observe() });

  /** Where it is plugged in, and down. */
  const laid = async (nic: MachineNic): Promise<Result<null>> => {
    const set = nic.device === undefined ? await named(nic) : await link(nic, ...markOf(nic), 'down');
    if (!set.ok) return set;
    return nic.device === undefined ? seated(nic) : ok(null);
  };

  /** Its tap, plugged in and up or else down, and then the guest's end of the cable. */
  const connect = async (guest: MachineGuest, nic: MachineNic): Promise<Result<boolean>> => {
    const connected = isConnected(nic);
    const set = connected ? await hooks.bringUp(await envOf(guest, nic), partsOf(nic)) : await laid(nic);
    if (!set.ok) return set;
    noteTrouble(place, guest.name, { nic: nic.name, trouble: set.value });
    return setCable(guest.name, nic, connected);
  };

  const disconnect = async (guest: MachineGuest, nic: MachineNic): Promise<string | null> =>
    isConnected(nic) ? hooks.takeDown(await envOf(guest, nic), partsOf(nic)) : null;

  /** Of one that was started and not stopped since, even if it has ended by itself. */
  const disconnectAll = async (guest: MachineGuest, nics: readonly MachineNic[]): Promise<void> => {
    const record = readTapRecord(place, guest.name);
    if (record.ok && record.value === null) return;
    for (const nic of nics) {
      const failed = await disconnect(guest, nic);
      if (failed !== null) options.failed?.(guest.name, failed);
    }
  };

  /** `up`: NICs whose taps are up. */
  const stop = async (guest: MachineGuest, up: readonly MachineNic[]): Promise<Result<null>> => {
    await disconnectAll(guest, up);
    for (const { port } of guest.nics) await forgetPort(port);
    const stopped = await (await qemu()).stopMachine(place, guest.name);
    return stopped.ok ? ok(null) : stopped;
  };
  const end = (guest: MachineGuest) => stop(guest, guest.nics);

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
    for (const [i, nic] of nics.entries()) {
      const connected = await connect(guest, nic);
      if (connected.ok) continue;
      await stop(guest, nics.slice(0, i));
      return connected;
    }
    return ok(null);
  };

  const takeOut = async ({ name }: MachineGuest, { name: nic, port }: MachineNic) => {
    const removed = await (await qemu()).removeNic(place, name, nic);
    return removed.ok ? forgetPort(port) : removed;
  };

  const addNic = async (guest: MachineGuest, nic: MachineNic): Promise<Result<null>> => {
    const added = await (await qemu()).addNic(place, guest.name, nicOf(nic));
    if (!added.ok) return added;
    const nics = [...guest.nics.filter((n) => n.name !== nic.name), nic];
    const connected = await connect({ ...guest, nics }, nic);
    if (connected.ok) return ok(null);
    await takeOut(guest, nic);
    return connected;
  };

  const removeNic = async (guest: MachineGuest, nic: MachineNic): Promise<Result<null>> => {
    const failed = await disconnect(guest, nic);
    const removed = await takeOut(guest, nic);
    if (!removed.ok) await connect(guest, nic);
    else if (failed !== null) options.failed?.(guest.name, failed);
    return removed;
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
      const before = guest.nics.find((n) => n.name === nic.name);
      if (before !== undefined && (before.device !== nic.device || before.mode !== nic.mode))
        return swap(guest, before, nic);
      // Out first: the guest forgets the address of the network that it leaves, and asks in the new one.
      const out = await setCable(guest.name, nic, false);
      if (!out.ok) return out;
      const failed = before === undefined ? null : await disconnect(guest, before);
      const connected = await connect(guest, nic);
      if (!connected.ok && before !== undefined) await connect(guest, before);
      else if (failed !== null) noteTrouble(place, guest.name, { nic: nic.name, trouble: failed });
      return connected;
    },
    limit: (nic) => limitPort({ ...nic, space: null }, options),
    addNic,
    removeNic,
    restore: async (guest, others) => {
      if (findMachine(place, guest.name) !== null) return ok(guest);
      await disconnectAll(guest, guest.nics);
      for (const { port } of guest.nics) await forgetPort(port);
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
