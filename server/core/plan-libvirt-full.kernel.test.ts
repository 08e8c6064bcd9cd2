import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { whyNoLibvirt } from './testing/available';
import { inside } from './testing/kernel';
import type { Samples } from './testing/kernel-samples';
import { STAGE, shapesTraffic } from './testing/sample-stage';

/* @full-kernel: asks for features that many kernels lack. */

const why =
  (await whyNoLibvirt()) ??
  ((await shapesTraffic()) ? null : 'this kernel has no sfq, which libvirt asks for');
if (why !== null) console.warn(`SKIPPED: no network with bandwidth was made by a real libvirt: ${why}`);

describe.skipIf(why !== null)('a real libvirt on a kernel that has everything', () => {
  const place = inside('root');
  afterAll(() => place.close());

  test('makes a network that says all there is, and guests keep their VLANs', async () => {
    const golden = path.join(import.meta.dirname, 'testdata/xml/nat-everything/in.xml');
    // A zone is for firewalld, which is not here.
    const xml = readFileSync(golden, 'utf8').replace(/ zone=(['"])guests\1/, '');
    const bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-samples.ts'));
    const folder = path.join(place.folder(), 'play');
    mkdirSync(folder);
    const input: Samples = { folder, prepare: STAGE, samples: [{ name: 'everything', xml }] };
    const [report] = JSON.parse(await place.run(['node', bundle], JSON.stringify(input)));
    expect(report).toEqual({
      ...{ name: 'everything', faults: [], refused: null, reason: null },
      changes: [
        'Define and start network office in libvirt',
        'Change network office in libvirt while it runs',
        'Define network office anew in libvirt and start it again',
        'Remove network office from libvirt',
      ],
    });
  });
});
