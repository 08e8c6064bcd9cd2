import type { Network } from '@/server/core/kinds/network';
import { fail, type Result } from '@/server/core/result';

/**
 * On a bridge of the host libvirt plugs guests in as the virtual port says: into Open vSwitch by its tools, otherwise as
 * into a Linux bridge. Failure NOT_ON_LIBVIRT, when the bridge is the other kind: guests of libvirt could not start.
 */
export function libvirtCannotPlug(
  { name, footing, bridge, forward, virtualPort, portgroups = [] }: Network,
  portgroup: string | undefined,
  isSwitch: boolean,
): Result<never> | null {
  if (footing !== 'libvirt' || bridge !== undefined || forward.mode !== 'bridge') return null;
  const group = portgroups.find((g) => (portgroup === undefined ? g.default : g.name === portgroup));
  const type = group?.virtualPort?.type ?? virtualPort?.type;
  if ((type === 'openvswitch') === isSwitch) return null;
  const kind = isSwitch ? 'one of Open vSwitch' : 'a Linux bridge';
  const says = isSwitch
    ? `network ${name} has no virtual port of type openvswitch`
    : `the virtual port of network ${name} is of type openvswitch`;
  return fail(
    'NOT_ON_LIBVIRT',
    `Bridge ${forward.bridge} is ${kind}, but ${says}: libvirt could not plug a guest in.`,
  );
}
