import { describe, expect, it } from 'vitest';
import { addressText, knownAddresses } from './address-cache';
import type { Fact, Lease, Neighbour } from './observed';

const WEB = '52:54:00:00:00:01';
const lease = (address: string, mac = WEB): Lease => ({
  ...{ network: 'demo', mac, address, hostname: 'web', expires: 0 },
});
const met = (address: string, mac: string | null, ...state: readonly string[]): Neighbour => ({
  ...{ address, device: 'virbr1', mac, state: [...state] },
});
const known = <T>(values: readonly T[]): Fact<T> => ({
  known: true,
  command: 'ip',
  value: Object.fromEntries(values.map((v, i) => [String(i), v])),
});
const texts = (leases: readonly Lease[], neighbours: Fact<Neighbour>) =>
  knownAddresses({ leases: known(leases), neighbours }, [WEB.toUpperCase()]).map(
    (k) => `${k.address}: ${addressText(k)}`,
  );

describe('addresses of a MAC', () => {
  it('are borne out by neighbours, or not', () => {
    expect(
      texts(
        [1, 2, 3, 4, 5].map((n) => lease(`10.1.0.${n}`)),
        known([
          met('10.1.0.1', WEB, 'REACHABLE'),
          met('10.1.0.2', WEB, 'STALE'),
          met('10.1.0.3', '52:54:00:00:00:09', 'REACHABLE'),
          met('10.1.0.4', null, 'FAILED'),
        ]),
      ),
    ).toEqual([
      '10.1.0.1: lease of demo as web; it answers on virbr1',
      '10.1.0.2: lease of demo as web; it has answered on virbr1 before',
      '10.1.0.3: lease of demo as web; but 52:54:00:00:00:09 answers for it on virbr1',
      '10.1.0.4: lease of demo as web; but nobody answers for it on virbr1',
      '10.1.0.5: lease of demo as web; the host has not talked to it yet',
    ]);
  });

  it('may be seen without a lease, and are no strangers’', () => {
    expect(
      texts(
        [lease('10.1.0.7', '52:54:00:00:00:07')],
        known([
          met('10.1.0.50', WEB, 'DELAY'),
          met('fe80::1', WEB, 'REACHABLE'),
          met('10.1.0.51', WEB, 'FAILED'),
        ]),
      ),
    ).toEqual(['10.1.0.50: no lease; it answers on virbr1']);
  });

  it('are not said to be silent where nobody could look', () => {
    expect(
      texts([lease('10.1.0.1')], { known: false, command: 'ip neigh', why: 'ip is not installed.' }),
    ).toEqual(['10.1.0.1: lease of demo as web; whether it answers is not known: ip is not installed.']);
  });
});
