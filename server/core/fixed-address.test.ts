import { describe, expect, it } from 'vitest';
import { type FixedWish, fixedAddress, parseFixedWish } from './fixed-address';
import { Network } from './kinds/network';
import type { Fact, Observed } from './observed';

const network = Network.parse({
  ...{ kind: 'network', name: 'demo', forward: { mode: 'nat' }, bridge: { name: 'virbr1', stp: false } },
  subnets: [
    {
      ...{ address: '10.1.0.1', prefix: 24 },
      dhcp: {
        ranges: [{ start: '10.1.0.100', end: '10.1.0.200' }],
        hosts: [{ mac: '52:54:00:00:00:01', ip: '10.1.0.9', name: 'db' }],
      },
    },
    { address: 'fd00:1::1', prefix: 64 },
  ],
});
const nothing: Fact<never> = { known: true, command: '', value: {} };
const observed: Pick<Observed, 'namespaces' | 'links' | 'leases' | 'neighbours'> = {
  ...{ namespaces: nothing, links: nothing },
  leases: {
    known: true,
    command: '',
    value: {
      a: { network: 'old', mac: '52:54:00:00:00:02', address: '10.1.0.7', hostname: null, expires: 0 },
    },
  },
  neighbours: {
    known: true,
    command: '',
    value: {
      a: { address: '10.1.0.8', device: 'virbr1', mac: '52:54:00:00:00:03', state: ['STALE'] },
      b: { address: '10.1.0.6', device: 'virbr1', mac: null, state: ['FAILED'] },
    },
  },
};
const wish = (text: string): FixedWish => {
  const parsed = parseFixedWish(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};
const said = (text: string, to: Network | null = network) => {
  const found = fixedAddress(wish(text), {
    ...{ guest: 'web', network: to, observed },
    given: [{ guest: 'app', address: '10.1.0.5' }],
  });
  return found.ok ? found.value : `${found.error.code}: ${found.error.message}`;
};

describe('a fixed address', () => {
  it('takes prefix length and gateway from the subnet that it lies in', () => {
    expect(said('10.1.0.50')).toEqual({ address: '10.1.0.50', prefix: 24, gateway: '10.1.0.1' });
    expect(said('10.1.0.6')).toEqual({ address: '10.1.0.6', prefix: 24, gateway: '10.1.0.1' });
    expect(said('fd00:1:0::50')).toEqual({ address: 'fd00:1::50', prefix: 64, gateway: 'fd00:1::1' });
    expect(said('10.9.0.5/16', null)).toEqual({ address: '10.9.0.5', prefix: 16, gateway: null });
  });

  it('is refused where somebody else has it, or may be given it', () => {
    expect(
      ['10.1.0.1', '10.1.0.5', '10.1.0.7', '10.1.0.8', '10.1.0.9', '10.1.0.100', '10.1.0.0', '10.2.0.5'].map(
        (text) => said(text),
      ),
    ).toEqual([
      "ADDRESS_TAKEN: Address 10.1.0.1 is in use: it is network demo's own.",
      'ADDRESS_TAKEN: Address 10.1.0.5 is in use: guest app has it.',
      'ADDRESS_TAKEN: Address 10.1.0.7 is in use: the lease of 52:54:00:00:00:02 in network old has it.',
      'ADDRESS_TAKEN: Address 10.1.0.8 is in use: 52:54:00:00:00:03 at virbr1 has it.',
      'ADDRESS_RESERVED: Address 10.1.0.9 is reserved for db in network demo.',
      'ADDRESS_IN_RANGE: Address 10.1.0.100 lies in the DHCP range 10.1.0.100 to 10.1.0.200 of network demo, out of which others are given addresses: choose one beside it.',
      'ADDRESS_SPECIAL: 10.1.0.0 is the network address of 10.1.0.0/24, which no guest can have.',
      'ADDRESS_OUTSIDE: Address 10.2.0.5 lies in no subnet of network demo: it has 10.1.0.0/24, fd00:1::/64.',
    ]);
    expect(said('10.9.0.5', null)).toBe('NO_PREFIX: Say the prefix length of 10.9.0.5, as in 10.9.0.5/24.');
  });

  it('is read with or without its prefix length', () => {
    expect(wish(' 10.1.0.50/24 ')).toEqual({ address: '10.1.0.50', prefix: 24 });
    const faults = ['', '10.1.0', '10.1.0.5/', '10.1.0.5/33', '10.1.0.5/24/1', 'fd00::1/129', 'web'].map(
      (text) => {
        const parsed = parseFixedWish(text);
        return parsed.ok ? 'read' : parsed.error.message;
      },
    );
    const looks = 'An address looks like 10.1.0.50, 10.1.0.50/24 or fd00::50/64.';
    expect(faults).toEqual([
      looks,
      looks,
      'The prefix length of 10.1.0.5 is a number from 1 to 32.',
      'The prefix length of 10.1.0.5 is a number from 1 to 32.',
      looks,
      'The prefix length of fd00::1 is a number from 1 to 128.',
      looks,
    ]);
  });
});
