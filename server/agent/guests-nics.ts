import { freeNicIndex, type NicName, nicAt } from '@/server/core/kinds/nic';
import type { Bandwidth } from '@/server/core/kinds/port';
import type { Input, Operation, Output } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import {
  type Guests,
  keptOf,
  type MachineGuest,
  type MachineNic,
  type Socket,
  seatedOf,
  socketOf,
} from './guests-book';
import { freePort, macFor } from './guests-free';
import { limitable, limitedTo, pluggable } from './guests-limit';
import type { MachineGuests } from './guests-machine';
import { type PlugOptions, seatFor } from './guests-plug';

export type Does<O extends Operation> = (input: Input<O>) => Promise<Result<Output<O>>>;

/** The guests as they are written down; `keep` writes them down anew. */
export type Book = { readonly all: () => Guests; readonly keep: (next: Guests) => void };

type Parts = { readonly book: Book; readonly machines: MachineGuests; readonly options: PlugOptions };

/** What can be done with virtual machines alone, and their NICs. */
export type NicKeeper = {
  readonly real: () => Promise<Result<Output<'guest.real'>>>;
  readonly start: Does<'guest.start'>;
  readonly stop: Does<'guest.stop'>;
  readonly addNic: Does<'guest.nic.add'>;
  readonly removeNic: Does<'guest.nic.remove'>;
  readonly setCable: Does<'guest.nic.cable'>;
  /** The first NIC, or the one that is named; null: as its portgroup says. */
  readonly limit: (
    guest: MachineGuest,
    nic: NicName | undefined,
    bandwidth: Bandwidth | null,
  ) => Promise<Result<object>>;
  /** Into another network: the first NIC, or the one that is named. */
  readonly plug: (guest: MachineGuest, nic: NicName | undefined, into: Socket) => Promise<Result<object>>;
};

/** As of a micro guest. */
const MOST_NICS = 16;

