import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Desired } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { verify } from '@/server/core/verify';
import { runAction } from '../apply';
import { run, start } from '../exec';
import { agentFacts, observe } from '../observe';
import { startOpenVSwitch } from './services';

/*
 * Runs inside namespaces of its own, with an Open vSwitch of its own: makes a network on it, plugs guests in, sends
 * packets, meddles, and takes everything back. Standard input has the setting, standard output gets what was seen.
 */

const Guest = z.object({
  name: z.string(),
  portgroup: z.string(),
  /** Without prefix length, in /24; none: by DHCP. `tag`: the guest sends tagged packets. */
  addresses: z.array(z.object({ address: z.string(), tag: z.int().optional() })),
});

type Guest = z.infer<typeof Guest>;
type Place = { readonly network: string; readonly bridge: string; readonly datapath: string };

const Setting = z.object({
  folder: z.string(),
  desired: Desired,
  guests: z.array(Guest),
  /** From a guest, `outside` or `host`, to an address. */
  flows: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Commands of somebody who meddles. */
  meddle: z.array(z.array(z.string())),
});
export type OvsSetting = z.infer<typeof Setting>;

export type OvsSeen = {
  /** Of this kernel, and of the bridge that was made. */
  readonly datapath: string;
  readonly made: string;
  /** Titles of the plans: making it, with guests in it, after somebody meddled. */
  readonly plans: readonly (readonly string[])[];
  /** What each of them left to do. */
  readonly left: readonly string[];
  readonly reached: readonly boolean[];
  /** By guest that asked for one. */
  readonly leases: Readonly<Record<string, string>>;
  /** What a guest with a lease got: its TCP connection outside, the answer of DNS. */
  readonly outside: string;
  readonly dns: string;
  /** Bridges and links at the end that were not there at the beginning, or the other way round. */
  readonly remains: readonly string[];
};

async function must(...argv: readonly string[]): Promise<string> {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}
const ip = (...args: readonly string[]) => must('ip', ...args);
const within = (name: string) => (name === 'host' ? [] : ['ip', 'netns', 'exec', name]);

const { folder, desired, guests, flows, meddle } = Setting.parse(JSON.parse(readFileSync(0, 'utf8')));

