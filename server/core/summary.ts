import { sameValue } from './canonical';
import type { ChangeItem, Thing } from './change';
import { blockOf, blockText } from './ip';
import { type DomainNic, sourceWords } from './kinds/domain-nic';
import type { ForwardMode } from './kinds/forward';
import { forwardDevice, type Network } from './kinds/network';
import { unreachable } from './result';
import { wordsFor } from './things';

/** "Add network demo (NAT, 192.168.100.0/24)"; several items are joined by semicolons. */
export function summarise(items: readonly ChangeItem[]): string {
  if (items.length === 0) return 'Nothing changes';
  const all = items.map(summariseItem).join('; ');
  return all.length <= 200 ? all : `${all.slice(0, 190)}… (${items.length} items)`;
}

function summariseItem(item: ChangeItem): string {
  switch (item.op) {
    case 'create':
      return `${item.after.adopted ? 'Manage' : 'Add'} ${inFull(item.after)}`;
    case 'delete':
      return `${item.before.adopted ? 'Forget' : 'Remove'} ${inFull(item.before)}`;
    case 'update':
      // As it is kept, once more: what is on the host and differs is put right.
      return sameValue(item.before, item.after)
        ? `Put ${wordsFor(item.before)} back as it is kept`
        : `Change ${wordsFor(item.before)}: ${changes(item.before, item.after).join(', ')}`;
    default:
      return unreachable(item);
  }
}

/** Names of fields in people's words, where they are not the field's own. */
const WORDS: Readonly<Record<string, string>> = {
  forward: 'forward mode',
  guestIpv6: 'IPv6 between guests',
  mtu: 'MTU',
  mac: 'MAC',
  dns: 'DNS',
  uuid: 'UUID',
  vlan: 'VLAN',
  virtualPort: 'virtual port',
  isolated: 'port isolation',
  portForwards: 'port forwards',
  dnsmasqOptions: 'dnsmasq options',
  trustGuestRxFilters: 'trust in guest filters',
  vlanAware: 'VLANs',
  stp: 'STP',
  lacpRate: 'LACP rate',
  hashPolicy: 'hash policy',
  id: 'VLAN tag',
  multiQueue: 'queues',
  vnetHdr: 'virtio header',
  adopted: 'whether it was here before',
};

/** The fields in which two things differ, by their names, in the order of the second. */
function differingFields(a: Thing, b: Thing): readonly string[] {
  const [x, y] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  return [...new Set([...x.keys(), ...y.keys()])].filter((field) => !sameValue(x.get(field), y.get(field)));
}

/** Which parts of a thing differ, in people's words. */
export const fieldsThatDiffer = (a: Thing, b: Thing): readonly string[] =>
  differingFields(a, b).map((field) => WORDS[field] ?? field);

function changes(before: Thing, after: Thing): readonly string[] {
  return differingFields(before, after).map((field) => {
    if (field === 'adopted') return after.adopted ? 'was here before' : 'ours to remove';
    if (after.kind === 'nic') return nicChange(after, field);
    if (field === 'name') return `name ${after.name}`;
    if (field === 'footing' && after.kind === 'network') return footingWord(after.footing);
    if (before.kind === 'network' && after.kind === 'network') {
      if (field === 'forward') return forwardText(after);
      if (field === 'bridge') return bridgeChange(before, after);
      if (field === 'subnets')
        return subnetsText(before) === subnetsText(after) ? 'DHCP' : subnetsText(after) || 'no subnet';
    }
    return WORDS[field] ?? field;
  });
}

function nicChange(nic: DomainNic, field: string): string {
  switch (field) {
    case 'source':
      return sourceWords(nic.source);
    case 'link':
      return nic.link === undefined ? 'its cable is plugged in' : 'its cable is pulled';
    case 'inactive':
      return nic.inactive ? 'taken out of the guest' : 'put into the guest';
    case 'model':
      return `model ${nic.model ?? 'virtio'}`;
    default:
      return WORDS[field] ?? field;
  }
}

function bridgeChange({ bridge: before }: Network, { bridge: after }: Network): string {
  if (after === undefined) return 'no bridge of its own';
  if (before?.name !== after.name) return `bridge ${after.name}`;
  return before.stp === after.stp ? 'bridge settings' : `STP ${after.stp ? 'on' : 'off'}`;
}

export const forwardWord = (mode: ForwardMode): string =>
  ({
    none: 'isolated',
    nat: 'NAT',
    route: 'routed',
    open: 'open',
    bridge: 'bridged',
    private: 'private',
    vepa: 'VEPA',
    passthrough: 'passthrough',
    hostdev: 'PCI passthrough',
  })[mode];

/** What makes a network on its host, in people's words. */
export const footingWord = (footing: Network['footing']): string =>
  footing === undefined ? 'native' : { ovs: 'Open vSwitch', libvirt: 'libvirt' }[footing];

function forwardText(network: Network): string {
  const to =
    forwardDevice(network) ?? (network.forward.mode === 'bridge' ? network.forward.bridge : undefined);
  return `${forwardWord(network.forward.mode)}${to === undefined ? '' : ` to ${to}`}`;
}

const cidr = ({ address, prefix }: { readonly address: string; readonly prefix: number }): string => {
  const block = blockOf(address, prefix);
  return block === null ? `${address}/${prefix}` : blockText(block);
};

const subnetsText = ({ subnets }: Network): string => subnets.map(cidr).join(' and ');

/** "bridge br0 (on eth0)": what it is called and what it is made of. */
export function inFull(thing: Thing): string {
  switch (thing.kind) {
    case 'network': {
      const footing = thing.footing === undefined ? '' : `on ${footingWord(thing.footing)}`;
      const what = [forwardText(thing), subnetsText(thing), footing].filter((s) => s !== '');
      return `${wordsFor(thing)} (${what.join(', ')})`;
    }
    case 'bridge':
      return `${wordsFor(thing)}${thing.uplinks === undefined ? '' : ` (on ${thing.uplinks.join(' and ')})`}`;
    case 'vlan':
      return `${wordsFor(thing)} (tag ${thing.id} on ${thing.device})`;
    case 'bond':
      return `${wordsFor(thing)} (${thing.mode} of ${thing.members.join(' and ')})`;
    case 'nic':
      return `${wordsFor(thing)} (${sourceWords(thing.source)})`;
    case 'tap':
      return `${wordsFor(thing)}${thing.bridge === undefined ? '' : ` (in ${thing.bridge})`}`;
    default:
      return unreachable(thing);
  }
}