/** Whoever calls does so in turn. */
export function keepNics({ book, machines, options }: Parts): NicKeeper {
  const keep = (guest: MachineGuest) => {
    const { guests, machines: before } = book.all();
    book.keep({ guests, machines: before.map((m) => (m.name === guest.name ? guest : m)) });
  };
  const find = (name: string): Result<MachineGuest> => {
    const guest = book.all().machines.find((m) => m.name === name);
    if (guest !== undefined) return ok(guest);
    return book.all().guests.some((g) => g.name === name)
      ? fail('ONE_NIC', `Guest ${name} is a namespace with one NIC; only real guests have more, and a cable.`)
      : fail('NO_SUCH_GUEST', `There is no guest ${name} in this lab.`);
  };
  /** A guest with the NIC that is named, or its first. */
  const findNic = (name: string, nic?: string): Result<{ guest: MachineGuest; nic: MachineNic }> => {
    const guest = find(name);
    if (!guest.ok) return guest;
    const { nics } = guest.value;
    const found = nic === undefined ? nics[0] : nics.find((n) => n.name === nic);
    if (found !== undefined) return ok({ guest: guest.value, nic: found });
    return fail('NO_SUCH_NIC', `Guest ${name} has no NIC${nic === undefined ? '' : ` ${nic}`}.`);
  };
  /** What one that does not run is to have is only written down: it gets it when it starts. */
  const ifItRuns = async <T>(guest: MachineGuest, otherwise: T, act: () => Promise<Result<T>>) =>
    machines.runs(guest) ? act() : ok(otherwise);
  const withNic = (guest: MachineGuest, nic: MachineNic): MachineGuest => ({
    ...guest,
    nics: guest.nics.map((n) => (n.name === nic.name ? nic : n)),
  });

  return {
    real: async () => {
      const able = await machines.able();
      return ok(able.ok ? { yes: true } : { yes: false, why: able.error.message });
    },
    start: async ({ name }) => {
      const guest = find(name);
      if (!guest.ok) return guest;
      const { off: _, ...on } = guest.value;
      const started = await machines.restore(
        on,
        seatedOf(book.all()).filter((s) => s.name !== name),
      );
      if (!started.ok) return started;
      keep(started.value);
      return ok({});
    },
    stop: async ({ name }) => {
      const guest = find(name);
      if (!guest.ok) return guest;
      const ended = await machines.end(guest.value);
      if (!ended.ok) return ended;
      keep({ ...guest.value, off: true });
      return ok({});
    },
    addNic: async ({ name, nic, mac, ...socket }) => {
      const guest = find(name);
      if (!guest.ok) return guest;
      const { nics } = guest.value;
      if (nic !== undefined && nics.some((n) => n.name === nic))
        return fail('NIC_TAKEN', `Guest ${name} has a NIC ${nic} already.`);
      if (nics.length >= MOST_NICS) return fail('TOO_MANY_NICS', `A guest has at most ${MOST_NICS} NICs.`);
      const made = await makeNic({ guest: guest.value, nic, mac, socket }, book.all(), options);
      if (!made.ok) return made;
      const added = await ifItRuns(guest.value, null, () => machines.addNic(guest.value, made.value));
      if (!added.ok) return added;
      keep({ ...guest.value, nics: [...nics, made.value] });
      return ok({ nic: made.value.name, port: made.value.port, mac: made.value.mac });
    },
    removeNic: async ({ name, nic }) => {
      const found = findNic(name, nic);
      if (!found.ok) return found;
      const { guest } = found.value;
      const removed = await ifItRuns(guest, null, () => machines.removeNic(guest, found.value.nic));
      if (!removed.ok) return removed;
      keep({ ...guest, nics: guest.nics.filter((n) => n.name !== nic) });
      return ok({});
    },
    setCable: async ({ name, nic, cable }) => {
      const found = findNic(name, nic);
      if (!found.ok) return found;
      const { guest } = found.value;
      const next = { ...found.value.nic, cable };
      const set = await ifItRuns(guest, false, () => machines.plug(guest, next));
      if (!set.ok) return set;
      keep(withNic(guest, next));
      return ok({ noticed: set.value });
    },
    limit: async ({ name }, wanted, bandwidth) => {
      const found = findNic(name, wanted);
      if (!found.ok) return found;
      const { guest, nic } = found.value;
      const able = await limitable(nic, bandwidth, options);
      if (!able.ok) return able;
      const next = limitedTo(nic, bandwidth);
      const limited = await ifItRuns(guest, null, () => machines.limit(next));
      if (limited.ok) keep(withNic(guest, next));
      else await ifItRuns(guest, null, () => machines.limit(nic));
      return limited.ok ? ok({}) : limited;
    },
    plug: async ({ name }, wanted, into) => {
      const found = findNic(name, wanted);
      if (!found.ok) return found;
      const { guest, nic } = found.value;
      const others = seatedOf(book.all()).filter((s) => s.port !== nic.port);
      const seat = await seatFor(socketOf(into), options, others);
      if (!seat.ok) return seat;
      const { name: which, mac, port, cable } = nic;
      const next = { name: which, mac, port, cable, ...keptOf(nic), ...seat.value };
      const able = await pluggable(next, options);
      if (!able.ok) return able;
      const plugged = await ifItRuns(guest, false, () => machines.plug(guest, next));
      if (!plugged.ok) return plugged;
      keep(withNic(guest, next));
      return ok({});
    },
  };
}

type NewNic = {
  readonly guest: MachineGuest;
  readonly nic?: MachineNic['name'] | undefined;
  readonly mac?: MachineNic['mac'] | undefined;
  readonly socket: Socket;
};

/** A NIC as it is to be: nothing of it is there yet. */
export async function makeNic(
  { guest, nic, mac, socket }: NewNic,
  all: Guests,
  options: PlugOptions,
): Promise<Result<MachineNic>> {
  const own = macFor(guest.name, mac, { all, observed: await options.observe() });
  if (!own.ok) return own;
  const port = await freePort(all);
  if (!port.ok) return port;
  const seat = await seatFor(socketOf(socket), options, seatedOf(all));
  if (!seat.ok) return seat;
  const name = nic ?? nicAt(freeNicIndex(guest.nics.map((n) => n.name)));
  return ok({ name, mac: own.value, port: port.value, cable: 'in', ...seat.value });
}
