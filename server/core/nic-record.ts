import { adoptNic } from './adopt-nic';
import type { Desired } from './change';
import type { DomainNic } from './kinds/domain-nic';
import type { Bandwidth } from './kinds/port';
import type { Observed } from './observed';
import { ok, type Result } from './result';

/** The record of a NIC of a libvirt domain, or one of just what is there. `name` is GUEST/NIC. */
export function nicRecord(observed: Observed, { nics = [] }: Desired, name: string): Result<DomainNic> {
  const record = nics.find((nic) => nic.name === name);
  return record === undefined ? adoptNic(observed, name) : ok(record);
}

/** A desired state with this NIC as it shall be, in the place of the one of its name. */
export const withNic = (desired: Desired, nic: DomainNic): Desired => ({
  ...desired,
  nics: [...(desired.nics ?? []).filter((n) => n.name !== nic.name), nic],
});

/** A desired state in which this NIC has no record; of what is there, only that goes which was not there before. */
export function withoutNic(desired: Desired, { name }: DomainNic): Desired {
  const { nics = [], ...rest } = desired;
  const left = nics.filter((nic) => nic.name !== name);
  return left.length === 0 ? rest : { ...rest, nics: left };
}

/** Its cable plugged in, or pulled. */
export function withCable({ link: _, ...nic }: DomainNic, cable: 'in' | 'out'): DomainNic {
  return cable === 'in' ? nic : { ...nic, link: 'down' };
}

/** Put into its guest, or taken out of it and only kept. */
export function withPlace({ inactive: _, ...nic }: DomainNic, place: 'in' | 'out'): DomainNic {
  return place === 'in' ? nic : { ...nic, inactive: true };
}

/** Limited by itself, or, without a bandwidth, only as its portgroup is. */
export function withLimits({ bandwidth: _, ...nic }: DomainNic, bandwidth: Bandwidth | null): DomainNic {
  return bandwidth === null ? nic : { ...nic, bandwidth };
}
