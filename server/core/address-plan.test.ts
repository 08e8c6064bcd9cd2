import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressPlan } from './address-plan';
import { Subnet } from './kinds/subnet';

const subnet = Subnet.parse({
  address: '192.168.100.1',
  prefix: 24,
  dhcp: {
    ranges: [{ start: '192.168.100.10', end: '192.168.100.99' }],
    hosts: [
      { mac: '52:54:00:00:00:01', ip: '192.168.100.5', name: 'web' },
      { mac: '52:54:00:00:00:02', ip: '192.168.100.20' },
    ],
  },
});
const lease = { address: '192.168.100.30', hostname: null, mac: '52:54:00:00:00:03' };

it('divides a /24 to scale', () => {
  const plan = addressPlan(subnet, [lease, { ...lease, address: '10.0.0.1' }]);
  expect(plan?.pieces.map((p) => `${p.kind} ${p.start} ${p.end} ${p.count}`)).toEqual([
    'network 192.168.100.0 192.168.100.0 1',
    'gateway 192.168.100.1 192.168.100.1 1',
    'free 192.168.100.2 192.168.100.9 8',
    'range 192.168.100.10 192.168.100.99 90',
    'free 192.168.100.100 192.168.100.254 155',
    'broadcast 192.168.100.255 192.168.100.255 1',
  ]);
  expect(plan?.toScale).toBe(true);
  expect(plan?.counts).toEqual({ usable: 253n, ranges: 90n, reserved: 2, leased: 1, free: 162n });
  expect(plan?.marks.map((m) => [m.kind, m.whose, Math.round(m.at * 256 - 0.5)])).toEqual([
    ['reservation', 'web', 5],
    ['reservation', '52:54:00:00:00:02', 20],
    ['lease', '52:54:00:00:00:03', 30],
  ]);
});

it('shows a range of a /64 although it is next to nothing', () => {
  const six = Subnet.parse({
    address: 'fd00::1',
    prefix: 64,
    dhcp: { ranges: [{ start: 'fd00::100', end: 'fd00::1ff' }], hosts: [] },
  });
  const plan = addressPlan(six, []);
  expect(plan?.toScale).toBe(false);
  expect(plan?.pieces.find((p) => p.kind === 'range')?.share).toBeGreaterThan(0.05);
  expect(plan?.pieces.some((p) => p.kind === 'broadcast')).toBe(false);
});

it('has every address once, whatever is asked for', () => {
  const address = fc.ipV4();
  fc.assert(
    fc.property(
      address,
      fc.integer({ min: 1, max: 32 }),
      fc.array(fc.tuple(address, address)),
      (a, prefix, all) => {
        const ranges = all.map(([start, end]) => ({ start, end }));
        const parsed = Subnet.safeParse({ address: a, prefix, dhcp: { ranges, hosts: [] } });
        if (!parsed.success) return true;
        const plan = addressPlan(parsed.data, []);
        const count = plan?.pieces.reduce((sum, p) => sum + p.count, 0n);
        const share = plan?.pieces.reduce((sum, p) => sum + p.share, 0) ?? 0;
        return count === 1n << BigInt(32 - prefix) && Math.abs(share - 1) < 1e-6;
      },
    ),
  );
});
