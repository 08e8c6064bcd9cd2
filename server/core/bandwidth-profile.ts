import { z } from 'zod';
import { bandwidthProblems } from './bandwidth-check';
import { Bandwidth } from './kinds/port';
import { savedName } from './saved-name';

export const ProfileName = savedName('profile');

/** Limits under a name, to be chosen again. What was made of them does not change with them. */
export const BandwidthProfile = z.strictObject({
  name: ProfileName,
  bandwidth: Bandwidth.superRefine((bandwidth, { addIssue }) => {
    if (bandwidth.inbound === undefined && bandwidth.outbound === undefined)
      addIssue({ code: 'custom', message: 'A profile limits one direction at least.' });
    for (const { path, message } of bandwidthProblems(bandwidth, { of: 'NIC of a network' }))
      addIssue({ code: 'custom', path: [...path], message });
  }),
});
export type BandwidthProfile = z.infer<typeof BandwidthProfile>;
