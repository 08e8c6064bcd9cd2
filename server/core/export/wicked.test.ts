import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { blockOf, familyOf } from '../ip';
import type { HostLink } from '../kinds/link';
import { exportCase, exportCaseNames } from '../testing/export-case';
import { wickedFiles } from './wicked';

/*
 * Debian has no wicked that could judge its files. This reads them back by what wicked's own manual says of every
 * variable (ifcfg, ifcfg-bridge, ifcfg-ovs-bridge, ifcfg-bonding, ifcfg-vlan, ifcfg-tunnel, ifroute, all in section 5),
 * refuses what the manual does not have, and makes links of them again, which must be those that were exported.
 */

const FOLDER = '/etc/sysconfig/network/';

const Whole = z.string().regex(/^\d+$/).transform(Number);
const Seconds = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .transform(Number);
const Pair = z.tuple([z.string(), z.string()]);
const Options = z.string().transform((text) => new Map(text.split(' ').map((w) => Pair.parse(w.split('=')))));
const Cidr = z.string().refine((text) => {
  const [address = '', prefix = ''] = text.split('/');
  return blockOf(address, Number(prefix)) !== null;
});
const Name = z.string().regex(/^[^\s/]{1,15}$/);
const Names = z.string().transform((text) => z.array(Name).parse(text.split(/\s+/).filter((w) => w !== '')));

/** Every variable with the values that the manual gives it. */
const Config = z.strictObject({
  STARTMODE: z.enum(['manual', 'auto', 'hotplug', 'nfsroot', 'off']),
  BOOTPROTO: z.enum(['static', 'none']),
  MTU: Whole.optional(),
  LLADDR: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    .optional(),
  BRIDGE: z.literal('yes').optional(),
  BRIDGE_PORTS: Names.optional(),
  BRIDGE_STP: z.enum(['on', 'off']).optional(),
  BRIDGE_FORWARDDELAY: Seconds.optional(),
  BONDING_MASTER: z.literal('yes').optional(),
  BONDING_MODULE_OPTS: Options.optional(),
  ETHERDEVICE: Name.optional(),
  VLAN_ID: Whole.optional(),
  VLAN_PROTOCOL: z.enum(['ieee802-1Q', 'ieee802-1ad']).optional(),
  OVS_BRIDGE: z.literal('yes').optional(),
  TUNNEL: z.enum(['tap', 'tun', 'sit', 'gre', 'ipip']).optional(),
  TUNNEL_SET_OWNER: z.string().min(1).optional(),
  TUNNEL_SET_GROUP: z.string().min(1).optional(),
});

type Read = {
  readonly name: string;
  readonly values: z.infer<typeof Config>;
  readonly addresses: readonly string[];
  readonly members: readonly string[];
  readonly ovsPorts: readonly string[];
};

/** One ifcfg file; lines are NAME='VALUE' or comments, as a shell has them. */
function readConfig(name: string, text: string): Read {
  const pairs = text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const [, key = '', value = ''] = /^([A-Z0-9_]+)='([^']*)'$/.exec(line) ?? [];
    if (key === '') throw new Error(`no assignment: ${line}`);
    return [[key, value] as const];
  });
  expect(new Set(pairs.map(([key]) => key)).size, 'nothing is said twice').toBe(pairs.length);
  const suffixed = (stem: RegExp) => pairs.filter(([key]) => stem.test(key)).map(([, value]) => value);
  const others = pairs.filter(([key]) => !/^(IPADDR|BONDING_SLAVE_|OVS_BRIDGE_PORT_DEVICE_)/.test(key));
  return {
    name,
    values: Config.parse(Object.fromEntries(others)),
    addresses: z.array(Cidr).parse(suffixed(/^IPADDR(_\d+)?$/)),
    members: z.array(Name).parse(suffixed(/^BONDING_SLAVE_\d+$/)),
    ovsPorts: z.array(Name).parse(suffixed(/^OVS_BRIDGE_PORT_DEVICE_\d+$/)),
  };
}

/** Destination, gateway, netmask, interface, options. */
function readRoute(line: string, name: string) {
  const [to = '', gateway = '', netmask, device, ...options] = line.split(/\s+/);
  expect([netmask, device], line).toEqual(['-', name]);
  const [word, metric] = options;
  expect([undefined, 'metric'], line).toContain(word);
  return { to, gateway, metric: metric === undefined ? undefined : Number(metric) };
}

