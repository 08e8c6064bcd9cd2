import { describe, expect, test } from 'vitest';
import { nothingCommitted } from './plan';
import { suggestNetwork } from './suggest';
import { observedOf } from './testing/observed';
import { converged, describeDrift, sameTaps, verify } from './verify';

const desired = { networks: [suggestNetwork([], null)], links: [] };
const committed = { ...nothingCommitted(''), desired };
const sysctls = { 'net.ipv4.ip_forward': { value: '0' }, 'net.ipv6.conf.all.forwarding': { value: '0' } };

describe('verdicts', () => {
  test('an empty host where nothing was committed is as it should be', () => {
    const nothing = nothingCommitted('');
    const verdict = verify({ observed: observedOf({}), committed: nothing, desired: nothing.desired });
    expect(converged(verdict)).toBe(true);
    expect(describeDrift(verdict)).toBe('');
  });

  test('what is missing is listed', () => {
    const verdict = verify({ observed: observedOf({ sysctls }), committed, desired });
    expect(converged(verdict)).toBe(false);
    expect(describeDrift(verdict)).toBe(
      'The host is not as it was committed. 7 steps would put it right: Create bridge virbr0; Bring virbr0 up; Give virbr0 192.168.100.1/24; …',
    );
  });

  test('what cannot be read is not taken for being right', () => {
    const observed = observedOf({ sysctls, nft: 'nft is not installed.' });
    const verdict = verify({ observed, committed, desired });
    expect(converged(verdict)).toBe(false);
    expect(describeDrift(verdict)).toBe(
      'The firewall rules of this host cannot be read: nft is not installed.',
    );
  });
});

describe('guests keep their plugs', () => {
  const ports = (masters: Record<string, string | null>) =>
    observedOf({
      links: Object.fromEntries(
        Object.entries(masters).map(([name, master]) => [name, { name, kind: 'tun', master }]),
      ),
    });
  const before = ports({ vnet0: 'virbr0', vnet1: 'virbr0', vnet2: 'virbr9', eth0: null });

  test('one that is where it was, one that is gone with its guest, one that was never plugged in', () => {
    expect(sameTaps(before, ports({ vnet0: 'virbr0', vnet2: 'virbr9', eth0: 'virbr0' }))).toEqual([]);
  });

  test('one unplugged and one in another bridge are named', () => {
    expect(sameTaps(before, ports({ vnet0: null, vnet1: 'virbr1', vnet2: 'virbr9' }))).toEqual([
      'vnet0 was plugged into virbr0 and is unplugged now.',
      'vnet1 was plugged into virbr0 and is in virbr1 now.',
    ]);
  });

  test('a bridge that was meant to go releases its ports', () => {
    expect(sameTaps(before, ports({ vnet0: 'virbr0', vnet1: 'virbr0', vnet2: null }), ['virbr9'])).toEqual(
      [],
    );
  });

  test('unknown links are no loss', () => {
    expect(sameTaps(before, observedOf({ links: 'ip is not installed.' }))).toEqual([]);
  });
});
