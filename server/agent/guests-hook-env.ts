import type { Network } from '@/server/core/kinds/network';
import type { Observed } from '@/server/core/observed';
import { ovsAt } from '@/server/core/plan-ovs-situation';
import type { MachineGuest, MachineNic } from './guests-book';
import type { HookEnv } from './hooks';

type Told = {
  readonly guest: MachineGuest;
  readonly nic: MachineNic;
  readonly networks: readonly Network[];
  readonly observed: Observed;
};

/** What hooks are told of a NIC of a lab's guest. */
export function hookEnv({ guest, nic, networks, observed }: Told): HookEnv {
  const { mac, port, bridge, device } = nic;
  const network = networks.find((n) => n.name === nic.network);
  const portgroup = network?.portgroups?.find((g) => g.name === nic.portgroup);
  const vlan = (portgroup?.vlan ?? network?.vlan)?.tags[0]?.id;
  const reserved = network?.subnets.flatMap(({ dhcp }) => dhcp?.hosts ?? []);
  const ip = nic.fixed?.address ?? reserved?.find((r) => r.mac === mac)?.ip;
  const link = nic.network ?? bridge;
  const modeOf = (): HookEnv['MODE'] => {
    if (device !== undefined) return 'macvtap';
    return bridge !== null && ovsAt(observed, bridge) !== undefined ? 'openvswitch' : 'bridged';
  };
  return {
    ...{ INSTANCE: guest.name, MAC: mac, INTERFACE: port, TAGS: '' },
    INTERFACE_INDEX: String(guest.nics.findIndex((n) => n.name === nic.name)),
    MODE: modeOf(),
    ...(ip === undefined ? {} : { IP: ip }),
    ...(link === null ? {} : { LINK: link }),
    ...(bridge === null ? {} : { BRIDGE: bridge }),
    ...(vlan === undefined ? {} : { VLAN: String(vlan) }),
  };
}
