import { expect, test } from 'vitest';
import { BandwidthProfile } from './bandwidth-profile';

const sentences = (input: unknown) =>
  BandwidthProfile.safeParse(input).error?.issues.map((i) => `${i.path.join('.')} ${i.message}`);

test('a profile has a name, and limits that can be', () => {
  expect(
    BandwidthProfile.parse({ name: '  Slow  lane ', bandwidth: { outbound: { average: 5 } } }).name,
  ).toBe('Slow lane');
  expect(sentences({ name: ' ', bandwidth: {} })).toEqual([
    'name A profile needs a name.',
    'bandwidth A profile limits one direction at least.',
  ]);
  expect(sentences({ name: 'a', bandwidth: { inbound: { average: 5, peak: 4 } } })).toEqual([
    'bandwidth.inbound.peak The inbound limit has a peak of 4 kB/s, below its average of 5 kB/s.',
  ]);
});
