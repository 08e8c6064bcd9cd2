import { release } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasOvs, hasPrograms, kernelLacks } from '../testing/available';
import { inside } from '../testing/kernel';
import { EDITS, Live, liveWalk } from '../testing/live-edits';
import { comparable, liveRows, unwantedLosses } from '../testing/live-table';
import { keepTable, markdownTable, writtenRows } from '../testing/measured';
import { patience } from '../testing/patience';

/* @full-kernel: VLANs of a Linux bridge, and Open vSwitch in the kernel, change while guests talk. */

const OWN = ['native', 'ovs'] as const;
const TOUCHES_THE_SWITCH: readonly string[] = [
  ...['a portgroup more', 'a VLAN for another portgroup', 'another VLAN for another portgroup'],
  ...['a portgroup less', 'a larger MTU', 'the usual MTU again', 'another MAC address of the bridge'],
  ...['guests isolated', 'guests no longer isolated', 'STP on', 'STP off'],
];
const edits = EDITS.filter(({ edit }) => TOUCHES_THE_SWITCH.includes(edit));

const lacks = [
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  ...((await hasPrograms('iperf3')) ? [] : ['iperf3']),
  ...((await kernelLacks('VLAN filtering', 'type bridge vlan_filtering 1')) ? ['VLAN filtering'] : []),
  // Open vSwitch in the kernel is for the machine's own root.
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
if (lacks.length > 0)
  console.warn(`SKIPPED: nobody talked while VLANs changed, for want of ${lacks.join(', ')}`);

const DOCUMENT = ['live-edits.md', 'where the kernel tells VLANs apart'] as const;

describe.skipIf(lacks.length > 0)('while guests talk on a kernel that has everything', () => {
  const place = inside('root');
  const { states, steps } = liveWalk({ vlans: true }, { footings: OWN, edits });
  let live: Live = { datapath: 'netdev', edits: [], faults: [] };
  beforeAll(async () => {
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-live.ts'));
    const setting = JSON.stringify({ folder: place.folder(), footings: OWN, every: 100, states });
    live = Live.parse(JSON.parse(await place.run(['node', bundle], setting, 580_000)));
  }, 600_000 * patience);
  afterAll(() => place.close());

  test('nobody loses a packet that the new rules allow, but where the switch itself is away', () => {
    expect(live.datapath).toBe('system');
    expect(live.faults).toEqual([]);
    expect(steps.map((s) => s.edit.edit)).toEqual(TOUCHES_THE_SWITCH);
    expect(steps.flatMap((s) => OWN.map((on) => s.fates[on])).filter((fate) => fate !== 'made')).toEqual([]);
    expect(unwantedLosses(live, steps)).toEqual([]);
    const sent = live.edits.flatMap((e) =>
      e.streams.flatMap((s) => (s.name.endsWith('outside ping') ? s.sent : [])),
    );
    expect(Math.min(...sent)).toBeGreaterThan(20);
  });

  test('the table of the document is what they lose', () => {
    const rows = liveRows(live, steps, OWN);
    const table = markdownTable(['edit', 'natively', 'on Open vSwitch'], rows);
    keepTable(
      ...DOCUMENT,
      `${table}\n\nLinux ${release().split('.', 2).join('.')} of Debian, emulated, Open vSwitch in the kernel.`,
    );
    const rough = (all: readonly (readonly string[])[]) => all.map((row) => comparable(row, live));
    expect(rough(rows)).toEqual(rough(writtenRows(...DOCUMENT).rows));
  });
});
