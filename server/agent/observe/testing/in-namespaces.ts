import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MACHINE } from '@/server/core/ids';
import type { AgentFacts, Observed } from '@/server/core/observed';
import { diffObserved } from '@/server/core/observed-diff';
import { startDnsmasq } from '../../dnsmasq';
import { run, start } from '../../exec';
import { watchObserved } from '../../watch';
import { agentFacts, observe } from '../index';

/*
 * Runs inside fresh namespaces (see `observe.kernel.test.ts`): makes real things with the real tools and prints what
 * the agent's readers make of them. The first argument names the scene, the second a folder to write in.
 */

const [scene = '', folder = ''] = process.argv.slice(2);

async function must(...argv: string[]): Promise<void> {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
}
const ip = (line: string) => must('ip', ...line.split(' '));

async function ourselves(): Promise<AgentFacts> {
  return agentFacts({ host: MACHINE, version: '0', runDir: folder, role: 'lab' });
}

/** A host with one network, as we would make it. */
async function makeHost(): Promise<void> {
  await must('mount', '-t', 'tmpfs', 'run', '/run');
  await ip('link set lo up');
  await ip('link add virbr0 type bridge');
  await ip('link set virbr0 alias patchbay:net1');
  await ip('addr add 10.1.0.1/24 dev virbr0');
  await ip('link set virbr0 up');
  await ip('netns add web');
  await ip('link add vnet0 type veth peer name eth0 netns web');
  await ip('link set vnet0 master virbr0 up');
  await ip('-n web link set eth0 up');
  await ip('-n web addr add 10.1.0.50/24 dev eth0');
  await ip('-n web route add default via 10.1.0.1');
  await must(
    'nft',
    'add table inet patchbay; add chain inet patchbay forward { type filter hook forward priority 0; }',
  );
  writeFileSync('/run/netns/broken', '');
  await serve();
}

/** A dnsmasq as the agent starts it. */
async function serve(): Promise<void> {
  const dir = join(folder, 'dnsmasq');
  mkdirSync(dir, { recursive: true });
  const path = (end: string) => join(dir, `net1.${end}`);
  writeFileSync(
    path('conf'),
    `interface=virbr0\nbind-dynamic\nport=0\npid-file=${path('pid')}\ndhcp-leasefile=${path('leases')}\ndhcp-range=10.1.0.100,10.1.0.110\n`,
  );
  writeFileSync(path('leases'), '1795228052 52:54:00:00:00:01 10.1.0.101 web *\n');
  const started = await startDnsmasq(folder, 'net1', [`--conf-file=${path('conf')}`, '--no-daemon']);
  if (!started.ok) throw new Error(started.error.message);
}

/** Ends it without a word, as a crash does. */
const crash = () =>
  process.kill(Number(readFileSync(join(folder, 'dnsmasq', 'net1.pid'), 'utf8')), 'SIGKILL');

async function until(check: () => boolean, patience = 15_000): Promise<number | null> {
  const began = performance.now();
  while (performance.now() - began < patience) {
    if (check()) return Math.round(performance.now() - began);
    await pause(5);
  }
  return null;
}

async function readScene(): Promise<unknown> {
  await makeHost();
  const agent = await ourselves();
  const first = await observe(agent);
  crash();
  await pause(100);
  return { first, afterwards: await observe(agent) };
}

type Step = {
  readonly what: string;
  readonly act: () => Promise<void>;
  readonly seen: (o: Observed) => boolean;
};

const value = <T>(fact: { known: true; value: Record<string, T> } | { known: false }): Record<string, T> =>
  fact.known ? fact.value : {};
const link = (o: Observed, name: string) => value(o.links)[name];

const steps: readonly Step[] = [
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
const vlanSteps: readonly Step[] = [
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

async function canFilterVlans(): Promise<boolean> {
  const made = await run(['ip', 'link', 'add', 'brv', 'type', 'bridge', 'vlan_filtering', '1']);
  if (!made.ok) return false;
  await ip('link set brv up');
  await ip('link add v9 type veth peer name w9');
  await ip('link set v9 master brv up');
  return true;
}

async function watchScene(): Promise<unknown> {
  await makeHost();
  const agent = await ourselves();
  let patches = 0;
  const watcher = await watchObserved(agent, () => patches++);
  await pause(1_500);
  const before = patches;
  const seen: { what: string; ms: number | null }[] = [];
  const filters = await canFilterVlans();
  for (const step of filters ? [...steps, ...vlanSteps] : steps) {
    await step.act();
    seen.push({ what: step.what, ms: await until(() => step.seen(watcher.observed())) });
  }

  await storm();
  seen.push({
    what: 'three hundred links at once',
    ms: await until(() => Object.keys(value(watcher.observed().bridgePorts)).length > 300, 20_000),
  });

  for (const pid of childrenNamed('ip')) process.kill(pid);
  await ip('link add afterwards type bridge');
  seen.push({
    what: 'a change while the monitor is dead',
    ms: await until(() => link(watcher.observed(), 'afterwards') !== undefined),
  });
  await pause(2_500);
  await ip('link set afterwards up');
  seen.push({
    what: 'the monitor was started again',
    ms: await until(() => link(watcher.observed(), 'afterwards')?.up === true),
  });

  // What was gathered event by event is what one reading of everything says.
  await pause(3_000);
  const gathered = watcher.observed();
  const fresh = await observe(agent);
  watcher.stop();
  await pause(300);
  return {
    filters,
    early: before,
    seen,
    left: leftOver(gathered, fresh),
    monitors: childrenNamed('ip').length,
  };
}

async function storm(): Promise<void> {
  const lines = Array.from({ length: 300 }, (_, i) => [
    `link add s${i} type veth peer name t${i}`,
    `link set s${i} master virbr0`,
    `link set s${i} up`,
  ]);
  const made = await run(['ip', '-batch', '-'], { stdin: `${lines.flat().join('\n')}\n`, timeout: 60_000 });
  if (!made.ok) throw new Error(made.error.detail ?? made.error.message);
}

/** Neighbours age by themselves; everything else must agree. */
function leftOver(gathered: Observed, fresh: Observed): unknown {
  const patch = diffObserved(gathered, { ...fresh, neighbours: gathered.neighbours });
  return patch === null ? null : { replaced: patch.replaced, changed: patch.changed };
}

function childrenNamed(name: string): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name)
    .map(Number);
}

/** Who holds a tap: a process that opens one as QEMU does. */
async function tapScene(): Promise<unknown> {
  const child = start([
    'perl',
    '-e',
    'open(F,"+<","/dev/net/tun") or exit 1; my $r=pack("a16sx22","tap9",0x1002); ioctl(F,0x400454ca,$r) or exit 2; sleep 60',
  ]);
  const opened = await until(() => readFileSync('/proc/net/dev', 'utf8').includes('tap9:'));
  const held = await observe(await ourselves());
  child.kill('SIGKILL');
  return { opened: opened !== null, pid: child.pid, holders: held.tapHolders, link: link(held, 'tap9') };
}

const scenes: Readonly<Record<string, () => Promise<unknown>>> = {
  read: readScene,
  watch: watchScene,
  tap: tapScene,
  'without rights': async () => observe(await ourselves()),
};
const play = scenes[scene];
if (play === undefined) throw new Error(`no scene called ${scene}`);
process.stdout.write(JSON.stringify(await play()), () => process.exit(0));
