import { adoptNic } from './adopt-nic';
import { sameValue } from './canonical';
import type { Desired } from './change';
import { type DomainNic, DomainNicSource, guestOf, ownName, sourceWords } from './kinds/domain-nic';
import type { Bandwidth } from './kinds/port';
import { type Card, isRunning, type Seat, sameSource, seatsOf } from './libvirt/domain-nic';
import { items, type Observed } from './observed';
import { seatOf } from './plan-nics';

/** A NIC of a libvirt domain as people see it. */
export type DomainNicView = {
  readonly name: string;
  readonly mac: string;
  readonly model: string;
  /** What it is plugged into, or was. */
  readonly at: string;
  readonly cable: 'in' | 'out';
  /** Of a guest that runs, also what its portgroup gave it. */
  readonly bandwidth: Bandwidth | null;
  /** Null where nobody manages it here. */
  readonly record: DomainNic | null;
  /** `in`: as the guest has it. `restart`: the guest has it otherwise from its next start on. `out`: only kept here. */
  readonly state: 'in' | 'restart' | 'out';
};

/** Where a NIC of a domain can be plugged in. */
export type NicPlace = {
  readonly key: string;
  readonly label: string;
  readonly source: DomainNicSource;
};

export type DomainNics = {
  readonly running: boolean;
  readonly nics: readonly DomainNicView[];
  readonly places: readonly NicPlace[];
};

/** The NICs of a libvirt domain; null where there is no such domain, or it cannot be told. */
export function domainNicsOf(observed: Observed, desired: Desired, guest: string): DomainNics | null {
  const domain = observed.domains.known ? observed.domains.value[guest] : undefined;
  if (domain === undefined) return null;
  const records = (desired.nics ?? []).filter((nic) => guestOf(nic) === guest);
  const running = isRunning(domain);
  const taken = new Map(records.map((nic) => [seatOf(domain, nic)?.mac, nic]));
  const seats = seatsOf(domain);
  const there = seats.map((seat) => ofSeat(observed, guest, { seat, running, record: taken.get(seat.mac) }));
  const kept = records.filter((nic) => seatOf(domain, nic) === undefined).map(onlyKept);
  return { running, nics: [...there, ...kept], places: placesFor(observed, desired) };
}

type There = { readonly seat: Seat; readonly running: boolean; readonly record: DomainNic | undefined };

function ofSeat(observed: Observed, guest: string, { seat, running, record }: There): DomainNicView {
  const { live, config, mac } = seat;
  const card = live ?? config;
  const kept = adoptNic(observed, `${guest}/${seat.name}`);
  const same =
    live !== null &&
    config !== null &&
    live.model === config.model &&
    (record?.bandwidth === undefined || sameValue(live.bandwidth ?? null, config.bandwidth ?? null)) &&
    (!kept.ok || sameSource(live, kept.value.source));
  return {
    ...{ name: record === undefined ? seat.name : ownName(record), mac, record: record ?? null },
    model: card?.model ?? 'virtio',
    at: card === null ? '' : placeWords(card),
    bandwidth: card?.bandwidth ?? null,
    cable: card?.link === 'down' ? 'out' : 'in',
    state: running && !same ? 'restart' : 'in',
  };
}

function placeWords({ source }: Card): string {
  const known = DomainNicSource.safeParse(source);
  return known.success ? sourceWords(known.data) : `type ${source.type}`;
}

const onlyKept = (nic: DomainNic): DomainNicView => ({
  ...{ name: ownName(nic), mac: nic.mac, model: nic.model ?? 'virtio', at: sourceWords(nic.source) },
  bandwidth: nic.bandwidth ?? null,
  ...{ cable: nic.link === 'down' ? 'out' : 'in', record: nic, state: 'out' },
});

/** Networks of libvirt with their portgroups, and bridges that are none of these. */
export function placesFor(observed: Observed, desired: Desired): readonly NicPlace[] {
  const networks = items(observed.libvirtNetworks).filter((n) => n.active);
  const own = new Set(networks.map((n) => n.bridge));
  const bridges = [
    ...items(observed.links).filter((l) => l.kind === 'bridge'),
    ...items(observed.ovsBridges),
  ].filter((b) => !own.has(b.name));
  const groups = (name: string) =>
    desired.networks.find((n) => n.name === name && n.footing === 'libvirt')?.portgroups ?? [];
  const all: readonly unknown[] = [
    ...networks.flatMap(({ name }) => [
      { type: 'network', network: name },
      ...groups(name).map((g) => ({ type: 'network', network: name, portgroup: g.name })),
    ]),
    ...bridges.map((b) => ({ type: 'bridge', bridge: b.name })),
  ];
  return all.flatMap((place) => {
    const source = DomainNicSource.safeParse(place);
    return source.success ? [placeOf(source.data)] : [];
  });
}

export const placeOf = (source: DomainNicSource): NicPlace => ({
  ...{ key: JSON.stringify(source), label: sourceWords(source) },
  source,
});
