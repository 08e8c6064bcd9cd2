import { digest } from '../canonical';
import type { Desired } from '../change';
import { isNative, type Network } from '../kinds/network';
import type { Bandwidth } from '../kinds/port';
import { policerBurst } from '../token-bucket';
import type { LimitGoal, Limits } from './realisation';

/*
 * Limits as Patchbay sets them by itself: with the bucket sizes that libvirt gives its own (see libvirt-qos), so that a
 * network is as fast on either footing.
 */

export const NO_LIMITS = { sent: null, received: null } as const satisfies Limits;

/** Of a device that sends towards the guest what comes inbound: a bridge, or a guest's port. */
export function toLimits({ inbound, outbound }: Bandwidth = {}): Limits {
  return {
    sent:
      inbound?.average === undefined
        ? null
        : {
            rate: inbound.average * 1000,
            ceil: (inbound.peak ?? inbound.average) * 1000,
            burst: inbound.burst === undefined ? null : inbound.burst * 1024,
          },
    received:
      outbound?.average === undefined
        ? null
        : {
            rate: outbound.average * 1000,
            burst: policerBurst(outbound.average, outbound.burst) * 1024,
          },
  };
}

/** Of the bridges of networks that are made of a Linux bridge. */
export function compileLimits({ networks }: Desired): readonly LimitGoal[] {
  return networks
    .filter(isNative)
    .map((n) => ({ device: n.bridge.name, network: n.name, ...toLimits(n.bandwidth) }))
    .sort((a, b) => (a.device < b.device ? -1 : 1));
}

/** By portgroup, '' for ports without one; a NIC without one has what the default one says, as libvirt has it. */
export function portLimits({ portgroups = [] }: Network): ReadonlyMap<string, Limits> {
  const standard = portgroups.find((g) => g.default);
  return new Map([
    ['', toLimits(standard?.bandwidth)],
    ...portgroups.map((g) => [g.name, toLimits(g.bandwidth)] as const),
  ]);
}

/** The device through which goes what comes in on this one, where the kernel polices nothing by itself. */
export const redirectFor = (device: string): string => `${REDIRECT}${digest(device).slice(0, 10)}`;
export const REDIRECT = 'pbin-';
