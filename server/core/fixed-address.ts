import { z } from 'zod';
import { specialAddress } from './check-subnet';
import { IpAddress } from './ids';
import { bits, blockOf, blockText, contains, type Family, familyOf, toNumber } from './ip';
import type { Network } from './kinds/network';
import { items, type Observed } from './observed';
import { fail, ok, type Result } from './result';

/* Addresses that guests of labs have without asking for a lease. */

/** As it is wished for: the prefix length in bits may be left to the subnet that the address lies in. */
export const FixedWish = z.strictObject({ address: IpAddress, prefix: z.int().min(1).max(128).optional() });
export type FixedWish = z.infer<typeof FixedWish>;

/** As a guest has it, with the gateway of its default route. */
export const FixedAddress = z.strictObject({
  address: IpAddress,
  prefix: z.int().min(1).max(128),
  gateway: IpAddress.nullable(),
});
export type FixedAddress = z.infer<typeof FixedAddress>;

export const cidrOf = ({ address, prefix }: Pick<FixedAddress, 'address' | 'prefix'>): string =>
  `${address}/${prefix}`;

/** Reads `10.1.0.50` or `10.1.0.50/24`. Failure BAD_ADDRESS. */
export function parseFixedWish(text: string): Result<FixedWish> {
  const [address = '', length, ...more] = text.trim().split('/');
  const parsed = IpAddress.safeParse(address);
  if (!parsed.success || more.length > 0)
    return fail('BAD_ADDRESS', 'An address looks like 10.1.0.50, 10.1.0.50/24 or fd00::50/64.');
  if (length === undefined) return ok({ address: parsed.data });
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : 0;
  const most = bits(familyOf(parsed.data));
  if (prefix < 1 || prefix > most)
    return fail('BAD_ADDRESS', `The prefix length of ${parsed.data} is a number from 1 to ${most}.`);
  return ok({ address: parsed.data, prefix });
}

/** Where a guest shall have it. */
type At = {
  readonly guest: string;
  /** Null: it is plugged into a bare bridge, or nothing. */
  readonly network: Network | null;
  readonly observed: Pick<Observed, 'namespaces' | 'links' | 'leases' | 'neighbours'>;
  /** Of the other guests. */
  readonly given: readonly { readonly guest: string; readonly address: string }[];
};

/**
 * The address as the guest is to have it: in a subnet of its network, where DHCP does not give it to somebody else, and
 * nobody's yet. Failures: ADDRESS_OUTSIDE, ADDRESS_SPECIAL, ADDRESS_IN_RANGE, ADDRESS_RESERVED, ADDRESS_TAKEN, NO_PREFIX.
 */
export function fixedAddress({ address, prefix }: FixedWish, at: At): Result<FixedAddress> {
  const { network } = at;
  const subnets = network?.subnets ?? [];
  const subnet = subnets.find((s) => {
    const block = blockOf(s.address, s.prefix);
    return block !== null && contains(block, address);
  });
  if (network !== null && subnets.length > 0 && subnet === undefined)
    return fail(
      'ADDRESS_OUTSIDE',
      `Address ${address} lies in no subnet of network ${network.name}: it has ${subnets.map(subnetText).join(', ')}.`,
    );
  const length = prefix ?? subnet?.prefix;
  if (length === undefined)
    return fail('NO_PREFIX', `Say the prefix length of ${address}, as in ${address}/${usual(address)}.`);
  const block = blockOf(address, length);
  const special = block === null ? null : specialAddress(address, block);
  if (block !== null && special !== null)
    return fail(
      'ADDRESS_SPECIAL',
      `${address} is the ${special} of ${blockText(block)}, which no guest can have.`,
    );
  const served = subnet === undefined ? null : servedTo(address, { subnet, at });
  if (served !== null) return served;
  const holder = holderOf(address, at);
  if (holder !== null) return fail('ADDRESS_TAKEN', `Address ${address} is in use: ${holder} has it.`);
  return ok({ address, prefix: length, gateway: subnet?.address ?? null });
}

type Subnet = Network['subnets'][number];

/** Whom the network's own DHCP keeps it for. */
function servedTo(
  address: string,
  { subnet, at }: { readonly subnet: Subnet; readonly at: At },
): Result<never> | null {
  const network = at.network?.name ?? '';
  if (toNumber(subnet.address) === toNumber(address))
    return fail('ADDRESS_TAKEN', `Address ${address} is in use: it is network ${network}'s own.`);
  const reserved = subnet.dhcp?.hosts.find((h) => toNumber(h.ip) === toNumber(address));
  if (reserved !== undefined)
    return fail(
      'ADDRESS_RESERVED',
      `Address ${address} is reserved for ${reserved.name ?? reserved.mac ?? reserved.duid} in network ${network}.`,
    );
  const range = subnet.dhcp?.ranges.find(({ start, end }) => within(address, start, end));
  if (range !== undefined)
    return fail(
      'ADDRESS_IN_RANGE',
      `Address ${address} lies in the DHCP range ${range.start} to ${range.end} of network ${network}, out of which others are given addresses: choose one beside it.`,
    );
  return null;
}

function within(address: string, start: string, end: string): boolean {
  const [value, from, to] = [toNumber(address), toNumber(start), toNumber(end)];
  if (value === null || from === null || to === null) return false;
  return familyOf(address) === familyOf(start) && from <= value && value <= to;
}

function holderOf(address: string, { guest, given, observed }: At): string | null {
  const other = given.find((g) => g.address === address && g.guest !== guest);
  if (other !== undefined) return `guest ${other.guest}`;
  const has = (link: { readonly addresses: readonly { readonly address: string }[] }) =>
    link.addresses.some((a) => a.address === address);
  const link = items(observed.links).find(has);
  if (link !== undefined) return `${link.name} of this host`;
  for (const space of items(observed.namespaces)) {
    const inside = Object.values(space.links).find(has);
    if (inside !== undefined && space.name !== guest) return `${inside.name} in ${space.name}`;
  }
  const lease = items(observed.leases).find((l) => l.address === address);
  if (lease !== undefined) return `the lease of ${lease.hostname ?? lease.mac} in network ${lease.network}`;
  const met = items(observed.neighbours).find(
    (n) => n.address === address && n.mac !== null && !n.state.includes('FAILED'),
  );
  return met === undefined ? null : `${met.mac} at ${met.device}`;
}

const subnetText = ({ address, prefix }: Subnet): string => {
  const block = blockOf(address, prefix);
  return block === null ? `${address}/${prefix}` : blockText(block);
};

const USUAL: Record<Family, number> = { 4: 24, 6: 64 };
const usual = (address: string): number => USUAL[familyOf(address)];
