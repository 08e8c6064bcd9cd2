import { describe, expect, test } from 'vitest';
import { suggestNetwork } from './suggest';
import { observedOf } from './testing/observed';

describe('suggestions', () => {
  test('the first one', () => {
    expect(suggestNetwork([], null)).toEqual({
      kind: 'network',
      name: 'net1',
      forward: { mode: 'nat' },
      bridge: { name: 'virbr0', stp: false },
      subnets: [
        {
          address: '192.168.100.1',
          prefix: 24,
          dhcp: { ranges: [{ start: '192.168.100.2', end: '192.168.100.254' }], hosts: [] },
        },
      ],
    });
  });

  test('keeps clear of interfaces, routes and addresses of the host, and of libvirt', () => {
    const observed = observedOf({
      links: {
        virbr0: { name: 'virbr0', kind: 'bridge' },
        eth0: {
          name: 'eth0',
          kind: 'device',
          addresses: [{ family: 4, address: '192.168.101.9', prefix: 24 }],
        },
      },
      routes: { a: { family: 4, destination: '192.168.100.0/24', device: 'eth0' } },
      libvirtNetworks: {
        default: {
          name: 'default',
          active: false,
          autostart: false,
          bridge: 'virbr1',
          forward: 'nat',
          xml: '',
          config: '',
        },
      },
    });
    const network = suggestNetwork([], observed);
    expect(network.bridge.name).toBe('virbr2');
    expect(network.subnets[0]?.address).toBe('192.168.102.1');
  });

  test('comes around, and gives up on subnets when none is free', () => {
    const route = (destination: string) =>
      observedOf({ routes: { r: { family: 4, destination, device: 'eth0' } } });
    expect(suggestNetwork([], route('192.168.64.0/18')).subnets[0]?.address).toBe('192.168.128.1');
    expect(suggestNetwork([], route('192.168.128.0/17')).subnets[0]?.address).toBe('192.168.100.1');
    expect(suggestNetwork([], route('192.168.0.0/16')).subnets).toEqual([]);
    expect(suggestNetwork([], route('192.168.0.0/16'), 'route').subnets[0]?.address).toBe('10.100.0.1');
  });
});
