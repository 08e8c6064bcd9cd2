import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Network } from '../kinds/network';
import { inside, whyNoNamespaces } from '../testing/kernel';
import type { Setting, Traffic } from '../testing/kernel-traffic';

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no packet was sent, namespaces cannot be made: ${why}`);

const libvirt = path.join(import.meta.dirname, '../../../../shared/data/libvirt/firewall');
const compared = existsSync(libvirt);
if (!compared)
  console.warn(`SKIPPED: no comparison with libvirt's rules, they are not in ${path.resolve(libvirt)}`);

/** libvirt's file of commands: one argument a line. Its `tc` commands are about checksums, `list` asks what is there. */
const commandsIn = (file: string): readonly string[][] =>
  readFileSync(path.join(libvirt, file), 'utf8')
    .replaceAll(/ ?\\\n/g, '\u0001')
    .split('\n')
    .map((line) =>
      line.split('\u0001').flatMap((word) => {
        const text = word.trim();
        return text.startsWith("'") ? [text.replaceAll("'", '')] : text.split(' ');
      }),
    )
    .filter((argv) => argv[0] === 'nft' && argv[1] !== 'list');

const Report: z.ZodType<Traffic> = z.object({ reached: z.array(z.boolean()), unmasked: z.int() });

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

  const guests = [guest('g1', 'virbr0', 122, 10), guest('g2', 'virbr0', 122, 11)];
  const flows = [
    { from: 'g1', to: '192.168.122.11' },
    { from: 'g1', to: '192.168.122.1' },
    { from: 'host', to: '192.168.122.10' },
    { from: 'g1', to: '198.51.100.1' },
    { from: 'outside', to: '192.168.122.10' },
  ];
  const modes = [
    // guest → guest, → host, host →, → outside, outside →; and does the outside see the guest's own address
    { mode: 'none', file: 'isolated', reached: [true, true, true, false, false], seen: false },
    { mode: 'nat', file: 'nat-default', reached: [true, true, true, true, false], seen: false },
    { mode: 'route', file: 'route-default', reached: [true, true, true, true, true], seen: true },
  ] as const;

  for (const { mode, file, reached, seen } of modes) {
    const desired = { networks: [network('default', 'virbr0', 122, { mode })] };

    test(`${mode}: who reaches whom`, async () => {
      const traffic = await send({ desired, instead: null, guests, flows });
      expect(traffic.reached).toEqual(reached);
      expect(traffic.unmasked > 0).toBe(seen);
    });

    test.skipIf(!compared)(`${mode}: libvirt's rules do the same`, async () => {
      const instead = [...commandsIn('base.nftables'), ...commandsIn(`${file}.nftables`)];
      expect(instead.length).toBeGreaterThan(10);
      const traffic = await send({ desired, instead, guests, flows });
      expect(traffic.reached).toEqual(reached);
      expect(traffic.unmasked > 0).toBe(seen);
    });
  }

  test('between networks: a routed one can be entered, others only answer', async () => {
    const all = [
      guest('n1', 'virbr0', 122, 10),
      guest('r1', 'virbr1', 123, 10),
      guest('i1', 'virbr2', 124, 10),
    ];
    const { reached } = await send({
      desired: {
        networks: [
          network('nat', 'virbr0', 122, { mode: 'nat' }),
          network('routed', 'virbr1', 123, { mode: 'route' }),
          network('quiet', 'virbr2', 124, { mode: 'none' }),
        ],
      },
      instead: null,
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

  test('forwarding to one device lets nothing out of another', async () => {
    const { reached } = await send({
      desired: {
        networks: [
          network('routed', 'virbr0', 122, { mode: 'route', dev: 'uplink0' }),
          network('other', 'virbr1', 123, { mode: 'route' }),
        ],
      },
      instead: null,
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
