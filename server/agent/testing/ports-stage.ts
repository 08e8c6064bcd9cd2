import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { canonical } from '@/server/core/canonical';
import type { Committed, Plan } from '@/server/core/change';
import { commandText } from '@/server/core/compile/render';
import { effectLines } from '@/server/core/effect';
import { GuestName, HostId, IfName, NetworkName } from '@/server/core/ids';
import { Network } from '@/server/core/kinds/network';
import { items, type Observed } from '@/server/core/observed';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { verify } from '@/server/core/verify';
import { runAction } from '../apply';
import { run } from '../exec';
import { keepGuests } from '../guests';
import { openLog } from '../log';
import { agentFacts, observe } from '../observe';

/*
 * For programs that run inside namespaces of their own, with the arguments SCENE and FOLDER: real guests of a lab in
 * real networks, and packets between them.
 */

export const [scene = '', folder = ''] = process.argv.slice(2);
const runDir = path.join(folder, `run-${scene}`);
mkdirSync(runDir, { recursive: true });

export const must = async (...argv: readonly string[]): Promise<string> => {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
};
export const ip = (...args: readonly string[]) => must('ip', ...args);

await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
await ip('link', 'set', 'dev', 'lo', 'up');
const agent = await agentFacts({ host: HostId.parse('lab:ports'), version: 'test', runDir, role: 'lab' });
/** What is in force. */
export let committed: Committed = nothingCommitted('');
export const look = () => observe(agent);

export const guests = keepGuests({
  ...{
    home: runDir,
    runDir,
    observe: look,
    desired: () => committed.desired,
    version: () => committed.version,
    changed: () => {},
  },
  // Addresses are given by hand.
  dhcpScript: '/bin/true',
  place: { folder: path.join(runDir, 'machines'), image: '/nowhere' },
  log: openLog(runDir, 'ports'),
});

export const network = (more: object) =>
  Network.parse({
    ...{ kind: 'network', name: 'lan', forward: { mode: 'none' }, bridge: { name: 'virbr1', stp: false } },
    ...{ subnets: [{ address: '10.1.0.1', prefix: 24 }], ...more },
  });
export const poolNetwork = (forward: object, more: object = {}) =>
  network({ forward, bridge: undefined, subnets: [], ...more });

const runAll = async (actions: Plan['steps'][number]['actions']) => {
  for (const action of actions) {
    const done = await runAction(action, runDir);
    if (!done.ok) throw new Error(`${commandText(action)}: ${done.error.detail ?? done.error.message}`);
  }
};

/** What a change of ours may touch, for comparing before and after. */
const essence = (o: Observed) =>
  canonical([
    items(o.links)
      .map(({ name, mac, mtu, master, alias, bridge }) => ({ name, mac, mtu, master, alias, bridge }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    o.vlans.known ? Object.values(o.vlans.value).sort((a, b) => (a.port < b.port ? -1 : 1)) : null,
    items(o.bridgePorts)
      .map(({ port, isolated, learning, flood }) => ({ port, isolated, learning, flood }))
      .sort((a, b) => (a.port < b.port ? -1 : 1)),
    items(o.fdb)
      .filter((e) => e.state === 'static')
      .map((e) => `${e.port} ${e.mac} ${e.vlan}`)
      .sort(),
    items(o.routes)
      .filter((r) => r.protocol === 'static')
      .map((r) => `${r.destination} ${r.gateway} ${r.metric}`)
      .sort(),
  ]);

/** Goes there, back by the inverses, and there again; throws when anything is left over or not as it was. */
export async function become(
  ...networks: readonly Network[]
): Promise<{ titles: readonly string[]; noticed: readonly string[] }> {
  const desired = { networks, links: [] };
  const before = await look();
  const plan = planHost({ observed: before, committed, desired });
  if (!plan.ok) throw new Error(`refused: ${plan.error.message}`);
  const { steps, effects } = plan.value;
  await runAll(steps.flatMap((s) => s.actions));
  const expectDone = async () => {
    const { left, refused } = verify({ observed: await look(), committed, desired });
    if (refused) throw new Error(`cannot be verified: ${refused.message}`);
    if (left.length > 0)
      throw new Error(
        `left over: ${left
          .flatMap((s) => s.actions)
          .map(commandText)
          .join('; ')}`,
      );
  };
  await expectDone();
  await runAll([...steps].reverse().flatMap((s) => s.inverse));
  const back = await look();
  if (essence(back) !== essence(before))
    throw new Error(`the inverses did not restore:\n${essence(before)}\n${essence(back)}`);
  await runAll(steps.flatMap((s) => s.actions));
  await expectDone();
  committed = { ...committed, version: committed.version + 1, desired };
  return { titles: steps.map((s) => s.title), noticed: effectLines(effects) };
}

export const nameOf = (name: string) => GuestName.parse(name);
export async function guest(
  name: string,
  into: { network?: string; portgroup?: string; bridge?: string },
): Promise<string> {
  const { network: net, portgroup, bridge } = into;
  const added = await guests.add({
    ...{ name: nameOf(name), bridge: bridge === undefined ? null : IfName.parse(bridge), portgroup },
    network: net === undefined ? undefined : NetworkName.parse(net),
  });
  if (added.ok) return added.value.port;
  process.stderr.write(`${name}: ${added.error.message} ${added.error.detail ?? ''}\n`);
  return added.error.message;
}
const inside = (name: string) => (name === 'host' ? [] : ['ip', 'netns', 'exec', name]);
export const address = (name: string, cidr: string, device = 'eth0') =>
  ip('-n', name, 'address', 'add', cidr, 'dev', device);
export async function tagged(name: string, vid: number, cidr: string): Promise<void> {
  await ip(
    '-n',
    name,
    'link',
    'add',
    'link',
    'eth0',
    'name',
    `eth0.${vid}`,
    'type',
    'vlan',
    'id',
    String(vid),
  );
  await ip('-n', name, 'link', 'set', 'dev', `eth0.${vid}`, 'up');
  await address(name, cidr, `eth0.${vid}`);
}
export async function reaches(from: string, to: string, ...more: readonly string[]): Promise<boolean> {
  const ran = await run([...inside(from), 'ping', '-c', '2', '-i', '0.2', '-W', '1', ...more, to]);
  return ran.ok;
}
/** Packets lost by a ping that runs while something else is done. */
export async function lostDuring(from: string, to: string, work: () => Promise<unknown>): Promise<number> {
  const ping = run([...inside(from), 'ping', '-c', '40', '-i', '0.1', '-W', '2', to], { timeout: 60_000 });
  await pause(500);
  await work();
  const ran = await ping;
  const said = ran.ok ? ran.value.stdout : (ran.error.detail ?? ran.error.message);
  const [, sent, got] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? [];
  return Number(sent) - Number(got);
}

/** A device of this host that leads to a network outside; the host has the address .1 there, `.254` answers. */
export async function outside(device: string, net: string): Promise<void> {
  const space = `out-${device}`;
  await ip('netns', 'add', space);
  await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
  await ip('address', 'add', `${net}.1/24`, 'dev', device);
  await ip('link', 'set', 'dev', device, 'up');
  await ip('-n', space, 'address', 'add', `${net}.254/24`, 'dev', 'eth0');
  await ip('-n', space, 'link', 'set', 'dev', 'eth0', 'up');
}
