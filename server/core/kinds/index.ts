import type { z } from 'zod';
import type { Thing } from '../change';
import { type CheckContext, checkNetwork } from '../check';
import { checkLink } from '../check-link';
import { checkNic } from '../check-nic';
import type { Problem } from '../result';
import { DomainNic } from './domain-nic';
import { Bond, HostBridge, Tap, VlanDevice } from './link';
import { Network } from './network';

/** A kind that is missing in the registry does not compile. */
export type KindName = Thing['kind'];

type Kind<T extends Thing> = {
  readonly schema: z.ZodType<T>;
  readonly title: string;
  readonly check: (thing: T, context: CheckContext) => readonly Problem[];
};

export const kinds: { readonly [K in KindName]: Kind<Extract<Thing, { kind: K }>> } = {
  network: {
    schema: Network,
    title: 'Network',
    check: checkNetwork,
  },
  bridge: {
    schema: HostBridge,
    title: 'Bridge',
    check: checkLink,
  },
  vlan: {
    schema: VlanDevice,
    title: 'VLAN',
    check: checkLink,
  },
  bond: {
    schema: Bond,
    title: 'Bond',
    check: checkLink,
  },
  tap: {
    schema: Tap,
    title: 'Tap',
    check: checkLink,
  },
  nic: {
    schema: DomainNic,
    title: 'NIC',
    check: checkNic,
  },
};
