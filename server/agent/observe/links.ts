import type { BridgePort, Fact, Link, LinkAddress } from '@/server/core/observed';
import { ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { toBridgePort } from './bridge-ports';
import { isNoDevice, keyed, known, type Parsed, parseList, unknown, whyNot } from './reading';
import { aFlag, anInt, anything, aText, aWord, listOf, maybe, object, type ShapeOf } from './shape';

const Text = maybe(aText);
const Int = maybe(anInt);

const IpAddrInfo = object({
  family: Text,
  local: Text,
  address: Text,
  prefixlen: Int,
  scope: Text,
  dynamic: maybe(aFlag),
});

/** Only what is kept; every kind's `info_data` has its own keys, and all of them may be missing. */
const InfoData = object({
  stp_state: Int,
  vlan_filtering: Int,
  vlan_default_pvid: Int,
  forward_delay: Int,
  protocol: Text,
  id: Int,
  mode: Text,
  active_slave: Text,
  miimon: Int,
  primary: Text,
  ad_lacp_rate: Text,
  xmit_hash_policy: Text,
  type: Text,
  persist: maybe(aFlag),
  multi_queue: maybe(aFlag),
  vnet_hdr: maybe(aFlag),
  user: maybe(aWord),
  local: Text,
  local6: Text,
  remote: Text,
  remote6: Text,
  group: maybe(aWord),
  group6: Text,
  pi: maybe(aFlag),
  port: Int,
  okey: maybe(aWord),
  link: Text,
});
type InfoData = ShapeOf<typeof InfoData>;
const NO_DATA = InfoData({});

const IpLink = object({
  ifindex: anInt,
  ifname: aText,
  flags: maybe(listOf(aText)),
  mtu: Int,
  operstate: Text,
  link_type: Text,
  address: Text,
  master: Text,
  ifalias: Text,
  link: Text,
  link_index: Int,
  link_netnsid: Int,
  linkinfo: maybe(
    object({
      info_kind: Text,
      info_data: maybe(InfoData),
      info_slave_kind: Text,
      info_slave_data: anything,
    }),
  ),
  addr_info: maybe(listOf(IpAddrInfo)),
});
type IpLink = ShapeOf<typeof IpLink>;

const TUNNELS = new Set([
  'vxlan',
  'geneve',
  'gre',
  'gretap',
  'ip6gre',
  'ip6gretap',
  'erspan',
  'ip6erspan',
  'ipip',
  'sit',
  'ip6tnl',
  'vti',
  'vti6',
]);

/** Text of `ip -j -d addr show`. */
export function parseLinks(text: string): Parsed<Link> {
  const list = parseList(IpLink, text);
  return list.ok ? ok(keyLinks(list.value)) : list;
}

export type LinksAndPorts = {
  readonly links: Readonly<Record<string, Link>>;
  readonly bridgePorts: Readonly<Record<string, BridgePort>>;
};

/**
 * The same text, and what it says of bridge ports: all that `bridge -j -d link show` does, which has no way of reading
 * one port without dumping all.
 */
export function parseLinksAndPorts(text: string): Result<LinksAndPorts> {
  const list = parseList(IpLink, text);
  if (!list.ok) return list;
  const ports: [string, BridgePort][] = [];
  for (const { ifname, master, linkinfo } of list.value) {
    if (master === undefined || linkinfo?.info_slave_kind !== 'bridge') continue;
    const port = toBridgePort(ifname, master, linkinfo.info_slave_data);
    if (!port.ok) return port;
    ports.push([ifname, port.value]);
  }
  return ok({ links: keyLinks(list.value), bridgePorts: keyed(ports) });
}

/** Names that are not UTF-8 may look alike once decoded: the second one is told apart by its index. */
function keyLinks(list: readonly IpLink[]): Readonly<Record<string, Link>> {
  const links = new Map<string, Link>();
  for (const raw of list) {
    const link = toLink(raw);
    links.set(links.has(link.name) ? `${link.name}@${link.index}` : link.name, link);
  }
  return keyed(links);
}

function toLink(raw: IpLink): Link {
  const kind = raw.linkinfo?.info_kind ?? (raw.link_type === 'loopback' ? 'loopback' : 'device');
  const data = raw.linkinfo?.info_data ?? NO_DATA;
  const flags = raw.flags ?? [];
  return {
    index: raw.ifindex,
    name: raw.ifname,
    kind,
    mac:
      raw.link_type !== 'loopback' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(raw.address ?? '')
        ? (raw.address ?? null)
        : null,
    mtu: raw.mtu ?? 0,
    up: flags.includes('UP'),
    carrier: flags.includes('LOWER_UP'),
    operState: raw.operstate ?? 'UNKNOWN',
    master: raw.master ?? null,
    lower: lowerOf(raw, data),
    alias: raw.ifalias ?? null,
    addresses: (raw.addr_info ?? []).flatMap(toAddress),
    bridge:
      kind === 'bridge'
        ? {
            stp: (data.stp_state ?? 0) !== 0,
            vlanFiltering: (data.vlan_filtering ?? 0) !== 0,
            defaultPvid: data.vlan_default_pvid ?? null,
            forwardDelay: data.forward_delay ?? null,
          }
        : null,
    vlan: kind === 'vlan' && data.id != null ? { id: data.id, protocol: data.protocol ?? '802.1Q' } : null,
    bond: kind === 'bond' ? bondOf(data) : null,
    macvlanMode: kind === 'macvlan' || kind === 'macvtap' ? (data.mode ?? null) : null,
    tunnel: TUNNELS.has(kind) ? tunnelOf(data) : null,
    tap: kind === 'tun' ? tapOf(data) : null,
  };
}

function toAddress(raw: ShapeOf<typeof IpAddrInfo>): LinkAddress[] {
  const family = raw.family === 'inet' ? 4 : raw.family === 'inet6' ? 6 : null;
  if (family === null || raw.local == null) return [];
  return [
    {
      family,
      address: raw.local,
      prefix: raw.prefixlen ?? (family === 4 ? 32 : 128),
      scope: raw.scope ?? 'global',
      dynamic: raw.dynamic ?? false,
    },
  ];
}

function lowerOf(raw: IpLink, data: InfoData): Link['lower'] {
  const name = raw.link ?? data.link ?? null;
  const index = raw.link_index ?? null;
  const netnsId = raw.link_netnsid ?? null;
  return name === null && index === null && netnsId === null ? null : { name, index, netnsId };
}

const bondOf = (data: InfoData): Link['bond'] => ({
  mode: data.mode ?? 'unknown',
  activeMember: data.active_slave ?? null,
  miimon: data.miimon ?? null,
  primary: data.primary ?? null,
  lacpRate: data.ad_lacp_rate ?? null,
  hashPolicy: data.xmit_hash_policy ?? null,
});

const address = (text: string | null | undefined) => (text == null || text === 'any' ? null : text);

function tunnelOf(data: InfoData): Link['tunnel'] {
  return {
    local: address(data.local ?? data.local6),
    remote: address(data.remote ?? data.remote6 ?? (data.group == null ? data.group6 : String(data.group))),
    id: data.id ?? keyNumber(data.okey),
    port: data.port ?? null,
  };
}

/** GRE keys are printed like an address: `0.0.0.5`. */
function keyNumber(key: string | number | null | undefined): number | null {
  if (key == null) return null;
  const parts = String(key).split('.').map(Number);
  const n = parts.reduce((sum, part) => sum * 256 + part, 0);
  return Number.isSafeInteger(n) ? n : null;
}

function tapOf(data: InfoData): Link['tap'] {
  return {
    mode: data.type === 'tun' ? 'tun' : 'tap',
    persist: data.persist ?? false,
    multiQueue: data.multi_queue ?? false,
    vnetHdr: data.vnet_hdr ?? false,
    user: data.user == null ? null : String(data.user),
    group: data.group == null ? null : String(data.group),
    packetInfo: data.pi ?? false,
  };
}

const ARGV = ['ip', '-j', '-d', 'addr', 'show'];
const COMMAND = commandLine(ARGV);
export type LinksFacts = { readonly links: Fact<Link>; readonly bridgePorts: Fact<BridgePort> };

/** @param text what the command printed, where it was run already */
export async function observeLinksAndPorts(text?: string): Promise<LinksFacts> {
  const early = text === undefined ? null : parseLinksAndPorts(text);
  if (early?.ok) return toFacts(early.value);
  const ran = await run(ARGV);
  const parsed = ran.ok ? parseLinksAndPorts(ran.value.stdout) : ran;
  if (parsed.ok) return toFacts(parsed.value);
  const why = ran.ok ? parsed.error.message : whyNot(parsed.error, 'interfaces');
  return { links: unknown(COMMAND, why), bridgePorts: unknown(COMMAND, why) };
}

const toFacts = ({ links, bridgePorts }: LinksAndPorts): LinksFacts => ({
  links: known(COMMAND, links),
  bridgePorts: known(COMMAND, bridgePorts),
});

/** One link; `gone` when there is none of that name, `unclear` when it could not be read. */
export async function readLink(name: string): Promise<LinksAndPorts | 'gone' | 'unclear'> {
  const ran = await run([...ARGV, 'dev', name]);
  if (!ran.ok) return isNoDevice(ran.error) ? 'gone' : 'unclear';
  const parsed = parseLinksAndPorts(ran.value.stdout);
  return parsed.ok && parsed.value.links[name] !== undefined ? parsed.value : 'unclear';
}
