import { familyOf } from '../ip';
import { hasOwnBridge, Network, type NetworkInput } from '../kinds/network';

/* Changes that fit any network that libvirt can make. */

/** One that `net-update` brings about: a reservation, a name in DNS, a portgroup, as far as the network can have them. */
export function liveChange(network: Network): Network {
  const serving = network.subnets.findIndex((s) => s.dhcp !== undefined && s.dhcp.ranges.length > 0);
  const subnets = network.subnets.map((subnet, i) => {
    const end = subnet.dhcp?.ranges[0]?.end;
    if (i !== serving || subnet.dhcp === undefined || end === undefined) return subnet;
    const who = familyOf(end) === 4 ? { mac: '52:54:00:99:00:01' } : { duid: '0:3:0:1:52:54:0:99:0:1' };
    return {
      ...subnet,
      dhcp: { ...subnet.dhcp, hosts: [...subnet.dhcp.hosts, { ...who, ip: end, name: 'added' }] },
    };
  });
  const answers = hasOwnBridge(network) && subnets.length > 0 && network.dns?.enable !== false;
  const hosts = [...(network.dns?.hosts ?? []), { ip: '192.0.2.99', names: ['added-name'] }];
  return Network.parse({
    ...network,
    subnets,
    ...(answers ? { dns: { ...network.dns, hosts } } : {}),
    portgroups: [...(network.portgroups ?? []), { name: 'added' }],
  } satisfies NetworkInput);
}

/** One for which libvirt must stop it and start it again. */
export const restartChange = (network: Network): Network =>
  Network.parse(
    hasOwnBridge(network)
      ? { ...network, mtu: 1400 }
      : { ...network, trustGuestRxFilters: network.trustGuestRxFilters !== true },
  );
