import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { PacketsSeen } from '@/server/agent/testing/kernel-packets';
import { FOOTINGS, type Footing, footingDifferences } from '../footing-differences';
import { hasLibvirt, hasOvs } from '../testing/available';
import { inside } from '../testing/kernel';
import { keepTable, markdownTable, writtenTable } from '../testing/measured';
import { PACKET_ROWS, type PacketRow } from '../testing/packet-rows';

/* @full-kernel: the table in the documents holds there, and on the kernel at hand. */

/*
 * Every forward mode on every footing, all at once on one host, with guests that talk. On every kernel: Open vSwitch
 * switches in a process where its module is missing, and must do the same.
 */

const lacks = [
  ...((await hasLibvirt()) ? [] : ['libvirt']),
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  // libvirt's dnsmasq becomes another user.
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
if (lacks.length > 0)
  console.warn(`SKIPPED: no packet was sent in every forward mode, for want of ${lacks.join(', ')}`);

const Answer = z.enum(['no', 'yes', 'as the host']);
const Both = z.object({ v4: Answer, v6: Answer });
const Served = { dhcp: z.boolean(), dns: z.boolean() };
const Seen: z.ZodType<PacketsSeen> = z.object({
  rows: z.array(
    z.union([
      z.object({ id: z.int(), refused: z.string() }),
      z.object({
        id: z.int(),
        flows: z.object({
          'guest to guest': Both,
          'guest to host': Both,
          'host to guest': Both,
          'guest to outside': Both,
          'outside to guest': Both,
        }),
        ...{ ...Served, guarded: z.object(Served) },
      }),
    ]),
  ),
  left: z.array(z.string()),
});
type Row = PacketsSeen['rows'][number];

const DOCUMENT = ['packets.md', 'who reaches whom'] as const;
const HEAD = [
  ...['forward mode', 'on', 'guest → guest', 'guest → host', 'host → guest', 'guest → outside'],
  ...['outside → guest', 'DHCP', 'DNS', 'both past a host that drops'],
];
const NAMES: { readonly [F in Footing]: string } = {
  native: 'native',
  ovs: 'Open vSwitch',
  libvirt: 'libvirt',
};

const yes = (is: boolean) => (is ? 'yes' : 'no');

function cellsOf(row: Exclude<Row, { refused: string }>, { into }: PacketRow): readonly string[] {
  const { flows, dhcp, dns, guarded } = row;
  const word = (a: z.infer<typeof Answer>) => (a === 'as the host' ? 'yes, as the host' : a);
  return [
    ...Object.values(flows).map(({ v4, v6 }) => (v4 === v6 ? word(v4) : `${word(v4)}; IPv6: ${word(v6)}`)),
    ...[yes(dhcp), yes(dns)],
    into !== 'own'
      ? ''
      : guarded.dhcp === guarded.dns
        ? yes(guarded.dns)
        : `DHCP ${yes(guarded.dhcp)}, DNS ${yes(guarded.dns)}`,
  ];
}

/** Footings that do the same share a line. */
function tableOf({ rows }: PacketsSeen): string {
  const modes = [...new Set(PACKET_ROWS.map((r) => r.mode))];
  const measured = (mode: string) =>
    PACKET_ROWS.filter((r) => r.mode === mode).flatMap((r) => {
      const row = rows.find((m) => m.id === r.id);
      return row === undefined ? [] : [{ ...r, row }];
    });
  const lines = modes.flatMap((mode) => {
    const alike = new Map<string, { readonly cells: readonly string[]; readonly on: string[] }>();
    for (const { row, on, ...r } of measured(mode)) {
      const cells = 'refused' in row ? ['refused'] : cellsOf(row, { ...r, on });
      const key = cells.join('|');
      alike.set(key, { cells, on: [...(alike.get(key)?.on ?? []), NAMES[on]] });
    }
    return [...alike.values()].map(({ cells, on }) => [
      mode,
      on.join(', '),
      ...cells,
      ...HEAD.slice(2 + cells.length).map(() => ''),
    ]);
  });
  const reasons = new Map<string, string[]>();
  for (const mode of modes)
    for (const { row, on } of measured(mode))
      if ('refused' in row)
        reasons.set(row.refused, [...(reasons.get(row.refused) ?? []), `${mode} on ${NAMES[on]}`]);
  return [
    markdownTable(HEAD, lines),
    ['Refused:', '', ...[...reasons].map(([why, who]) => `- ${who.join('; ')}: ${why}`)].join('\n'),
  ].join('\n\n');
}

describe.skipIf(lacks.length > 0)('packets in every forward mode on every footing', () => {
  const place = inside('root');
  let seen: PacketsSeen = { rows: [], left: [] };
  beforeAll(async () => {
    const bundle = await place.bundle(
      path.join(import.meta.dirname, '../../agent/testing/kernel-packets.ts'),
    );
    seen = Seen.parse(
      JSON.parse(await place.run(['node', bundle], JSON.stringify({ folder: place.folder() }))),
    );
  });
  afterAll(() => place.close());

  test('the table of the document is what they meet with', () => {
    expect(seen.rows).toHaveLength(PACKET_ROWS.length);
    const table = tableOf(seen);
    keepTable(...DOCUMENT, table);
    expect(table).toBe(writtenTable(...DOCUMENT));
  });

  test('a plan leaves nothing to do', () => {
    expect(seen.left).toEqual([]);
  });

  test('what the form says of the footings is so', () => {
    for (const mode of new Set(PACKET_ROWS.map((r) => r.mode))) {
      const rows = PACKET_ROWS.filter((r) => r.mode === mode);
      const found = rows.flatMap((r) => seen.rows.find((m) => m.id === r.id) ?? []);
      for (const [i, { network, on }] of rows.entries()) {
        const said = footingDifferences(network).find((d) => d.footing === on);
        const row = found[i];
        if (row === undefined || said === undefined) throw new Error(`${mode} on ${on} was not tried`);
        // libvirt takes PCI functions; here are none.
        const refused = 'refused' in row && !row.refused.startsWith('libvirt:');
        expect({ mode, on, refused }).toEqual({ mode, on, refused: said.cannot.length > 0 });
        const passes = said.differs.some((s) => s.startsWith('Where iptables'));
        if (!('refused' in row) && rows[i]?.into === 'own')
          expect({ mode, on, passes: row.guarded.dhcp && row.guarded.dns }).toEqual({ mode, on, passes });
      }
      const cells = found.flatMap((row, i) =>
        'refused' in row || rows[i] === undefined ? [] : [cellsOf(row, rows[i]).slice(0, -1).join('|')],
      );
      // Of these they say nothing: all do the same.
      expect(new Set(cells).size, `${mode}: ${FOOTINGS.join(', ')}`).toBeLessThanOrEqual(1);
    }
  });
});
