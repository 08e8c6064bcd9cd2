import type { Floor } from '../bandwidth-check';
import { items, type Observed } from '../observed';
import { type Card, seatsOf } from './domain-nic';

/** What the NICs of libvirt's guests are guaranteed by this network, as they run or else as they are kept. */
export const floorsIn = (network: string, { domains }: Pick<Observed, 'domains'>): readonly Floor[] =>
  items(domains).flatMap((domain) =>
    seatsOf(domain).flatMap(({ name, live, config }) => {
      const card = live ?? config;
      const floor = card === null || card.source.network !== network ? null : floorOf(card);
      return floor === null ? [] : [{ nic: `${domain.name}/${name}`, floor }];
    }),
  );

function floorOf({ element }: Card): number | null {
  const inside = (name: string, of: Card['element'] | undefined) => of?.children.find((c) => c.name === name);
  const floor = inside('inbound', inside('bandwidth', element))?.attributes.floor ?? '';
  return /^[1-9]\d{0,9}$/.test(floor) ? Number(floor) : null;
}
