import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MACHINE } from '@/server/core/ids';
import type { AgentFacts, Observed } from '@/server/core/observed';
import { diffObserved } from '@/server/core/observed-diff';
import { patience } from '@/server/core/testing/patience';
import { startDnsmasq } from '../../dnsmasq';
import { run, start } from '../../exec';
import { watchObserved } from '../../watch';
import { agentFacts, observe } from '../index';
import { folder, ip, link, must, steps, value, vlanSteps } from './steps';

/*
 * Runs inside fresh namespaces (see `observe.kernel.test.ts`): makes real things with the real tools and prints what
 * the agent's readers make of them. The first argument names the scene, the second a folder to write in.
 */

const scene = process.argv[2] ?? '';

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
  // 0 never ends: dnsmasq drops what has expired when it starts.
  writeFileSync(path('leases'), '0 52:54:00:00:00:01 10.1.0.101 web *\n');
  const started = await startDnsmasq(folder, 'net1', [`--conf-file=${path('conf')}`, '--no-daemon']);
  if (!started.ok) throw new Error(started.error.message);
}

/** Ends it without a word, as a crash does. */
const crash = () =>
  process.kill(Number(readFileSync(join(folder, 'dnsmasq', 'net1.pid'), 'utf8')), 'SIGKILL');

async function until(check: () => boolean, ms = 15_000): Promise<number | null> {
  const began = performance.now();
  while (performance.now() - began < ms * patience) {
    if (check()) return Math.round(performance.now() - began);
    await pause(5);
  }
  return null;
}

async function readScene(): Promise<unknown> {
  await makeHost();
  const agent = await ourselves();
  const ssh = createServer().listen(22);
  await once(ssh, 'listening');
  const first = await observe(agent);
  ssh.close();
  crash();
  await pause(100 * patience);
  return { first, afterwards: await observe(agent) };
}

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
  await pause(1_500 * patience);
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
  await pause(2_500 * patience);
  await ip('link set afterwards up');
  seen.push({
    what: 'the monitor was started again',
    ms: await until(() => link(watcher.observed(), 'afterwards')?.up === true),
  });

  // What was gathered event by event is what one reading of everything says.
  await pause(3_000 * patience);
  const gathered = watcher.observed();
  const fresh = await observe(agent);
  watcher.stop();
  await pause(300 * patience);
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
  const made = await run(['ip', '-batch', '-'], {
    stdin: `${lines.flat().join('\n')}\n`,
    timeout: 60_000 * patience,
  });
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
