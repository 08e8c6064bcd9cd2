import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observed } from '@/server/core/observed';
import { run } from '../../exec';

/* Every kind of change that the watcher has to see, and how one sees that it has. */

/** A folder to write in. */
export const folder = process.argv[3] ?? '';

export async function must(...argv: string[]): Promise<void> {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
}
export const ip = (line: string) => must('ip', ...line.split(' '));

export type Step = {
  readonly what: string;
  readonly act: () => Promise<void>;
  readonly seen: (o: Observed) => boolean;
};

export const value = <T>(
  fact: { known: true; value: Record<string, T> } | { known: false },
): Record<string, T> => (fact.known ? fact.value : {});
export const link = (o: Observed, name: string) => value(o.links)[name];

export const steps: readonly Step[] = [
  {
    what: 'a bridge is made',
    act: () => ip('link add br9 type bridge'),
    seen: (o) => link(o, 'br9')?.kind === 'bridge',
  },
  { what: 'it goes up', act: () => ip('link set br9 up'), seen: (o) => link(o, 'br9')?.up === true },
  {
    what: 'it gets an alias',
    act: () => ip('link set br9 alias patchbay:x'),
    seen: (o) => link(o, 'br9')?.alias === 'patchbay:x' && 'br9' in value(o.offloads),
  },
  {
    what: 'it gets an address',
    act: () => ip('addr add 10.9.0.1/24 dev br9'),
    seen: (o) => link(o, 'br9')?.addresses.some((a) => a.address === '10.9.0.1') === true,
  },
  {
    what: 'a pair of veths is made',
    act: () => ip('link add va type veth peer name vb'),
    seen: (o) => link(o, 'va')?.lower?.name === 'vb',
  },
  {
    what: 'one becomes a port',
    act: () => ip('link set va master br9 up'),
    seen: (o) => link(o, 'va')?.master === 'br9' && value(o.bridgePorts).va?.bridge === 'br9',
  },
  {
    what: 'it forwards',
    act: () => ip('link set vb up'),
    seen: (o) => value(o.bridgePorts).va?.state === 'forwarding',
  },
  {
    what: 'a route appears',
    act: () => ip('route add 10.8.0.0/16 via 10.9.0.2'),
    seen: (o) => Object.values(value(o.routes)).some((r) => r.destination === '10.8.0.0/16'),
  },
  {
    what: 'a route over two devices appears',
    act: () => ip('route add 10.7.0.0/16 nexthop via 10.9.0.3 dev br9 nexthop via 10.1.0.9 dev virbr0'),
    seen: (o) => Object.values(value(o.routes)).filter((r) => r.destination === '10.7.0.0/16').length === 2,
  },
  {
    what: 'it goes with its link going down, without a word of the kernel',
    act: () => ip('link set br9 down'),
    seen: (o) => !Object.values(value(o.routes)).some((r) => r.destination === '10.8.0.0/16'),
  },
  {
    what: 'a rule appears',
    act: () => ip('rule add from 10.9.0.0/24 lookup 77 priority 99'),
    seen: (o) => value(o.rules)['4 99 0']?.action === 'lookup 77',
  },
  {
    what: 'a neighbour appears',
    act: () => ip('neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev virbr0'),
    seen: (o) => 'virbr0 10.1.0.77' in value(o.neighbours),
  },
  {
    what: 'an entry is forwarded',
    act: () => must('bridge', 'fdb', 'add', '02:00:00:00:00:78', 'dev', 'va', 'master', 'static'),
    seen: (o) => Object.values(value(o.fdb)).some((e) => e.mac === '02:00:00:00:00:78'),
  },
  {
    what: 'its address moves to another port, of which alone the kernel tells',
    act: async () => {
      await ip('link add v8 type veth peer name w8');
      await ip('link set v8 master br9 up');
      await must('bridge', 'fdb', 'replace', '02:00:00:00:00:78', 'dev', 'v8', 'master', 'static');
    },
    seen: (o) => {
      const ports = Object.values(value(o.fdb)).filter(
        (e) => e.mac === '02:00:00:00:00:78' && e.bridge === 'br9',
      );
      return ports.length === 1 && ports[0]?.port === 'v8';
    },
  },
  {
    what: 'a queue is set',
    act: () => must('tc', 'qdisc', 'add', 'dev', 'vb', 'root', 'pfifo'),
    seen: (o) => Object.values(value(o.qdiscs)).some((q) => q.device === 'vb' && q.kind === 'pfifo'),
  },
  {
    what: 'a firewall table is made',
    act: () => must('nft', 'add table inet other'),
    seen: (o) => 'inet other' in value(o.nft),
  },
  {
    what: 'forwarding is switched on',
    act: async () => writeFileSync('/proc/sys/net/ipv4/conf/virbr0/forwarding', '1'),
    seen: (o) => value(o.sysctls)['net.ipv4.conf.virbr0.forwarding']?.value === '1',
  },
  {
    what: 'a guest gets an address',
    act: () => ip('-n web addr add 10.1.0.51/24 dev eth0'),
    seen: (o) =>
      value(o.namespaces).web?.links.eth0?.addresses.some((a) => a.address === '10.1.0.51') === true,
  },
  {
    what: 'a guest loses its route',
    act: () => ip('-n web route del default'),
    seen: (o) => value(o.namespaces).web?.routes.every((r) => r.destination !== 'default') === true,
  },
  { what: 'a namespace is made', act: () => ip('netns add db'), seen: (o) => 'db' in value(o.namespaces) },
  { what: 'and goes', act: () => ip('netns del db'), seen: (o) => !('db' in value(o.namespaces)) },
  {
    what: 'a lease is written',
    act: async () =>
      writeFileSync(join(folder, 'dnsmasq', 'net1.leases'), '0 52:54:00:00:00:02 10.1.0.102 db *\n'),
    seen: (o) => 'net1 10.1.0.102' in value(o.leases),
  },
  {
    what: 'a link is renamed',
    act: async () => {
      // Kernels before 6.2 rename only what is down.
      await ip('link set vb down');
      await ip('link set vb name vc');
    },
    seen: (o) => link(o, 'vb') === undefined && link(o, 'va')?.lower?.name === 'vc',
  },
  {
    what: 'a link goes',
    act: () => ip('link del va'),
    seen: (o) =>
      link(o, 'va') === undefined && link(o, 'vc') === undefined && !('va' in value(o.bridgePorts)),
  },
  {
    what: 'a name that tools misread',
    act: () => ip('link add we"ird type veth peer name @x'),
    seen: (o) => link(o, 'we"ird') !== undefined && link(o, '@x') !== undefined,
  },
];

/** Where the kernel can filter VLANs. */
export const vlanSteps: readonly Step[] = [
  {
    what: 'a VLAN is allowed on a port',
    act: () => must('bridge', 'vlan', 'add', 'vid', '20-30', 'dev', 'v9'),
    seen: (o) => value(o.vlans).v9?.vlans.some((v) => v.from === 20 && v.to === 30) === true,
  },
  {
    what: 'a VLAN is taken from a bridge',
    act: () => must('bridge', 'vlan', 'del', 'vid', '1', 'dev', 'brv', 'self'),
    seen: (o) => value(o.vlans).brv?.vlans.some((v) => v.from === 1) !== true,
  },
];
