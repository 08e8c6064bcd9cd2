import { bridgeOf, hasOwnBridge, type Network } from './kinds/network';
import type { Vlan } from './kinds/port';
import type { Problem } from './result';

type Path = Problem['path'];

/** VLANs, portgroups and isolation of a network: what can be told without looking at a host. */
export function checkPorts(network: Network): readonly Problem[] {
  const { vlan, portgroups = [], forward, footing } = network;
  // A function that is passed through has no port here: what a native VLAN means there, its driver knows.
  const handedOn = footing === 'libvirt' && forward.mode === 'hostdev';
  const check = (own: Vlan | undefined, path: Path, whose: string) =>
    own === undefined
      ? []
      : checkVlan(own, path, whose).filter((p) => !handedOn || p.code !== 'NATIVE_WITHOUT_TRUNK');
  return [
    ...check(vlan, ['vlan'], 'This network'),
    ...portgroups.flatMap(({ name, vlan: own }, i) =>
      check(own, ['portgroups', i, 'vlan'], `Portgroup ${name}`),
    ),
    ...checkNames(network),
    ...checkWithoutBridge(network),
  ];
}

function checkVlan({ trunk, tags }: Vlan, path: Path, whose: string): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (more: Path, code: string, message: string) =>
    problems.push({ path: [...path, ...more], code, message });
  if (!trunk && tags.length > 1)
    at(
      ['trunk'],
      'TRUNK_NEEDED',
      `${whose} has ${tags.length} VLANs: a port in more than one VLAN is a trunk.`,
    );
  const natives = tags.filter((t) => t.nativeMode !== undefined).map((t) => t.id);
  if (!trunk && natives.length > 0)
    at(
      ['tags'],
      'NATIVE_WITHOUT_TRUNK',
      `${whose} has a native VLAN, which only a trunk has: without trunk all packets of the guest are in the one VLAN.`,
    );
  if (natives.length > 1)
    at(
      ['tags'],
      'NATIVE_TWICE',
      `${whose} has ${natives.length} native VLANs (${list(natives)}): untagged packets can be in one VLAN only.`,
    );
  tags.forEach(({ id }, i) => {
    if (tags.findIndex((t) => t.id === id) < i)
      at(['tags', i, 'id'], 'VLAN_TWICE', `${whose} has VLAN ${id} twice.`);
  });
  return problems;
}

const list = (numbers: readonly number[]) =>
  `${numbers.slice(0, 5).join(', ')}${numbers.length > 5 ? ', …' : ''}`;

function checkNames({ portgroups = [] }: Network): readonly Problem[] {
  const first = portgroups.findIndex((g) => g.default);
  return portgroups.flatMap(({ name, default: isDefault }, i): readonly Problem[] => [
    ...(portgroups.findIndex((g) => g.name === name) < i
      ? [
          {
            path: ['portgroups', i, 'name'],
            code: 'PORTGROUP_TWICE',
            message: `There is another portgroup named ${name} in this network.`,
          },
        ]
      : []),
    ...(isDefault && i > first
      ? [
          {
            path: ['portgroups', i, 'default'],
            code: 'DEFAULT_TWICE',
            message: `Portgroup ${name} cannot be the default: ${portgroups[first]?.name} is, and a NIC that names none can be in one only.`,
          },
        ]
      : []),
  ]);
}

/** macvtap and passed-through devices have no port on this host that could do any of this. */
function checkWithoutBridge(network: Network): readonly Problem[] {
  const { forward, vlan, portgroups = [], isolated, mac } = network;
  const problems: Problem[] = [];
  const at = (path: Path, what: string) =>
    problems.push({
      path,
      code: 'NO_BRIDGE',
      message: `In forward mode ${forward.mode} guests are plugged into devices of the host, not into a bridge: ${what}.`,
    });
  if (bridgeOf(network) === null && !needsOwn(network) && forward.mode !== 'hostdev') {
    const why = 'Patchbay cannot tag their packets, the switch outside or a VLAN device can';
    // libvirt asks the device itself to do it, where one can (see `checkFooting`).
    const tagged = network.footing !== 'libvirt';
    if (tagged && vlan !== undefined) at(['vlan'], why);
    portgroups.forEach((g, i) => {
      if (tagged && g.vlan !== undefined) at(['portgroups', i, 'vlan'], why);
    });
    if (isolated)
      at(['isolated'], 'nothing here keeps them apart. Forward mode private does, for guests of one device');
  }
  if (mac !== undefined && !hasOwnBridge(network) && !needsOwn(network))
    problems.push({
      path: ['mac'],
      code: 'NO_BRIDGE',
      message: `A network in forward mode ${forward.mode} makes no bridge that could have a MAC address: leave it out.`,
    });
  return problems;
}

const needsOwn = ({ forward }: Network) => ['none', 'nat', 'route', 'open'].includes(forward.mode);