/** What the manual lets one say of a link, in the words of a design. */
function asRead({ name, values: v, addresses, members }: Read, routes: readonly unknown[]) {
  const bond = v.BONDING_MODULE_OPTS;
  return {
    name,
    kind: v.BRIDGE ? 'bridge' : v.BONDING_MASTER ? 'bond' : v.ETHERDEVICE ? 'vlan' : v.TUNNEL,
    ...{ addresses, routes, mtu: v.MTU, mac: v.LLADDR },
    ports: v.BRIDGE ? v.BRIDGE_PORTS : undefined,
    stp: v.BRIDGE_STP,
    delay: v.BRIDGE_FORWARDDELAY,
    ...{ members, bond: bond === undefined ? undefined : Object.fromEntries(bond) },
    ...{ device: v.ETHERDEVICE, id: v.VLAN_ID, protocol: v.VLAN_PROTOCOL },
    ...{ user: v.TUNNEL_SET_OWNER, group: v.TUNNEL_SET_GROUP },
  };
}

/** The same of a design. */
function asDesigned(links: readonly HostLink[], link: HostLink) {
  const bridge = link.kind === 'bridge' ? link : undefined;
  const bond = link.kind === 'bond' ? link : undefined;
  const vlan = link.kind === 'vlan' ? link : undefined;
  const tap = link.kind === 'tap' ? link : undefined;
  const taps = links.flatMap((l) => (l.kind === 'tap' && l.bridge === link.name ? [l.name] : []));
  const only = (all: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return {
    name: link.name,
    kind: link.kind,
    addresses: (link.addresses ?? []).map((a) => `${a.address}/${a.prefix}`),
    routes: (link.routes ?? []).map((r) => ({
      to: r.to === undefined ? 'default' : `${r.to.address}/${r.to.prefix}`,
      ...{ gateway: r.gateway, metric: r.metric },
    })),
    ...{ mtu: link.mtu, mac: link.mac },
    ports: bridge === undefined ? undefined : [...(bridge.uplinks ?? []), ...taps],
    stp: bridge === undefined ? undefined : bridge.stp ? 'on' : 'off',
    delay: bridge === undefined ? undefined : (bridge.delay ?? (bridge.stp ? 2 : 0)),
    members: bond?.members ?? [],
    bond:
      bond === undefined
        ? undefined
        : only({
            ...{ mode: bond.mode, miimon: String(bond.miimon ?? 100), primary: bond.primary },
            ...{ lacp_rate: bond.lacpRate, xmit_hash_policy: bond.hashPolicy },
          }),
    ...{ device: vlan?.device, id: vlan?.id },
    protocol: vlan?.protocol === undefined ? undefined : 'ieee802-1ad',
    ...{ user: tap?.user, group: tap?.group },
  };
}

describe("wicked's files, read by its manual", () => {
  test.each(exportCaseNames)('%s', (name) => {
    const { what } = exportCase(name);
    const { links } = what;
    const files = wickedFiles(what).map((f) => ({ ...f, name: path.basename(f.path) }));
    expect(files.every((f) => f.path.startsWith(FOLDER))).toBe(true);
    const read = files
      .filter((f) => f.name.startsWith('ifcfg-'))
      .map((f) => readConfig(f.name.slice('ifcfg-'.length), f.text));
    const routes = (of: string) =>
      (files.find((f) => f.name === `ifroute-${of}`)?.text ?? '')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => readRoute(line, of));
    const defined = links.map((l) => l.name);
    const again = read.filter((r) => defined.some((d) => d === r.name)).map((r) => asRead(r, routes(r.name)));
    const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);
    expect(again.sort(byName)).toEqual(links.map((l) => asDesigned(links, l)).sort(byName));

    const switches = read.filter((r) => r.values.OVS_BRIDGE === 'yes' || r.ovsPorts.length > 0);
    expect(switches.map((r) => [r.name, r.values.OVS_BRIDGE, r.ovsPorts.toSorted()]).sort()).toEqual(
      [...what.ovsBridges].sort().map((bridge) => {
        const taps = links.flatMap((l) => (l.kind === 'tap' && l.bridge === bridge ? [l.name] : []));
        return [bridge, 'yes', taps.toSorted()];
      }),
    );

    const members = read.flatMap((r) => r.members);
    for (const { name: own, values, addresses } of read) {
      // Otherwise it would keep wicked from setting MTU and MAC, says ifcfg(5).
      expect(values.BOOTPROTO, own).toBe(members.includes(own) ? 'none' : 'static');
      expect(values.STARTMODE, own).toBe(members.includes(own) ? 'hotplug' : 'auto');
      if (members.includes(own)) expect(addresses, own).toEqual([]);
    }
    // Each device that something stands on must have a file, too: ifcfg-vlan(5), ifcfg-bonding(5).
    const lowers = read.flatMap((r) => [
      ...r.members,
      ...(r.values.ETHERDEVICE === undefined ? [] : [r.values.ETHERDEVICE]),
      ...(r.values.BRIDGE_PORTS ?? []),
      ...r.ovsPorts,
    ]);
    expect(lowers.filter((l) => !read.some((r) => r.name === l))).toEqual([]);
    for (const { to, gateway } of defined.flatMap(routes))
      if (to !== 'default') expect(familyOf(to)).toBe(familyOf(gateway));
  });
});
