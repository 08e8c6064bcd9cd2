import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Network } from '@/server/core/kinds/network';
import { hasOvs } from '@/server/core/testing/available';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';
import { run } from './exec';
import type { OvsSeen, OvsSetting } from './testing/in-ovs';

/* @full-kernel: asks for features that many kernels lack. */

/* A real Open vSwitch in namespaces of its own: in the kernel where it has the datapath, otherwise in a process. */

const why = await whyNoNamespaces();
const installed = await hasOvs();
const skipped = why ?? (installed ? null : 'Open vSwitch is not installed');
if (skipped !== null) console.warn(`SKIPPED: no network was made on Open vSwitch: ${skipped}`);

const hasModule = (await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath'])).ok;

const Seen: z.ZodType<OvsSeen> = z.object({
  datapath: z.string(),
  made: z.string(),
  plans: z.array(z.array(z.string())),
  left: z.array(z.string()),
  reached: z.array(z.boolean()),
  leases: z.record(z.string(), z.string()),
  outside: z.string(),
  dns: z.string(),
  remains: z.array(z.string()),
});

const vlan = (id: number) => ({ tags: [{ id }] });
const fabric = Network.parse({
  ...{ kind: 'network', name: 'fabric', footing: 'ovs', forward: { mode: 'nat' } },
  ...{ bridge: { name: 'ovsbr0', stp: false }, mac: '52:54:00:00:00:09', mtu: 1400 },
  subnets: [
    {
      ...{ address: '10.9.0.1', prefix: 24 },
      dhcp: { ranges: [{ start: '10.9.0.100', end: '10.9.0.200' }], hosts: [] },
    },
  ],
  dns: { hosts: [{ ip: '10.9.0.9', names: ['printer.lan'] }] },
  portgroups: [
    { name: 'ten', vlan: vlan(10), virtualPort: { type: 'openvswitch', profileId: 'gold' } },
    { name: 'twenty', vlan: vlan(20) },
    { name: 'trunk', vlan: { trunk: true, tags: [{ id: 10 }, { id: 20 }] } },
    { name: 'native', vlan: { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] } },
    { name: 'tagged', vlan: { trunk: true, tags: [{ id: 10, nativeMode: 'tagged' }, { id: 20 }] } },
  ],
});

describe.skipIf(skipped !== null)('Open vSwitch', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/in-ovs.ts'));
  });
  afterAll(() => place.close());

  let plays = 0;
  const play = async (setting: Omit<OvsSetting, 'folder'>): Promise<OvsSeen> => {
    const folder = path.join(place.folder(), `play${++plays}`);
    mkdirSync(folder);
    return Seen.parse(
      JSON.parse(
        await place.run(['node', bundle], JSON.stringify({ folder, ...setting } satisfies OvsSetting)),
      ),
    );
  };

  test('carries VLANs, DHCP, DNS and NAT; what somebody meddled with comes back, and all of it goes', async () => {
    const at = (name: string, portgroup: string, address: string, tag?: number) => ({
      ...{ name, portgroup },
      addresses: [tag === undefined ? { address } : { address, tag }],
    });
    const seen = await play({
      desired: { networks: [fabric], links: [] },
      guests: [
        { name: 'lease', portgroup: '', addresses: [] },
        at('a10', 'ten', '10.1.0.1'),
        at('b10', 'ten', '10.1.0.2'),
        at('a20', 'twenty', '10.1.0.3'),
        {
          ...{ name: 'trunk', portgroup: 'trunk' },
          addresses: [
            { address: '10.1.0.4', tag: 10 },
            { address: '10.2.0.4', tag: 20 },
          ],
        },
        at('native', 'native', '10.1.0.5'),
        // Its own packets may be untagged; answers come tagged.
        at('tagged', 'tagged', '10.1.0.6', 10),
      ],
      flows: [
        { from: 'a10', to: '10.1.0.2' },
        { from: 'a10', to: '10.1.0.3' },
        { from: 'a10', to: '10.1.0.4' },
        { from: 'a10', to: '10.1.0.5' },
        { from: 'a10', to: '10.1.0.6' },
        { from: 'a10', to: '10.9.0.1' },
        { from: 'lease', to: '10.9.0.1' },
        { from: 'lease', to: '198.51.100.1' },
      ],
      meddle: [
        ['ovs-vsctl', 'clear', 'Port', 'p-a10', 'tag'],
        ['ovs-vsctl', 'set', 'Port', 'p-trunk', 'trunks=[30]'],
        ['ovs-vsctl', 'set', 'Bridge', 'ovsbr0', 'fail_mode=secure'],
        ['ip', 'addr', 'flush', 'dev', 'ovsbr0'],
      ],
    });
    expect(seen.made).toBe(seen.datapath);
    expect(seen.datapath).toBe(hasModule ? 'system' : 'netdev');
    if (!hasModule)
      console.warn('NOT TRIED: this kernel has no datapath of Open vSwitch, a process switched');
    expect(seen.left).toEqual([]);
    expect(seen.reached).toEqual([true, false, true, true, true, false, true, true]);
    expect(seen.leases.lease).toMatch(/^10\.9\.0\.(1\d\d|200)$/); // its range: .100 to .200
    expect(seen.outside).toBe('from 203.0.113.2');
    expect(seen.dns).toContain('10.9.0.9');
    expect(seen.plans.slice(1)).toEqual([
      ['Set 7 ports of fabric'],
      [
        'Set Open vSwitch bridge ovsbr0',
        'Give ovsbr0 10.9.0.1/24',
        'Set 2 ports of fabric',
        'Restart DHCP and DNS of fabric',
      ],
    ]);
    expect(seen.remains).toEqual([]);
  });

  test('isolated guests reach the host and not each other', async () => {
    const { portgroups: _groups, ...plain } = fabric;
    const { reached, left, remains } = await play({
      desired: { networks: [{ ...plain, isolated: true }], links: [] },
      guests: ['one', 'two'].map((name, i) => ({
        ...{ name, portgroup: '' },
        addresses: [{ address: `10.9.0.1${i}` }],
      })),
      flows: [
        { from: 'one', to: '10.9.0.11' },
        { from: 'one', to: '10.9.0.1' },
        { from: 'host', to: '10.9.0.11' },
      ],
      meddle: [['ovs-vsctl', 'set', 'Port', 'p-one', 'protected=false']],
    });
    expect({ reached, left, remains }).toEqual({ reached: [false, true, true], left: [], remains: [] });
  });
});
