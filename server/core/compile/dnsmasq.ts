import { familyOf } from '../ip';
import { hasOwnBridge, type Network, type OwnNetwork } from '../kinds/network';
import type { Subnet } from '../kinds/subnet';
import { dhcpLines, hostsText, leaseCount, servesDhcp } from './dnsmasq-dhcp';
import { askingLines, dnsHostsText, recordLines, servesDns } from './dnsmasq-dns';
import type { DnsmasqFiles, DnsmasqGoal, Place } from './realisation';

export { servesDhcp } from './dnsmasq-dhcp';

/* The same directives as libvirt writes for the same network (bridge_driver.c), in its order. */

export function dnsmasqFiles(network: string, place: Pick<Place, 'runDir'>): DnsmasqFiles {
  const at = (suffix: string) => `${place.runDir}/dnsmasq/${network}.${suffix}`;
  return {
    conf: at('conf'),
    hosts: at('hostsfile'),
    dnsHosts: at('addnhosts'),
    leases: at('leases'),
    pid: at('pid'),
  };
}

/** Its command line: a configuration of our own, so that the system's is not read, and where it keeps what it writes. */
export function dnsmasqArgs(network: string, place: Place): readonly string[] {
  const { conf, pid, leases } = dnsmasqFiles(network, place);
  return [
    `--conf-file=${conf}`,
    `--pid-file=${pid}`,
    `--dhcp-leasefile=${leases}`,
    place.singleUser ? '--no-daemon' : '--keep-in-foreground',
  ];
}

/**
 * What dnsmasq is told for a network: its configuration, its reservations and the names it answers. Null for a network
 * without a bridge or addresses of ours, or that serves nothing.
 */
export function compileDnsmasq(network: Network, place: Place): DnsmasqGoal | null {
  if (!hasOwnBridge(network) || !servesAnything(network)) return null;
  const files = dnsmasqFiles(network.name, place);
  const serving = network.subnets.filter(servesDhcp);
  return {
    network: network.name,
    files,
    conf: confText(network, files),
    hosts: serving.length === 0 ? null : hostsText(serving),
    dnsHosts: servesDns(network) ? dnsHostsText(network) : null,
    args: dnsmasqArgs(network.name, place),
  };
}

const servesAnything = (network: Network): boolean =>
  network.subnets.length > 0 &&
  (servesDns(network) || network.subnets.some((s) => servesDhcp(s) || s.tftp !== undefined || advertised(s)));

/** Guests can make up addresses only in a /64; dnsmasq advertises that of the address. */
const advertised = ({ address, prefix }: Subnet): boolean => familyOf(address) === 6 && prefix <= 64;

function confText(network: OwnNetwork, files: DnsmasqFiles): string {
  const isolated = network.forward.mode === 'none';
  const v4 = network.subnets.filter((s) => familyOf(s.address) === 4);
  const v6 = network.subnets.filter((s) => familyOf(s.address) === 6);
  const serving = [...v4.filter(servesDhcp), ...v6.filter(servesDhcp)];
  const most = leaseCount(serving);
  const lines = [
    `# Network ${network.name}. Made by Patchbay: changes made here are overwritten.`,
    'strict-order',
    ...askingLines(network),
    'except-interface=lo',
    'bind-dynamic',
    `interface=${network.bridge.name}`,
    // No router is offered, nothing outside is asked, and no default route is advertised.
    ...(isolated ? ['dhcp-option=3', 'no-resolv', 'ra-param=*,0,0'] : []),
    ...recordLines(network),
    ...v4.flatMap(({ tftp }) => (tftp === undefined ? [] : ['enable-tftp', `tftp-root=${tftp}`])),
    ...serving.flatMap(dhcpLines),
    ...(most === null ? [] : [`dhcp-lease-max=${most}`]),
    // Both files are there even while they are empty: what is added later is read without a restart.
    ...(serving.length === 0 ? [] : [`dhcp-hostsfile=${quoted(files.hosts)}`]),
    ...(servesDns(network) ? [`addn-hosts=${quoted(files.dnsHosts)}`] : []),
    ...(network.mtu === undefined ? [] : [`dhcp-option=option:mtu,${network.mtu}`]),
    ...(v6.some(servesDhcp)
      ? ['enable-ra']
      : v6.filter(advertised).map((s) => `dhcp-range=${s.address},ra-only`)),
    ...(network.dnsmasqOptions ?? []),
  ];
  return `${lines.join('\n')}\n`;
}

/** dnsmasq reads to the end of the line, but a blank and a hash begin a comment; in double quotes nothing does. */
function quoted(path: string): string {
  if (/[\0\n\r]/.test(path)) throw new Error('dnsmasq: the run folder has a line break in its name');
  if (/^[A-Za-z0-9/._+=@:~-]+$/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
