import { bridgeOf, type Network } from '@/server/core/kinds/network';
import type { HostNetworks } from '../live/types';

/** Why a network is not on its host as it is kept, or null. */
export function drifts({ drift }: HostNetworks, network: Network): string | null {
  if (drift === null || drift.summary === '') return null;
  const names = [network.name, bridgeOf(network) ?? network.name];
  const touched = drift.touched.some((t) => names.some((n) => t.split(' ').includes(n)));
  return touched ? drift.summary : null;
}
