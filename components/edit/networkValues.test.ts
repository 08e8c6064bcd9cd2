import { expect, it } from 'vitest';
import { Network } from '@/server/core/kinds/network';
import { byField, checkValues, EMPTY_SUBNET, fieldOf, toInput, toValues } from './networkValues';

const network = Network.parse({
  kind: 'network',
  name: 'demo',
  forward: { mode: 'nat', dev: 'eth0' },
  bridge: { name: 'virbr1', stp: true },
  subnets: [
    {
      address: '192.168.100.1',
      prefix: 24,
      dhcp: {
        ranges: [{ start: '192.168.100.2', end: '192.168.100.99' }],
        hosts: [
          { mac: '52:54:00:00:00:01', ip: '192.168.100.5', name: 'web' },
          { mac: '52:54:00:00:00:02', ip: '192.168.100.6' },
        ],
      },
    },
    { address: 'fd00::1', prefix: 64 },
  ],
});
const alone = { others: [], observed: null };
const problemsOf = (change: Partial<ReturnType<typeof toValues>>) =>
  Object.fromEntries(byField(checkValues({ ...toValues(network), ...change }, alone).problems));

it('turns a network into fields and back into the same network', () => {
  expect(Network.parse(toInput(toValues(network)))).toEqual(network);
  expect(checkValues(toValues(network), alone)).toEqual({ network, problems: [] });
});

it('forgets the device where nothing is forwarded', () => {
  expect(toInput({ ...toValues(network), mode: 'none' }).forward).toEqual({ mode: 'none' });
});

it.each([
  [['name'], 'name'],
  [['bridge', 'name'], 'bridge'],
  [['forward', 'dev'], 'dev'],
  [['subnets', 0, 'address'], 'subnets.0.address'],
  [['subnets', 1, 'dhcp', 'ranges', 2, 'start'], 'subnets.1.ranges.2.start'],
  [['subnets', 0, 'dhcp', 'ranges', 1], 'subnets.0.ranges.1.start'],
  [['subnets', 0, 'dhcp', 'hosts', 0, 'mac'], 'subnets.0.hosts.0.mac'],
  [['subnets', 0, 'dhcp'], 'subnets.0.dhcp'],
])('leads %j to the field %s', (path, field) => expect(fieldOf(path)).toBe(field));

it('tells every fault at its field', () => {
  expect(problemsOf({ bridge: 'a-name-that-is-too-long' })).toHaveProperty('bridge');
  expect(problemsOf({ name: 'x; reboot' })).toHaveProperty('name');
  expect(problemsOf({ subnets: [{ ...EMPTY_SUBNET, address: '300.1.1.1' }] })).toHaveProperty([
    'subnets.0.address',
  ]);
  expect(problemsOf({ subnets: [{ ...EMPTY_SUBNET, address: '10.0.0.1', prefix: 'x' }] })).toHaveProperty([
    'subnets.0.prefix',
  ]);
  const [first] = toValues(network).subnets;
  if (!first) throw new Error('no subnet');
  const outside = { ...first, ranges: [{ start: '10.9.9.9', end: '192.168.100.99' }], hosts: [] };
  expect(Object.keys(problemsOf({ subnets: [outside] }))).toContain('subnets.0.ranges.0.start');
  const multicast = { ...first, hosts: [{ mac: '01:00:5e:00:00:01', ip: '192.168.100.200', name: '' }] };
  expect(problemsOf({ subnets: [multicast] })['subnets.0.hosts.0.mac']).toMatch(/multicast/i);
});
