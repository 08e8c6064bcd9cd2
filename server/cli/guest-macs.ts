import { type HostId, labHostId, MACHINE, type MacAddress } from '@/server/core/ids';
import { freeNicIndex, nicAt, nicIndex } from '@/server/core/kinds/nic';
import { exhausted, firstNumber, type MacWish, nextFree } from '@/server/core/mac-pool';
import { allSightings, macSightings } from '@/server/core/mac-sightings';
import type { Observed } from '@/server/core/observed';
import type { Input, Output } from '@/server/core/protocol';
import { ok, type Result } from '@/server/core/result';
import { freeGuest, freeNic, giveBackMac, type NicKey, takeMac } from '@/server/store';
import { places } from './places';
import { whoRuns } from './running';
import { withAgent } from './which-host';
import { withStore } from './with-store';

type NewGuest = Omit<Input<'guest.add'>, 'mac'>;
type NewNic = Omit<Input<'guest.nic.add'>, 'mac' | 'nic'>;
/** Milliseconds; a virtual machine starts, and its guest is given time to notice what happens to its NICs. */
const PATIENCE = 60_000;

/** Where a Patchbay runs, its records say who has which address; an agent alone knows only what it sees. */
export const hasRecords = (): boolean => whoRuns(places().running) !== null;

/** Makes a guest in a lab with the MAC address that was asked for. Failures as those of the agent and of `takeMac`. */
export async function addGuest(
  host: HostId,
  guest: NewGuest,
  wish: MacWish,
): Promise<Result<Output<'guest.add'>>> {
  return withMac({ host, guest: guest.name }, wish, (mac) =>
    withAgent(host, (link) => link.request('guest.add', { ...guest, ...mac }, PATIENCE)),
  );
}

/** Puts a NIC into a running virtual machine. */
export async function addNic(
  host: HostId,
  guest: NewNic,
  wish: MacWish,
): Promise<Result<Output<'guest.nic.add'>>> {
  const observed = await withAgent(host, (link) => link.request('observe', {}));
  if (!observed.ok) return observed;
  const { machines } = observed.value;
  const nics = machines.known ? (machines.value[guest.name]?.nics ?? []) : [];
  const index = freeNicIndex(nics.map((nic) => nic.name));
  return withMac({ host, guest: guest.name, index }, wish, (mac) =>
    withAgent(host, (link) =>
      link.request('guest.nic.add', { ...guest, nic: nicAt(index), ...mac }, PATIENCE),
    ),
  );
}

/** Takes a NIC out of a running virtual machine. */
export async function removeNic(
  host: HostId,
  { name, nic }: Input<'guest.nic.remove'>,
): Promise<Result<Output<'guest.nic.remove'>>> {
  const gone = await withAgent(host, (link) => link.request('guest.nic.remove', { name, nic }, PATIENCE));
  const index = nicIndex(nic);
  if (!gone.ok || !hasRecords() || index === null) return gone;
  return withStore(async (store) => {
    await freeNic(store, { host, guest: name, index });
    return gone;
  });
}

/** Makes a NIC with the address that was asked for. */
async function withMac<T>(
  nic: NicKey,
  wish: MacWish,
  madeWith: (mac: { readonly mac?: MacAddress }) => Promise<Result<T>>,
): Promise<Result<T>> {
  const { host } = nic;
  const make = (mac: MacAddress | null) => madeWith(mac === null ? {} : { mac });
  if (!hasRecords()) {
    const mac = await withoutRecords(host, wish);
    return mac.ok ? make(mac.value) : mac;
  }
  return withStore(async (store) => {
    const sightings = allSightings(await observeAll());
    const taken = await takeMac(store, nic, { wish, driver: 'qemu', sightings });
    if (!taken.ok) return taken;
    const made = await make(taken.value.mac);
    if (!made.ok) await giveBackMac(store, nic, taken.value);
    return made;
  });
}

/** Removes a guest of a lab; a MAC address that was generated for it can be given again. */
export async function removeGuest(
  host: HostId,
  name: Input<'guest.remove'>['name'],
): Promise<Result<Output<'guest.remove'>>> {
  const gone = await withAgent(host, (link) => link.request('guest.remove', { name }));
  if (!gone.ok || !hasRecords()) return gone;
  return withStore(async (store) => {
    await freeGuest(store, { host, guest: name });
    return gone;
  });
}

/** The agent chooses by itself (null), or the address is completed with what is free on its host. */
async function withoutRecords(host: HostId, wish: MacWish): Promise<Result<MacAddress | null>> {
  if (wish.is === 'next') return ok(null);
  if (wish.is === 'fixed') return ok(wish.mac);
  const { prefix } = wish;
  const observed = await withAgent(host, (link) => link.request('observe', {}));
  if (!observed.ok) return observed;
  const seen = macSightings(observed.value);
  const mac = nextFree(prefix, firstNumber(prefix, Math.random()), (m) => seen.has(m));
  return mac === null ? exhausted(prefix) : ok(mac);
}

/** The facts of every host whose agent answers. */
export async function observeAll(): Promise<readonly Observed[]> {
  const labs = await withAgent(MACHINE, (link) => link.request('lab.list', {}));
  const running = labs.ok ? labs.value.filter((lab) => lab.state.is === 'running') : [];
  const hosts = [MACHINE, ...running.map((lab) => labHostId(lab.name))];
  const read = await Promise.all(hosts.map((host) => withAgent(host, (link) => link.request('observe', {}))));
  return read.flatMap((r) => (r.ok ? [r.value] : []));
}
