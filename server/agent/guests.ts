import path from 'node:path';
import { fixedAddress } from '@/server/core/fixed-address';
import type { CheckResult, NicCheck } from '@/server/core/nic-check/request';
import type { Input } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { type Pingable, pingFrom } from './guest-ping';
import {
  fixedOf,
  type Guest,
  type Guests,
  keptOf,
  type MachineGuest,
  readGuests,
  seatedOf,
  socketOf,
  writeGuests,
} from './guests-book';
import { freePort, macFor } from './guests-free';
import { limitable, limitedTo, pluggable, sharingOut } from './guests-limit';
import { machineGuests } from './guests-machine';
import { namespaceGuests } from './guests-namespace';
import { type Book, type Does, keepNics, makeNic, type NicKeeper } from './guests-nics';
import { type PlugOptions, seatFor } from './guests-plug';
import { openHooks } from './hooks';
import { OUTSIDE } from './lab-inside';
import type { Log } from './log';
import { runCheck } from './nic-check/run';
import type { MachinePlace } from './qemu/place';
import { turns } from './turns';

export type GuestOptions = PlugOptions & {
  readonly home: string;
  readonly dhcpScript: string;
  readonly place: MachinePlace;
  readonly log: Log;
  /** Of what was committed last. */
  readonly version: () => number;
  /** Called after something was changed. */
  readonly changed: () => void;
};

export type GuestKeeper = Omit<NicKeeper, 'plug' | 'limit'> & {
  readonly add: Does<'guest.add'>;
  readonly plug: Does<'guest.plug'>;
  readonly limit: Does<'guest.limit'>;
  readonly remove: Does<'guest.remove'>;
  readonly ping: Does<'guest.ping'>;
  /** `say` is told what is being done. */
  readonly check: (check: NicCheck, say: (doing: string) => void) => Promise<Result<CheckResult>>;
  /**
   * Makes those that are written down and not there: after the lab, or only its agent, was started again. A virtual
   * machine that still runs stays as it is, and so does one that was switched off; one that has ended is started anew.
   */
  readonly restore: () => Promise<void>;
};

