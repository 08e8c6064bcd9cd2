import { hasOwnBridge, type Network } from './kinds/network';
import type { VirtualPort } from './kinds/port';
import type { Problem } from './result';

type Path = Problem['path'];

/** Are guests of this network plugged into Open vSwitch, as far as the design says? */
const onSwitch = ({ footing, forward, virtualPort }: Network): boolean =>
  footing === 'ovs' || (forward.mode === 'bridge' && virtualPort?.type === 'openvswitch');

/** Profile and interface ids are told to Open vSwitch alone. */
export const takesVirtualPort = (network: Network, { type, ...rest }: VirtualPort): boolean => {
  const { profileId: _profile, interfaceId: _interface, ...others } = rest;
  return onSwitch(network) && (type ?? 'openvswitch') === 'openvswitch' && Object.keys(others).length === 0;
};

/** What Open vSwitch cannot make of a network that is to stand on it. */
export function checkOvs(network: Network): readonly Problem[] {
  const { footing, bridge, forward } = network;
  if (footing !== 'ovs') return [];
  const at = (path: Path, message: string): Problem => ({ path, code: 'NOT_ON_OVS', message });
  if (!hasOwnBridge(network))
    return [
      at(
        ['footing'],
        `A network on Open vSwitch makes a bridge of its own; one in forward mode ${forward.mode} uses what the host has. Leave the footing out: a bridge of the host may be Open vSwitch's all the same.`,
      ),
    ];
  return [
    ...(bridge?.delay
      ? [
          at(
            ['bridge', 'delay'],
            'Ports of an Open vSwitch bridge forward at once: it has no forward delay. Leave it out.',
          ),
        ]
      : []),
    ...(bridge?.macTableManager === 'libvirt'
      ? [
          at(
            ['bridge', 'macTableManager'],
            'An Open vSwitch bridge learns where addresses are: nobody else can fill its table. Leave the MAC table manager out.',
          ),
        ]
      : []),
  ];
}