async function makeOutside(): Promise<void> {
  await ip('link', 'set', 'lo', 'up');
  await ip('netns', 'add', 'outside');
  await ip('link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'outside');
  await ip('addr', 'add', '203.0.113.2/24', 'dev', 'uplink0');
  await ip('link', 'set', 'uplink0', 'up');
  await ip('-n', 'outside', 'link', 'set', 'lo', 'up');
  await ip('-n', 'outside', 'addr', 'add', '203.0.113.1/24', 'dev', 'eth0');
  await ip('-n', 'outside', 'addr', 'add', '198.51.100.1/32', 'dev', 'lo');
  await ip('-n', 'outside', 'link', 'set', 'eth0', 'up');
  await ip('route', 'add', 'default', 'via', '203.0.113.1');
}

/** Loading the modules takes longer than agents wait, where the machine is emulated. */
async function loadModules(): Promise<void> {
  const rule = 'meta l4proto tcp masquerade to :1024-65535; ct state established counter accept';
  const warm = `table inet warm { chain c { type nat hook postrouting priority 100; ${rule}; }; }; delete table inet warm`;
  await run(['nft', warm], { timeout: 90_000 });
  await run(['nft', '-j', 'list', 'ruleset'], { timeout: 90_000 });
}

const SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev eth0; ip route add default via "$router"; echo "$ip" > "$LEASE"
`;

const tagsOf = ({ addresses }: Guest) => addresses.flatMap(({ tag }) => tag ?? []);
const inner = ({ name }: Guest) => `in-${name}`;

/** Kernels without VLAN devices run this too: what tags for a guest is a switch of its own, behind its port. */
async function plug(guest: Guest, { network, bridge, datapath }: Place): Promise<void> {
  const { name, portgroup, addresses } = guest;
  const port = `p-${name}`;
  const tagged = tagsOf(guest).length > 0;
  await ip('netns', 'add', name);
  const peer = tagged ? ['name', `q-${name}`] : ['name', 'eth0', 'netns', name];
  await ip('link', 'add', port, 'type', 'veth', 'peer', ...peer);
  await ip('link', 'set', 'dev', port, 'alias', `patchbay:port:${network}:${portgroup}`, 'up');
  await must('ovs-vsctl', 'add-port', bridge, port);
  if (tagged) {
    const own = inner(guest);
    await must('ovs-vsctl', 'add-br', own, '--', 'set', 'Bridge', own, `datapath_type=${datapath}`);
    await must('ovs-vsctl', 'add-port', own, `q-${name}`);
    await ip('link', 'set', 'dev', `q-${name}`, 'up');
  }
  for (const { address, tag } of addresses) {
    const device = tag === undefined ? 'eth0' : `eth${tag}`;
    if (tag !== undefined) {
      const access = `${name}-${tag}`;
      await ip('link', 'add', access, 'type', 'veth', 'peer', 'name', device, 'netns', name);
      await must('ovs-vsctl', 'add-port', inner(guest), access, `tag=${tag}`);
      await ip('link', 'set', 'dev', access, 'up');
    }
    await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', device);
    await ip('-n', name, 'link', 'set', device, 'up');
  }
  if (tagged) return;
  // A switch in a process takes packets as they are, without checksum where the guest leaves it to its device.
  await must(...within(name), 'ethtool', '-K', 'eth0', 'tx', 'off');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
}

async function unplug(guest: Guest): Promise<void> {
  const { name } = guest;
  await must('ovs-vsctl', 'del-port', `p-${name}`, '--', '--if-exists', 'del-br', inner(guest));
  await ip('link', 'del', `p-${name}`);
  for (const tag of tagsOf(guest)) await ip('link', 'del', `${name}-${tag}`);
}

async function lease(name: string): Promise<string> {
  const script = path.join(folder, 'bound.sh');
  const file = path.join(folder, `${name}.lease`);
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);
  const client = ['busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '6', '-T', '1', '-s', script];
  await must(...within(name), 'env', `LEASE=${file}`, ...client);
  return readFileSync(file, 'utf8').trim();
}

const SERVER = "require('net').createServer(s=>s.end('from '+s.remoteAddress)).listen(8080,'198.51.100.1')";
const CLIENT = `const s=require('net').connect(8080,'198.51.100.1');s.setTimeout(9000,()=>process.exit(1));
s.on('data',d=>process.stdout.write(d))`;

async function main(): Promise<OvsSeen> {
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  const { datapath, stop } = await startOpenVSwitch(path.join(folder, 'ovs'));
  await makeOutside();
  await loadModules();
  const agent = await agentFacts({
    host: HostId.parse('lab:ovs'),
    version: 'test',
    runDir: folder,
    role: 'lab',
  });
  const committed = nothingCommitted('');
  const plans: string[][] = [];
  const left: string[] = [];
  const inverses: (() => Promise<void>)[] = [];
  const apply = async () => {
    const plan = planHost({ observed: await observe(agent), committed, desired });
    if (!plan.ok) throw new Error(plan.error.message);
    plans.push(plan.value.steps.map((s) => s.title));
    for (const step of plan.value.steps) {
      for (const action of step.actions) {
        const done = await runAction(action, folder);
        if (!done.ok) throw new Error(`${step.title}: ${done.error.detail ?? done.error.message}`);
      }
      inverses.unshift(async () => {
        for (const action of step.inverse) {
          const done = await runAction(action, folder);
          if (!done.ok)
            throw new Error(`back from ${step.title}: ${done.error.detail ?? done.error.message}`);
        }
      });
    }
    const verdict = verify({ observed: await observe(agent), committed, desired });
    left.push(...verdict.left.map((s) => s.title), ...(verdict.refused ? [verdict.refused.message] : []));
  };
  const there = async () => [
    ...(await must('ovs-vsctl', 'list-br')).split('\n').map((b) => `bridge ${b}`),
    ...(await ip('-br', 'link')).split('\n').map((l) => `link ${l.split(/[@ ]/)[0]}`),
  ];

  const before = await there();
  await apply();
  const made = desired.networks[0];
  if (made?.bridge === undefined) throw new Error('a network with a bridge is needed');
  const type = (await must('ovs-vsctl', 'get', 'Bridge', made.bridge.name, 'datapath_type')).trim();
  for (const guest of guests) await plug(guest, { network: made.name, bridge: made.bridge.name, datapath });
  await apply();
  const leases: Record<string, string> = {};
  for (const { name, addresses } of guests) if (addresses.length === 0) leases[name] = await lease(name);
  const reached: boolean[] = [];
  for (const { from, to } of flows)
    reached.push((await run([...within(from), 'busybox', 'ping', '-c', '2', '-W', '1', to])).ok);

  const client = guests.find((g) => g.addresses.length === 0)?.name ?? 'host';
  start([...within('outside'), process.execPath, '-e', SERVER]).once('error', () => {});
  let outside = '';
  for (let i = 0; i < 20 && outside === ''; i++) {
    const called = await run([...within(client), process.execPath, '-e', CLIENT], { timeout: 20_000 });
    outside = called.ok ? called.value.stdout : '';
  }
  const gateway = made.subnets[0]?.address ?? '';
  const asked = await run([...within(client), 'busybox', 'nslookup', 'printer.lan', gateway]);
  const dns = asked.ok ? asked.value.stdout : (asked.error.detail ?? asked.error.message);

  for (const argv of meddle) await must(...argv);
  await apply();
  for (const guest of guests) await unplug(guest);
  // What was set of the ports goes with them: the way back is that of the first plan.
  const first = inverses.slice(-(plans[0]?.length ?? 0));
  for (const back of first) await back();
  const after = await there();
  const remains = [
    ...after.filter((t) => !before.includes(t)),
    ...before.filter((t) => !after.includes(t)).map((t) => `no ${t}`),
  ];
  await stop();
  return {
    datapath,
    made: type === '""' ? 'system' : type,
    plans,
    left,
    reached,
    leases,
    outside,
    dns,
    remains,
  };
}

const seen = await main();
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
