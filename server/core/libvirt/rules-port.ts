import { bandwidthProblems } from '../bandwidth-check';
import type { Network } from '../kinds/network';
import type { Bandwidth, VirtualPort, Vlan } from '../kinds/port';
import type { Problem } from '../result';
import type { Refuse } from './rules';

/* What libvirt refuses of VLANs, bandwidth, virtual ports and portgroups. */

type Path = Problem['path'];

export function portProblems(network: Network, refuse: Refuse): void {
  const { vlan, bandwidth, virtualPort, portgroups = [] } = network;
  vlanProblems(vlan, ['vlan'], refuse);
  limitProblems(bandwidth, ['bandwidth'], refuse);
  virtualPortProblems(virtualPort, ['virtualPort'], refuse);
  if (virtualPort !== undefined && virtualPort.type === undefined)
    refuse(['virtualPort'], 'TYPE_NEEDED', 'The virtual port of a network needs a type.');
  const standard = portgroups.find((p) => p.default);
  portgroups.forEach((group, i) => {
    const at = ['portgroups', i];
    vlanProblems(group.vlan, [...at, 'vlan'], refuse);
    limitProblems(group.bandwidth, [...at, 'bandwidth'], refuse);
    virtualPortProblems(group.virtualPort, [...at, 'virtualPort'], refuse);
    if (group.default && group !== standard)
      refuse(
        at,
        'DEFAULT_TWICE',
        `Portgroups ${standard?.name} and ${group.name} are both the default: only one can be.`,
      );
    if (portgroups.findIndex((p) => p.name === group.name) < i)
      refuse(at, 'PORTGROUP_TWICE', `There are two portgroups named ${group.name}.`);
  });
  vlanPlaceProblems(network, refuse);
}

/** Only Open vSwitch and virtual functions have VLANs in libvirt; a portgroup's virtual port takes the network's place. */
function vlanPlaceProblems({ forward, vlan, virtualPort, portgroups = [] }: Network, refuse: Refuse): void {
  const { mode } = forward;
  const onSwitch = (port: VirtualPort | undefined) => mode === 'bridge' && port?.type === 'openvswitch';
  const possible = mode === 'hostdev' || mode === 'passthrough' || onSwitch(virtualPort);
  const why = 'libvirt has VLANs on Open vSwitch, in mode hostdev and in mode passthrough only.';
  portgroups.forEach((group, i) => {
    const tagged = vlan !== undefined || group.vlan !== undefined;
    if (tagged && !(group.virtualPort?.type === undefined ? possible : onSwitch(group.virtualPort)))
      refuse(['portgroups', i], 'VLAN_PLACE', `Portgroup ${group.name} has a VLAN: ${why}`);
  });
  if (vlan !== undefined && !possible && !portgroups.some((p) => p.default))
    refuse(['vlan'], 'VLAN_PLACE', `The network has a VLAN: ${why}`);
}

export function vlanProblems(vlan: Vlan | undefined, path: Path, refuse: Refuse): void {
  if (vlan === undefined) return;
  if (vlan.tags.length > 1 && vlan.trunk !== true)
    refuse(path, 'TRUNK_NEEDED', 'More than one VLAN needs a trunk.');
  if (vlan.tags.filter((t) => t.nativeMode !== undefined).length > 1)
    refuse(path, 'NATIVE_TWICE', 'Only one VLAN of a trunk is native.');
}

function limitProblems(bandwidth: Bandwidth | undefined, at: Path, refuse: Refuse): void {
  for (const { path, code, message } of bandwidthProblems(bandwidth, { of: 'network' }))
    refuse([...at, ...path], code, message);
}

/** The parameters that a type has; without a type all of them. */
const PARAMETERS = {
  '802.1Qbg': ['managerId', 'typeId', 'typeIdVersion', 'instanceId'],
  '802.1Qbh': ['profileId'],
  openvswitch: ['interfaceId', 'profileId'],
  midonet: ['interfaceId'],
} as const satisfies Record<NonNullable<VirtualPort['type']>, readonly (keyof VirtualPort)[]>;

export function virtualPortProblems(port: VirtualPort | undefined, path: Path, refuse: Refuse): void {
  if (port?.type === undefined) return;
  const known: readonly string[] = PARAMETERS[port.type];
  for (const key of Object.keys(port))
    if (key !== 'type' && !known.includes(key))
      refuse(
        [...path, key],
        'PARAMETER',
        `A virtual port of type ${port.type} has no ${key}: it has ${known.join(', ')}.`,
      );
}
