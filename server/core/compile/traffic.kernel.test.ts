import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NOTHING } from '../change';
import { Network } from '../kinds/network';
import { inside, whyNoNamespaces } from '../testing/kernel';
import type { Setting, Traffic } from '../testing/kernel-traffic';

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no packet was sent, namespaces cannot be made: ${why}`);

const Report: z.ZodType<Traffic> = z.object({
  reached: z.array(z.boolean()),
  unmasked: z.int(),
  answers: z.array(z.string().nullable()),
});

const network = (name: string, bridge: string, third: number, forward: object) =>
  Network.parse({
    ...{ kind: 'network', name, forward, bridge: { name: bridge, stp: false } },
    subnets: [{ address: `192.168.${third}.1`, prefix: 24 }],
  });
const guest = (name: string, bridge: string, third: number, last: number) => ({
  ...{ name, bridge, address: `192.168.${third}.${last}/24`, gateway: `192.168.${third}.1` },
});

describe.skipIf(why !== null)('packets', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-traffic.ts'));
  });
  afterAll(() => place.close());

  let runs = 0;
  async function send(setting: Omit<Setting, 'runDir'>): Promise<Traffic> {
    const runDir = path.join(place.folder(), `traffic${++runs}`);
    mkdirSync(runDir);
    const out = await place.run(['node', bundle], JSON.stringify({ runDir, ...setting } satisfies Setting));
    return Report.parse(JSON.parse(out));
  }

  test('between networks: a routed one can be entered, others only answer', async () => {
    const all = [
      guest('n1', 'virbr0', 122, 10),
      guest('r1', 'virbr1', 123, 10),
      guest('i1', 'virbr2', 124, 10),
    ];
    const { reached } = await send({
      desired: {
        ...NOTHING,
        networks: [
          network('nat', 'virbr0', 122, { mode: 'nat' }),
          network('routed', 'virbr1', 123, { mode: 'route' }),
          network('quiet', 'virbr2', 124, { mode: 'none' }),
        ],
      },
      guests: all,
      flows: [
        { from: 'n1', to: '192.168.123.10' },
        { from: 'r1', to: '192.168.122.10' },
        { from: 'n1', to: '192.168.124.10' },
        { from: 'i1', to: '192.168.122.10' },
        { from: 'r1', to: '192.168.124.10' },
      ],
    });
    expect(reached).toEqual([true, false, false, false, false]);
  });

  const six = (name: string, bridge: string, third: number, last: number) => ({
    ...guest(name, bridge, third, last),
    address6: `fd00:${third}::${last}/64`,
    gateway6: `fd00:${third}::1`,
  });
  const dual = (name: string, bridge: string, third: number, more: object) =>
    Network.parse({
      ...network(name, bridge, third, { mode: 'nat' }),
      subnets: [
        { address: `192.168.${third}.1`, prefix: 24 },
        { address: `fd00:${third}::1`, prefix: 64 },
      ],
      ...more,
    });

  const given = { 'an address': /^198\.18\.0\.[567]$/, 'a port': /^2\d\d\d$/ };

  test('NAT with addresses, ports and IPv6: how the outside sees a guest', async () => {
    const traffic = await send({
      desired: {
        ...NOTHING,
        networks: [
          dual('ranges', 'virbr0', 122, {
            forward: {
              mode: 'nat',
              nat: {
                ipv6: true,
                address: { start: '198.18.0.5', end: '198.18.0.7' },
                port: { start: 2000, end: 2999 },
              },
            },
          }),
        ],
      },
      guests: [six('g1', 'virbr0', 122, 10)],
      flows: [
        { from: 'g1', to: '198.51.100.1' },
        { from: 'g1', to: '2001:db8:f::1' },
        { from: 'outside', to: 'fd00:122::10' },
      ],
      servers: [{ at: 'outside', port: 80 }],
      calls: [
        { from: 'g1', to: '198.51.100.1', port: 80 },
        { from: 'g1', to: '2001:db8:f::1', port: 80 },
      ],
    });
    expect(traffic.reached).toEqual([true, true, false]);
    expect(traffic.unmasked).toBe(0);
    const [four, sixth] = traffic.answers.map((a) => (a ?? '').split(' '));
    expect(four?.slice(0, 2)).toEqual(['outside', 'sees']);
    expect(four?.[2]).toMatch(given['an address']);
    expect(four?.[3]).toMatch(given['a port']);
    expect(sixth?.slice(0, 3)).toEqual(['outside', 'sees', '2001:db8:1::2']);
    expect(sixth?.[3]).toMatch(given['a port']);
  });

  test('port forwards: from outside, the host, other networks and the same one', async () => {
    const to = (address: string, port: number, more: object = {}) => ({
      ...{ protocol: 'tcp', port: { start: port, end: port }, to: address },
      ...more,
    });
    const shop = dual('shop', 'virbr0', 122, {
      portForwards: [
        to('192.168.122.10', 8080, { toPort: 80 }),
        to('fd00:122::10', 8080, { toPort: 80 }),
        to('192.168.122.10', 9000, { port: { start: 9000, end: 9001 }, toPort: 80 }),
        to('192.168.122.10', 81, { address: '203.0.113.2' }),
      ],
    });
    const host = '203.0.113.2';
    const host6 = '2001:db8:1::2';
    const { answers, reached } = await send({
      desired: {
        ...NOTHING,
        networks: [
          shop,
          dual('other', 'virbr1', 123, { forward: { mode: 'nat', dev: 'uplink0' } }),
          dual('quiet', 'virbr2', 124, { forward: { mode: 'none' } }),
        ],
      },
      guests: [
        six('g1', 'virbr0', 122, 10),
        six('g2', 'virbr0', 122, 11),
        six('o1', 'virbr1', 123, 10),
        six('q1', 'virbr2', 124, 10),
      ],
      flows: [{ from: 'outside', to: '192.168.122.10' }],
      servers: [
        { at: 'g1', port: 80 },
        { at: 'g1', port: 81 },
        { at: 'outside', port: 8080 },
      ],
      calls: [
        { from: 'outside', to: host, port: 8080 },
        { from: 'outside', to: host6, port: 8080 },
        { from: 'outside', to: host, port: 9000 },
        { from: 'outside', to: host, port: 9001 },
        { from: 'outside', to: host, port: 81 },
        { from: 'host', to: host, port: 8080 },
        { from: 'host', to: host6, port: 8080 },
        { from: 'o1', to: host, port: 8080 },
        { from: 'o1', to: host6, port: 8080 },
        { from: 'g2', to: host, port: 8080 },
        { from: 'g2', to: host6, port: 8080 },
        // Not the host's: it goes where it went.
        { from: 'g2', to: '198.51.100.1', port: 8080 },
        // Neither the gateway nor loopback, and nobody gets out of an isolated network this way.
        { from: 'g2', to: '192.168.122.1', port: 8080 },
        { from: 'host', to: '127.0.0.1', port: 8080 },
        { from: 'q1', to: host, port: 8080 },
        // A port that nothing is forwarded from.
        { from: 'outside', to: host, port: 80 },
      ],
    });
    const seen = answers.map((a) => a?.split(' ').slice(0, 3).join(' ') ?? null);
    expect(seen).toEqual([
      'g1 sees 203.0.113.1',
      'g1 sees 2001:db8:1::1',
      'g1 sees 203.0.113.1',
      'g1 sees 203.0.113.1',
      'g1 sees 203.0.113.1',
      'g1 sees 203.0.113.2',
      'g1 sees 2001:db8:1::2',
      'g1 sees 192.168.123.10',
      'g1 sees fd00:123::10',
      'g1 sees 192.168.122.1',
      'g1 sees fd00:122::1',
      'outside sees 203.0.113.2',
      null,
      null,
      null,
      null,
    ]);
    expect(reached).toEqual([false]);
  });

  test('forwarding to one device lets nothing out of another', async () => {
    const { reached } = await send({
      desired: {
        ...NOTHING,
        networks: [
          network('routed', 'virbr0', 122, { mode: 'route', dev: 'uplink0' }),
          network('other', 'virbr1', 123, { mode: 'route' }),
        ],
      },
      guests: [guest('g1', 'virbr0', 122, 10), guest('o1', 'virbr1', 123, 10)],
      flows: [
        { from: 'g1', to: '198.51.100.1' },
        { from: 'outside', to: '192.168.122.10' },
        { from: 'o1', to: '192.168.122.10' },
      ],
    });
    expect(reached).toEqual([true, true, false]);
  });
});
