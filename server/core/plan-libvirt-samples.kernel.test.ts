import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { whyNoLibvirt } from './testing/available';
import { inside } from './testing/kernel';
import type { SampleReport, Samples } from './testing/kernel-samples';
import { patience } from './testing/patience';
import { STAGE, shapesTraffic } from './testing/sample-stage';

/* A real libvirtd defines, starts, changes live, changes with a restart, exports and removes every network we have. */

const why = await whyNoLibvirt();
if (why !== null) console.warn(`SKIPPED: no network of the samples was made by a real libvirt: ${why}`);

const read = (file: string) => readFileSync(file, 'utf8');
const cases = path.join(import.meta.dirname, 'testdata/xml');
const own = readdirSync(cases)
  .sort()
  .map((name) => ({ name, xml: read(path.join(cases, name, 'in.xml')) }));

/* libvirt's own samples, where they lie beside the repository (their licence keeps them out of it). */
const theirs = path.join(import.meta.dirname, '../../../shared/data/libvirt');
const there = existsSync(theirs);
if (!there) console.warn(`SKIPPED: libvirt's samples of network XML are not in ${theirs}`);
const samplesIn = (folder: string): Samples['samples'] =>
  readdirSync(path.join(theirs, folder))
    .filter((file) => file.endsWith('.xml') && !file.endsWith('.out.xml'))
    .map((name) => ({ name, xml: read(path.join(theirs, folder, name)) }));

const shapes = await shapesTraffic();
if (!shapes)
  console.warn('NOT TRIED: a network with bandwidth: this kernel has no sfq, which libvirt asks for');

const NO_SFQ = 'Specified qdisc kind is unknown';

/** Milliseconds on a machine of usual speed: each of dozens of networks is made, changed twice and removed. */
const LONG = 230_000;
const atLength = { timeout: (LONG + 10_000) * patience };

const Report: z.ZodType<SampleReport> = z.object({
  name: z.string(),
  faults: z.array(z.string()),
  refused: z.string().nullable(),
  reason: z.string().nullable(),
  changes: z.array(z.string()),
});

describe.skipIf(why !== null)('a real libvirt', () => {
  const place = inside('root');
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-samples.ts'));
  });
  afterAll(() => place.close());

  let plays = 0;
  const play = async (all: Samples['samples']): Promise<readonly SampleReport[]> => {
    const folder = path.join(place.folder(), `play${++plays}`);
    mkdirSync(folder);
    const input: Samples = { folder, prepare: STAGE, samples: [...all] };
    const out = await place.run(['node', bundle], JSON.stringify(input), LONG);
    return z.array(Report).parse(JSON.parse(out));
  };
  const faultsOf = (reports: readonly SampleReport[]) =>
    reports.flatMap(({ name, faults }) => faults.map((f) => `${name}: ${f}`));
  const notStarted = (reports: readonly SampleReport[]) =>
    Object.fromEntries(
      reports.flatMap(({ name, refused, reason }) => {
        const because = refused === null ? reason : `refused: ${refused}`;
        return because === null ? [] : [[name, because]];
      }),
    );

  /** Each that starts is made, changed twice and removed. */
  const expectEveryChange = (reports: readonly SampleReport[]) => {
    const started = reports.filter((r) => r.refused === null && r.reason === null);
    expect(started.length).toBeGreaterThan(0);
    for (const { name, changes } of started) expect(changes, name).toHaveLength(4);
  };

  test('makes every network of our golden cases', atLength, async () => {
    const reports = await play(own);
    expect(faultsOf(reports)).toEqual([]);
    expect(notStarted(reports)).toEqual({
      ...(shapes ? {} : { 'host-bridge': expect.stringContaining(NO_SFQ) }),
      'bootp-only':
        'refused: Network boot: A boot file is told by DHCP, which this subnet does not serve: add a range or a reservation.',
      'hostdev-addresses':
        "unsupported configuration: device '/sys/bus/pci/devices/0000:04:00.1' in network 'sriov' is not an SR-IOV Virtual Function",
      'hostdev-pf': "No usable Vf's present on SRIOV PF eth3",
      'how-prefixes-are-written':
        'refused: Network prefixes: Route 4: route 1 leads to the same network with the same metric. Network prefixes: Route 5: route 1 leads to the same network with the same metric.',
      'nat-everything': 'zone guests requested for network office but firewalld is not active',
      open: 'refused: Network open: An open network needs a subnet: without an address of the host nothing can be forwarded.',
      'passthrough-vlan': "No usable Vf's present on SRIOV PF eth3",
    });
    expectEveryChange(reports);
  });

  test.skipIf(!there).each([
    ['conf', {}],
    ['firewall', {}],
    [
      'xml',
      {
        ...(shapes ? {} : { 'bandwidth-network.in.xml': expect.stringContaining(NO_SFQ) }),
        'hostdev.in.xml':
          "unsupported configuration: device '/sys/bus/pci/devices/0000:03:00.1' in network 'hostdev' is not an SR-IOV Virtual Function",
        'openvswitch-net.in.xml':
          "unsupported configuration: <vlan> element specified for network openvswitch-net, whose type doesn't support vlan configuration",
      },
    ],
  ])("makes every network of libvirt's own samples: %s", atLength, async (folder, expected) => {
    const reports = await play(samplesIn(folder));
    expect(faultsOf(reports)).toEqual([]);
    expect(notStarted(reports)).toEqual(expected);
    expectEveryChange(reports);
  });
});
