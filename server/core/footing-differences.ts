import { checkFooting } from './check-footing';
import { checkOvs } from './check-ovs';
import { blockOf, blockText } from './ip';
import { hasOwnBridge, type Network } from './kinds/network';
import { notInXml } from './libvirt/format-network';
import { libvirtProblems } from './libvirt/rules';

/** What makes a network on its host. */
export const FOOTINGS = ['native', 'ovs', 'libvirt'] as const;
export type Footing = (typeof FOOTINGS)[number];

export type FootingDifference = {
  readonly footing: Footing;
  /** It would not be this design: something of it is lost. */
  readonly cannot: readonly string[];
  /** It would be, and behaves so. */
  readonly differs: readonly string[];
};

/**
 * What each footing does differently for just this design; what makes no difference to it is not said. Sentences for
 * people, in the order of their weight.
 */
export function footingDifferences(network: Network): readonly FootingDifference[] {
  return FOOTINGS.map((footing) => ({ footing, ...SAYS[footing](factsOf(network)) }));
}

type Facts = ReturnType<typeof factsOf>;

function factsOf(network: Network) {
  const { forward, portgroups = [], vlan, bandwidth } = network;
  const vlans = [vlan, ...portgroups.map((g) => g.vlan)].flatMap((v) => v ?? []);
  return {
    network,
    own: hasOwnBridge(network),
    vlans,
    trunks: vlans.some((v) => v.trunk || v.tags.length > 1),
    forwarded: forward.mode === 'nat' || forward.mode === 'route',
    limits: bandwidth !== undefined || portgroups.some((g) => g.bandwidth !== undefined),
    device: ['private', 'vepa', 'passthrough', 'hostdev'].includes(forward.mode) || onDevices(forward),
  };
}

const onDevices = (forward: Network['forward']): boolean =>
  forward.mode === 'bridge' && forward.bridge === undefined;

type Says = Omit<FootingDifference, 'footing'>;
const when = (condition: boolean, sentence: string): readonly string[] => (condition ? [sentence] : []);

const SAYS: { readonly [F in Footing]: (facts: Facts) => Says } = {
  native: ({ network: { footing: _, ...network }, own, vlans, device, limits }) => ({
    cannot: checkFooting(network).map((p) => p.message),
    differs: [
      ...when(
        own,
        'Linux bridge, nftables and dnsmasq, by Patchbay itself: every part changes by itself, and guests stay plugged in.',
      ),
      ...when(own && vlans.length > 0, 'VLANs need a kernel with bridge VLAN filtering.'),
      ...when(
        own && network.virtualPort?.type === 'openvswitch',
        'The virtual port of type openvswitch means nothing to a Linux bridge.',
      ),
      ...when(limits && own, 'Limits are set by tc on the bridge, and can change while guests run.'),
      ...when(own, 'libvirt does not know this network: its guests name the bridge.'),
      ...when(
        device,
        'Guests are plugged into the devices by whoever starts them; there is no bridge to make.',
      ),
    ],
  }),
  ovs: ({ network, own, vlans, trunks, forwarded, limits }) => ({
    cannot: [
      ...checkOvs({ ...network, footing: 'ovs' }).map((p) => p.message),
      ...when(
        own && network.bridge?.zone !== undefined,
        'A zone of firewalld is not set on Open vSwitch bridges.',
      ),
    ],
    differs: !own
      ? []
      : [
          ...when(
            vlans.length > 0,
            trunks
              ? 'Trunks and native VLANs are what Open vSwitch is made for; the kernel needs no VLAN filtering.'
              : 'VLANs are tags of its ports; the kernel needs no VLAN filtering.',
          ),
          'Without the openvswitch module of the kernel packets go through the userspace datapath, which is much slower.',
          ...when(
            own && network.bridge?.stp === true,
            'It runs its own spanning tree: turned on, and for guests who come, nobody is reached for about 12 s.',
          ),
          ...when(
            limits,
            'What guests send is policed at their ports: what exceeds the limit is dropped, not delayed.',
          ),
          ...when(own && forwarded, 'Addresses, NAT and DHCP are at the internal port of the switch.'),
        ],
  }),
  libvirt: ({ network, own, forwarded }) => ({
    cannot: [
      ...libvirtProblems(network).map((p) => p.message),
      ...notInXml({ ...network, footing: 'libvirt' }).map((s) => s.replace(/^Not in the XML: /, 'It lacks ')),
    ],
    differs: [
      `virsh shows it, and guests name it: <source network='${network.name}'/>.`,
      ...when(own, restarts(network)),
      ...when(
        own,
        'DHCP ranges, reservations, DNS hosts, TXT and SRV records and portgroups change while it runs.',
      ),
      ...when(own && forwarded, "The firewall rules are libvirt's own, beside those of Patchbay."),
      ...when(
        own && network.forward.mode !== 'open',
        "Where iptables drops what comes to the host, libvirt lets its guests' DHCP and DNS through; Patchbay's own networks need a rule of yours.",
      ),
      ...when(
        network.subnets.some((s) => s.dhcp?.ranges.some((r) => r.lease !== undefined)),
        'A new lease time is a change of its DHCP range: it is taken out and put in again.',
      ),
    ],
  }),
};

/** What of this design libvirt can only change by stopping the network. */
function restarts({ subnets, mtu, domain, routes, bandwidth }: Network): string {
  const parts = [
    'the forward mode',
    'the bridge',
    ...subnets.slice(0, 2).flatMap(({ address, prefix }) => {
      const block = blockOf(address, prefix);
      return block === null ? [] : [`subnet ${blockText(block)}`];
    }),
    ...(mtu === undefined ? [] : ['the MTU']),
    ...(domain === undefined ? [] : ['the domain']),
    ...(routes === undefined ? [] : ['static routes']),
    ...(bandwidth === undefined ? [] : ['bandwidth']),
  ];
  const last = parts.pop();
  return `A change of ${parts.join(', ')} or ${last} stops the network and starts it again: guests are off it for a moment and are plugged in again.`;
}
