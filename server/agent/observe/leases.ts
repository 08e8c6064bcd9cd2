import { join } from 'node:path';
import type { Fact, Lease } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { libvirtLeaseFolder } from '../lab-libvirt';
import { listFolder, textOf } from './dnsmasq';
import { keyed, known, parseList, unknown } from './reading';
import { anInt, aText, maybe, object } from './shape';

/**
 * A lease file of dnsmasq: `EXPIRES MAC ADDRESS HOSTNAME CLIENT-ID` a line; below a line `duid …` the IPv6 leases,
 * which have an IAID in place of the MAC. A line that is cut short (it is being written) is left out.
 */
export function parseLeaseFile(text: string, network: string): Lease[] {
  const leases: Lease[] = [];
  for (const line of text.split('\n')) {
    const [expires, second, address, hostname] = line.split(' ');
    if (
      !/^\d+$/.test(expires ?? '') ||
      second === undefined ||
      address === undefined ||
      hostname === undefined
    )
      continue;
    leases.push({
      network,
      mac: macOf(second),
      address,
      hostname: hostname === '*' ? null : hostname,
      expires: Number(expires),
    });
  }
  return leases;
}

/** dnsmasq writes another hardware type than Ethernet before the address: `06-…`. */
const macOf = (text: string): string | null => {
  const mac = text.toLowerCase();
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) ? mac : null;
};

const LibvirtLease = object({
  'ip-address': aText,
  'mac-address': maybe(aText),
  hostname: maybe(aText),
  'expiry-time': maybe(anInt),
});

/** libvirt's own record, `BRIDGE.status`: a JSON list, or nothing at all. */
export function parseLibvirtStatus(text: string, network: string): Result<Lease[]> {
  const list = parseList(LibvirtLease, text);
  if (!list.ok) return list;
  return ok(
    list.value.map((raw) => ({
      network,
      mac: raw['mac-address'] ?? null,
      address: raw['ip-address'],
      hostname: raw.hostname || null,
      expires: raw['expiry-time'] ?? 0,
    })),
  );
}

/** Leases of our own networks and of libvirt's. */
export async function observeLeases(runDir: string, role: 'machine' | 'lab'): Promise<Fact<Lease>> {
  const folder = join(runDir, 'dnsmasq');
  // A lab sees the machine's files, but they are not about its networks: those of its own libvirt are elsewhere.
  const libvirt = libvirtLeaseFolder(role);
  const command = `cat ${folder}/*.leases ${libvirt}/*.status ${libvirt}/*.leases`;
  try {
    const leases = await leasesIn(folder);
    const theirs = await libvirtLeases(libvirt);
    if (!theirs.ok) return unknown(command, theirs.error.message);
    leases.push(...(await leasesIn(libvirt)), ...theirs.value);
    return known(command, keyed(leases.map((lease) => [`${lease.network} ${lease.address}`, lease])));
  } catch (e) {
    return unknown(command, `a lease file cannot be read: ${e instanceof Error ? e.message : String(e)}`);
  }
}

async function leasesIn(folder: string): Promise<Lease[]> {
  const files = (await listFolder(folder)).filter((file) => file.endsWith('.leases')).sort();
  const read = await Promise.all(
    files.map(async (file) =>
      parseLeaseFile((await textOf(join(folder, file))) ?? '', file.slice(0, -'.leases'.length)),
    ),
  );
  return read.flat();
}

/** Status files are called after the bridge; which network that is stands in the conf beside them. */
async function libvirtLeases(folder: string): Promise<Result<Lease[]>> {
  const files = await listFolder(folder);
  const status = files.filter((file) => file.endsWith('.status'));
  if (status.length === 0) return ok([]);
  const networkOf = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.conf'))) {
    const bridge = /^interface=(.+)$/m.exec((await readableText(join(folder, file))) ?? '')?.[1];
    if (bridge !== undefined) networkOf.set(bridge, file.slice(0, -'.conf'.length));
  }
  const leases: Lease[] = [];
  for (const file of status) {
    const bridge = file.slice(0, -'.status'.length);
    const parsed = parseLibvirtStatus(
      (await textOf(join(folder, file))) ?? '',
      networkOf.get(bridge) ?? bridge,
    );
    if (!parsed.ok) return fail(parsed.error.code, `${join(folder, file)}: ${parsed.error.message}`);
    leases.push(...parsed.value);
  }
  return ok(leases);
}

/** These files are root's alone; for others a lease then goes by the name of its bridge. */
const readableText = (path: string): Promise<string | null> => textOf(path).catch(() => null);
