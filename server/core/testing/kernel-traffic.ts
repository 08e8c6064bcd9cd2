import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { Desired } from '../change';
import { HostId } from '../ids';
import { nothingCommitted, planHost } from '../plan';

/*
 * Runs inside namespaces of its own: makes the desired networks on a real kernel, plugs guests in, and sees who
 * reaches whom. There is an outside with a route back to every guest, so that what does not arrive was dropped.
 */

const Setting = z.object({
  runDir: z.string(),
  desired: Desired,
  /** Commands that take the place of our firewall rules. */
  instead: z.array(z.array(z.string())).nullable(),
  guests: z.array(
    z.object({ name: z.string(), bridge: z.string(), address: z.string(), gateway: z.string() }),
  ),
  /** From a guest, `outside` or `host`, to an address. */
  flows: z.array(z.object({ from: z.string(), to: z.string() })),
});
export type Setting = z.infer<typeof Setting>;

export type Traffic = {
  /** By flow, in the order they were given: did a ping come back? */
  readonly reached: readonly boolean[];
  /** Packets that came to the outside with a guest's own address. */
  readonly unmasked: number;
};

async function must(...argv: readonly string[]): Promise<string> {
  const ran = await run(argv);
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}
const ip = (...args: readonly string[]) => must('ip', ...args);
const nsOf = (name: string) => (name === 'host' ? [] : ['ip', 'netns', 'exec', name]);

/** Named namespaces want a /run of their own. */
async function makeOutside(): Promise<void> {
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  await ip('link', 'set', 'dev', 'lo', 'up');
  await ip('netns', 'add', 'outside');
  await ip('link', 'add', 'name', 'uplink0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'outside');
  await ip('addr', 'add', '203.0.113.2/24', 'dev', 'uplink0');
  await ip('link', 'set', 'dev', 'uplink0', 'up');
  await ip('route', 'add', 'default', 'via', '203.0.113.1');
  const out = (...args: readonly string[]) => ip('-n', 'outside', ...args);
  await out('link', 'set', 'dev', 'lo', 'up');
  await out('addr', 'add', '203.0.113.1/24', 'dev', 'eth0');
  await out('addr', 'add', '198.51.100.1/32', 'dev', 'lo');
  await out('link', 'set', 'dev', 'eth0', 'up');
  await out('route', 'add', '192.168.0.0/16', 'via', '203.0.113.2');
  const count =
    'table ip count { chain in { type filter hook prerouting priority 0; ip saddr 192.168.0.0/16 counter; }; }';
  await must(...nsOf('outside'), 'nft', count);
}

async function plugIn({ name, bridge, address, gateway }: Setting['guests'][number]): Promise<void> {
  await ip('netns', 'add', name);
  await ip('link', 'add', 'name', `p-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', 'dev', `p-${name}`, 'master', bridge, 'up');
  await ip('-n', name, 'addr', 'add', address, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'dev', 'eth0', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', gateway);
}

async function make({ runDir, desired, instead }: Setting): Promise<void> {
  const agent = await agentFacts({ host: HostId.parse('lab:traffic'), version: 'test', runDir, role: 'lab' });
  const plan = planHost({ observed: await observe(agent), committed: nothingCommitted(''), desired });
  if (!plan.ok) throw new Error(plan.error.message);
  for (const action of plan.value.steps.flatMap((s) => s.actions)) {
    // Nobody asks for DHCP or names here.
    if (action.do !== 'run') continue;
    const done = await runAction(action, runDir);
    if (!done.ok) throw new Error(done.error.message);
  }
  if (instead === null) return;
  await must('nft', 'delete', 'table', 'inet', 'patchbay');
  for (const argv of instead) await must(...argv);
}

async function main(setting: Setting): Promise<Traffic> {
  await makeOutside();
  await make(setting);
  for (const guest of setting.guests) await plugIn(guest);
  const reached = await Promise.all(
    setting.flows.map(async ({ from, to }) => {
      const ran = await run([...nsOf(from), 'busybox', 'ping', '-c', '2', '-W', '1', to]);
      return ran.ok;
    }),
  );
  const counted = await must(...nsOf('outside'), 'nft', 'list', 'table', 'ip', 'count');
  return { reached, unmasked: Number(/packets (\d+)/.exec(counted)?.[1]) };
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))));
