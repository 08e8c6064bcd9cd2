import { cpus, release } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '@/server/agent/exec';
import { FOOTINGS } from '../footing-differences';
import { hasLibvirt, hasOvs, hasPrograms } from '../testing/available';
import { inside } from '../testing/kernel';
import { Live, liveWalk } from '../testing/live-edits';
import { comparable, liveRows, unwantedLosses } from '../testing/live-table';
import { keepTable, markdownTable, writtenRows } from '../testing/measured';
import { patience } from '../testing/patience';

/* Networks on every footing change while guests talk: ping a hundred times a second, and iperf3 over TCP. */

const lacks = [
  ...((await hasLibvirt()) ? [] : ['libvirt']),
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  ...((await hasPrograms('iperf3')) ? [] : ['iperf3']),
  // libvirt's dnsmasq becomes another user.
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
if (lacks.length > 0)
  console.warn(`SKIPPED: nobody talked while networks changed, for want of ${lacks.join(', ')}`);
const filtering = ['ip', 'link', 'add', 'probe', 'type', 'bridge', 'vlan_filtering', '1'];
const vlans = (await run(['unshare', '--user', '--map-root-user', '--net', ...filtering])).ok;
if (!vlans)
  console.warn('NOT TRIED: VLANs of a Linux bridge did not change, this kernel has no VLAN filtering');

const DOCUMENT = ['live-edits.md', 'what is lost'] as const;
const HEAD = ['edit', 'natively', 'on Open vSwitch', 'on libvirt'];
const LACKING = 'not on this kernel';

describe.skipIf(lacks.length > 0)('while guests talk', () => {
  const place = inside('root');
  const { states, steps } = liveWalk({ vlans });
  let live: Live = { datapath: 'netdev', edits: [], faults: [] };
  beforeAll(async () => {
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-live.ts'));
    const setting = JSON.stringify({ folder: place.folder(), footings: FOOTINGS, every: 10, states });
    live = Live.parse(JSON.parse(await place.run(['node', bundle], setting, 880_000)));
  }, 900_000 * patience);
  afterAll(() => place.close());

  test('the table of the document is what they lose', () => {
    expect(live.edits).toHaveLength(steps.length);
    const rows = liveRows(live, steps);
    const reasons = steps.flatMap(({ edit, fates }) =>
      FOOTINGS.flatMap((on) => {
        const fate = fates[on];
        return typeof fate === 'string' ? [] : [`- ${edit.edit}, ${on}: ${fate.refused}`];
      }),
    );
    const table = [markdownTable(HEAD, rows), 'Refused:', reasons.join('\n')].join('\n\n');
    keepTable(
      ...DOCUMENT,
      `${table}\n\nLinux ${release().split('.', 2).join('.')}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}.`,
    );
    const written = writtenRows(...DOCUMENT);
    expect(written.reasons).toEqual(reasons);
    // What can be tried only here, or only there, is not compared: the next test asks for it where it can be tried.
    const tried = rows.map((row, i) =>
      row.map((cell, j) => {
        const there = written.rows[i]?.[j] ?? '';
        return cell === LACKING || there === LACKING ? there : cell;
      }),
    );
    const rough = (all: readonly (readonly string[])[]) => all.map((row) => comparable(row, live));
    expect(rough(tried)).toEqual(rough(written.rows));
  });

  test('natively and on Open vSwitch nobody loses a packet that the new rules allow, but where the switch itself is away', () => {
    expect(unwantedLosses(live, steps)).toEqual([]);
    // A test that sent nothing would lose nothing.
    const sent = live.edits.flatMap((e) =>
      e.streams.filter((s) => s.name.endsWith('outside ping')).map((s) => s.sent),
    );
    expect(Math.min(...sent)).toBeGreaterThan(20);
  });

  test('only what must be started anew is: ports stay, and dnsmasq mostly', () => {
    expect(live.faults).toEqual([]);
    const found = steps.map(({ edit }, i) => ({ edit: edit.edit, anew: live.edits[i]?.restarted ?? [] }));
    expect(found).toEqual(
      steps.map(({ edit }) => ({ edit: edit.edit, anew: edit.dnsmasq ? ['native', 'ovs'] : [] })),
    );
    const idle = steps.flatMap(({ edit }, i) =>
      live.edits[i]?.steps.length || edit.vlans ? [] : [edit.edit],
    );
    expect(idle).toEqual([]);
  });
});