/** The guests of a lab, which are written down in its agent's home. */
export function keepGuests(options: GuestOptions): GuestKeeper {
  const book = openBook(options);
  const queue = turns();
  const sharing = sharingOut(book, options, (error) =>
    options.log.warn({ error }, 'what guests are guaranteed could not be shared out'),
  );
  const inTurn = <T>(act: () => Promise<Result<T>>): Promise<Result<T>> => queue(() => sharing(act));
  const namespaces = namespaceGuests(options);
  const machines = machineGuests({
    ...options,
    hooks: openHooks(path.join(options.home, 'hooks'), (hook, output) =>
      options.log.info({ hook, output }, 'a hook ran'),
    ),
    failed: (guest, what) => options.log.warn({ guest, what }, 'a tap was not taken down as it should'),
  });
  const nics = keepNics({ book, machines, options });

  type Found =
    | { readonly is: 'namespace'; readonly guest: Guest }
    | { readonly is: 'machine'; readonly guest: MachineGuest };
  const find = (name: string): Result<Found> => {
    const space = book.all().guests.find((g) => g.name === name);
    if (space !== undefined) return ok({ is: 'namespace', guest: space });
    const guest = book.all().machines.find((m) => m.name === name);
    if (guest !== undefined) return ok({ is: 'machine', guest });
    return fail('NO_SUCH_GUEST', `There is no guest ${name} in this lab.`);
  };
  const pingable = (): Pingable => {
    const { guests, machines: real } = book.all();
    return {
      namespaces: guests.map((g) => g.name),
      others: new Map(real.map((m) => [m.name, machines.addresses(m)])),
    };
  };
  const othersThan = (name: string) => seatedOf(book.all()).filter((g) => g.name !== name);

  /** The address that a guest shall keep, where one is wished for. */
  const fixedFor = async ({
    name,
    fixed,
    network,
  }: Input<'guest.add'>): Promise<Result<Pick<Guest, 'fixed'>>> => {
    if (fixed === undefined) return ok({});
    const found = fixedAddress(fixed, {
      guest: name,
      network: options.desired().networks.find((n) => n.name === network) ?? null,
      observed: await options.observe(),
      given: fixedOf(book.all()),
    });
    return found.ok ? ok({ fixed: found.value }) : found;
  };

  const addNamespace: Does<'guest.add'> = async (input) => {
    const { name, mac, fixed: _, ...socket } = input;
    const all = book.all();
    const own = macFor(name, mac, { all, observed: await options.observe() });
    if (!own.ok) return own;
    const port = await freePort(all);
    if (!port.ok) return port;
    const seat = await seatFor(socketOf(socket), options, seatedOf(all));
    if (!seat.ok) return seat;
    const fixed = await fixedFor(input);
    if (!fixed.ok) return fixed;
    const guest: Guest = { name, mac: own.value, port: port.value, ...fixed.value, ...seat.value };
    const made = await namespaces.make(guest);
    if (!made.ok) {
      await namespaces.unmake(guest);
      return made;
    }
    book.keep({ ...all, guests: [...all.guests, guest] });
    return ok({ name, port: guest.port, mac: guest.mac });
  };

  const addMachine: Does<'guest.add'> = async (input) => {
    const { name, mac, fixed: _, ...socket } = input;
    const able = await machines.able();
    if (!able.ok) return able;
    const all = book.all();
    const bare: MachineGuest = { name, nics: [] };
    const nic = await makeNic({ guest: bare, mac, socket }, all, options);
    if (!nic.ok) return nic;
    const fixed = await fixedFor(input);
    if (!fixed.ok) return fixed;
    const guest: MachineGuest = { name, nics: [{ ...nic.value, ...fixed.value }] };
    const started = await machines.start(guest);
    if (!started.ok) return started;
    book.keep({ ...all, machines: [...all.machines, guest] });
    return ok({ name, port: nic.value.port, mac: nic.value.mac });
  };

  const restoreMachine = async (guest: MachineGuest): Promise<Result<null>> => {
    if (guest.off) return ok(null);
    const restored = await machines.restore(guest, othersThan(guest.name));
    if (!restored.ok) return restored;
    const all = book.all();
    const machinesNow = all.machines.map((m) => (m.name === guest.name ? restored.value : m));
    if (restored.value !== guest) book.keep({ ...all, machines: machinesNow });
    return ok(null);
  };

  return {
    add: (input) =>
      inTurn(async () => {
        const { name, real } = input;
        if (name === OUTSIDE)
          return fail('NAME_TAKEN', `"${OUTSIDE}" is the lab's physical network; take another name.`);
        if (find(name).ok) return fail('NAME_TAKEN', `There is a guest ${name} already.`);
        return real ? addMachine(input) : addNamespace(input);
      }),
    plug: ({ name, nic, ...socket }) =>
      inTurn(async () => {
        const found = find(name);
        if (!found.ok) return found;
        if (found.value.is === 'machine') return nics.plug(found.value.guest, nic, socketOf(socket));
        if (nic !== undefined) return oneNic(name);
        const { mac, port } = found.value.guest;
        const seat = await seatFor(socketOf(socket), options, othersThan(name));
        if (!seat.ok) return seat;
        const next: Guest = { name, mac, port, ...keptOf(found.value.guest), ...seat.value };
        const able = await pluggable(next, options);
        if (!able.ok) return able;
        const plugged = await namespaces.plugIn(next);
        const all = book.all();
        book.keep({ ...all, guests: all.guests.map((g) => (g.name === name ? next : g)) });
        return plugged.ok ? ok({}) : plugged;
      }),
    limit: ({ name, nic, bandwidth }) =>
      inTurn(async () => {
        const found = find(name);
        if (!found.ok) return found;
        if (found.value.is === 'machine') return nics.limit(found.value.guest, nic, bandwidth);
        if (nic !== undefined) return oneNic(name);
        const { guest } = found.value;
        const able = await limitable(guest, bandwidth, options);
        if (!able.ok) return able;
        const next = limitedTo(guest, bandwidth);
        const limited = await namespaces.limit(next);
        const all = book.all();
        if (limited.ok) book.keep({ ...all, guests: all.guests.map((g) => (g.name === name ? next : g)) });
        else await namespaces.limit(guest);
        return limited.ok ? ok({}) : limited;
      }),
    remove: ({ name }) =>
      inTurn(async () => {
        const found = find(name);
        if (!found.ok) return found;
        const gone =
          found.value.is === 'machine'
            ? await machines.end(found.value.guest)
            : ok(await namespaces.unmake(found.value.guest));
        if (!gone.ok) return gone;
        const all = book.all();
        book.keep({
          guests: all.guests.filter((g) => g.name !== name),
          machines: all.machines.filter((m) => m.name !== name),
        });
        return ok({});
      }),
    real: nics.real,
    start: (input) => inTurn(() => nics.start(input)),
    stop: (input) => inTurn(() => nics.stop(input)),
    addNic: (input) => inTurn(() => nics.addNic(input)),
    removeNic: (input) => inTurn(() => nics.removeNic(input)),
    setCable: (input) => inTurn(() => nics.setCable(input)),
    ping: async ({ from, to }) => {
      const source = from === OUTSIDE ? null : find(from);
      if (source?.ok === false) return source;
      if (source?.value.is === 'machine') return noneInside(from);
      return pingFrom(from, to, pingable());
    },
    check: async (check, say) => {
      const { guests, machines: real } = book.all();
      if (check.check !== 'limit' && real.some((m) => m.name === check.from)) return noneInside(check.from);
      const { observe, desired, version } = options;
      const design = () => ({ desired: desired(), version: version() });
      return runCheck(check, { guests, pingable: pingable(), observe, design, say });
    },
    restore: async () => {
      await inTurn(async () => {
        const { guests, machines: real } = book.all();
        const failed = (guest: string, error: unknown) =>
          options.log.error({ guest, error }, 'a guest could not be made again');
        for (const guest of guests) {
          const made = await namespaces.restore(guest, othersThan(guest.name));
          if (!made.ok) failed(guest.name, made.error);
        }
        for (const guest of real) {
          const made = await restoreMachine(guest);
          if (!made.ok) failed(guest.name, made.error);
        }
        options.changed();
        return ok(null);
      });
    },
  };
}

const oneNic = (name: string) =>
  fail('ONE_NIC', `Guest ${name} is a namespace with one NIC: there is none to name.`);

const noneInside = (guest: string) =>
  fail(
    'NO_PING_INSIDE',
    `Guest ${guest} is a virtual machine, into which Patchbay cannot look: check it from another guest or from outside.`,
  );

function openBook({ home, log, changed }: Pick<GuestOptions, 'home' | 'log' | 'changed'>): Book {
  const read = readGuests(home);
  if (!read.ok) log.error({ error: read.error }, 'the list of guests cannot be read; there are none now');
  let guests: Guests = read.ok ? read.value : { guests: [], machines: [] };
  return {
    all: () => guests,
    keep: (next) => {
      guests = next;
      writeGuests(home, next);
      changed();
    },
  };
}
