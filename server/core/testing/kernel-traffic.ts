import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run, start } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { Desired } from '../change';
import { HostId } from '../ids';
import { nothingCommitted, planHost } from '../plan';
import { addGuest, ip, makeOutside, must, nsOf } from './kernel-outside';

/*
 * Runs inside namespaces of its own: makes the desired networks on a real kernel, plugs guests in, and sees who
 * reaches whom. There is an outside with a route back to every guest, so that what does not arrive was dropped.
 */

const Setting = z.object({
  runDir: z.string(),
  desired: Desired,
  guests: z.array(
    z.object({
      name: z.string(),
      bridge: z.string(),
      address: z.string(),
      gateway: z.string(),
      /** IPv6, with prefix length. */
      address6: z.string().optional(),
      gateway6: z.string().optional(),
    }),
  ),
  /** From a guest, `outside` or `host`, to an address. */
  flows: z.array(z.object({ from: z.string(), to: z.string() })),
  /** TCP servers that tell callers by which address and port they see them. */
  servers: z.array(z.object({ at: z.string(), port: z.int() })).optional(),
  /** TCP connections to them. */
  calls: z.array(z.object({ from: z.string(), to: z.string(), port: z.int() })).optional(),
});
export type Setting = z.infer<typeof Setting>;

export type Traffic = {
  /** By flow, in the order they were given: did a ping come back? */
  readonly reached: readonly boolean[];
  /** Packets that came to the outside with a guest's own address. */
  readonly unmasked: number;
  /** By call: `SERVER sees ADDRESS PORT`; null when nobody answered. */
  readonly answers: readonly (string | null)[];
};

async function countUnmasked(): Promise<void> {
  const count = [
    'table inet count { chain in { type filter hook prerouting priority 0;',
    'ip saddr 192.168.0.0/16 counter; ip6 saddr fd00::/8 counter; }; }',
  ].join(' ');
  await must(...nsOf('outside'), 'nft', count);
}

async function plugIn(guest: Setting['guests'][number]): Promise<void> {
  const { name, bridge, address, gateway, address6, gateway6 } = guest;
  await addGuest(name, bridge);
  await ip('-n', name, 'addr', 'add', address, 'dev', 'eth0');
  if (address6 !== undefined) await ip('-n', name, 'addr', 'add', address6, 'dev', 'eth0', 'nodad');
  await ip('-n', name, 'route', 'add', 'default', 'via', gateway);
  if (gateway6 !== undefined) await ip('-n', name, '-6', 'route', 'add', 'default', 'via', gateway6);
}

async function make({ runDir, desired }: Setting): Promise<void> {
  const agent = await agentFacts({ host: HostId.parse('lab:traffic'), version: 'test', runDir, role: 'lab' });
  const plan = planHost({ observed: await observe(agent), committed: nothingCommitted(''), desired });
  if (!plan.ok) throw new Error(plan.error.message);
  for (const action of plan.value.steps.flatMap((s) => s.actions)) {
    // Nobody asks for DHCP or names here.
    if (action.do !== 'run') continue;
    const done = await runAction(action, runDir);
    if (!done.ok) throw new Error(done.error.message);
  }
}

const NODE = process.execPath;

/** Without `::ffff:` before IPv4: it says whom it serves, and by which address and port it sees the caller. */
const SERVER = `const [,name,port]=process.argv;require('net').createServer(s=>{s.on('error',()=>{});
s.end([name,'sees',s.remoteAddress.replace('::ffff:',''),s.remotePort].join(' '))}).listen(+port,'::')`;

async function serve({ at, port }: { readonly at: string; readonly port: number }): Promise<void> {
  const child = start([...nsOf(at), NODE, '-e', SERVER, at, String(port)]);
  child.on('error', () => {}); // shows as nobody listening below
  for (let i = 0; i < 200; i++) {
    const there = await must(...nsOf(at), 'cat', '/proc/net/tcp6');
    if (there.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `)) return;
    await pause(25);
  }
  throw new Error(`nobody listens at ${at} port ${port}`);
}

const CALL = `const [,host,port]=process.argv;const s=require('net').connect(+port,host);let t='';
s.setTimeout(1500,()=>process.exit(1));s.on('error',()=>process.exit(1));
s.on('data',d=>t+=d);s.on('close',()=>process.stdout.write(t))`;

async function call({ from, to, port }: NonNullable<Setting['calls']>[number]): Promise<string | null> {
  const ran = await run([...nsOf(from), NODE, '-e', CALL, to, String(port)]);
  return ran.ok && ran.value.stdout !== '' ? ran.value.stdout : null;
}

async function main(setting: Setting): Promise<Traffic> {
  await makeOutside();
  await countUnmasked();
  await make(setting);
  for (const guest of setting.guests) await plugIn(guest);
  const reached = await Promise.all(
    setting.flows.map(async ({ from, to }) => {
      const ran = await run([...nsOf(from), 'busybox', 'ping', '-c', '2', '-W', '1', to]);
      return ran.ok;
    }),
  );
  for (const server of setting.servers ?? []) await serve(server);
  // One after the other: a busy machine must not look like a firewall.
  const answers: (string | null)[] = [];
  for (const one of setting.calls ?? []) answers.push(await call(one));
  const counted = await must(...nsOf('outside'), 'nft', 'list', 'table', 'inet', 'count');
  const packets = [...counted.matchAll(/packets (\d+)/g)].map((m) => Number(m[1]));
  return { reached, unmasked: packets.reduce((a, b) => a + b, 0), answers };
}

// The servers hold on to the loop; the process namespace ends with us, and they with it.
process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
