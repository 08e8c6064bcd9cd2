import { z } from 'zod';
import { IfName, IpAddress, NetworkName } from '../ids';
import { familyOf } from '../ip';
import { TapOwner } from '../kinds/link';
import { MOST_NICS, MOST_WORKERS } from './numbering';

/*
 * A pool of openQA workers that run multi-machine jobs: taps on a bridge of Open vSwitch, as the documentation of openQA
 * has it. While a job runs, os-autoinst-openvswitch sets its VLAN (NICVLAN) as the tag of its taps.
 */

/** Bits of the bridge's network: the service copies the last 16 bits of a guest's MAC into an address of its other half. */
export const PREFIX = 15;

const Ipv4 = IpAddress.refine((a) => familyOf(a) === 4, 'An IPv4 address is needed, like 10.0.2.2.');

/** As workers.ini takes it: a word of a list with commas. */
const WorkerClass = z
  .string()
  .max(100, 'A worker class has at most 100 characters.')
  .regex(
    /^[A-Za-z0-9_.:+-]+$/,
    'A worker class has letters, digits and the characters _ . : + - only; each is a word of its own.',
  );

export const Pool = z.strictObject({
  workers: z
    .int('The number of workers is a whole number.')
    .min(1, 'A pool has at least one worker.')
    .max(
      MOST_WORKERS,
      `A pool has at most ${MOST_WORKERS} workers: the number of the next one's tap is taken.`,
    ),
  /** For each job; the variable NETWORKS of openQA has as many words. */
  nics: z
    .int('The number of NICs is a whole number.')
    .min(1, 'A job has at least one NIC.')
    .max(MOST_NICS, `A job has at most ${MOST_NICS} NICs.`)
    .default(1),
  /** What the network is called in Patchbay. */
  network: NetworkName.default(NetworkName.parse('openqa')),
  bridge: IfName.default(IfName.parse('br1')),
  address: Ipv4.default(IpAddress.parse('10.0.2.2')),
  /** Guests reach the outside by addresses of the host. */
  masquerade: z.boolean().default(true),
  owner: TapOwner.default('_openqa-worker'),
  group: TapOwner.default('nogroup'),
  /** Beside `tap`. */
  classes: z
    .array(WorkerClass)
    .min(1, 'A worker has at least one class beside tap.')
    .max(32, 'A worker has at most 32 classes.')
    .readonly()
    .default(['qemu_x86_64']),
  /** Addresses of other hosts whose bridges are joined to this one by GRE. */
  peers: z.array(Ipv4).max(64, 'A bridge has at most 64 GRE peers.').readonly().default([]),
});
export type Pool = z.infer<typeof Pool>;
