import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { runActions } from '@/server/agent/apply';
import { sendAndCount } from '@/server/agent/nic-check/traffic';
import { agentFacts, observe } from '@/server/agent/observe';
import { startOpenVSwitch } from '@/server/agent/testing/services';
import { Desired } from '../change';
import { portMark } from '../compile/ports';
import { HostId } from '../ids';
import { Bandwidth } from '../kinds/port';
import { longTerm, overhead } from '../nic-check/limit-figures';
import { nothingCommitted, planHost } from '../plan';
import { addGuest, ip, must, nsOf } from './kernel-outside';
import { patience } from './patience';

/*
 * Runs inside namespaces of its own: makes a network with limits, plugs two guests in, and measures what really goes
 * between the host and a guest, and between the guests.
 */

export const RatesSetting = z.object({
  runDir: z.string(),
  desired: Desired,
  bridge: z.string(),
  /** It is one of a real Open vSwitch, with its files in this folder. */
  ovs: z.string().optional(),
  /** The host's address in the network; guests have .11 and .12 of it. */
  net: z.string(),
  seconds: z.int(),
  streams: z.array(
    z.object({
      name: z.string(),
      from: z.enum(['host', 'a', 'b']),
      to: z.enum(['host', 'a', 'b']),
      udp: z.int().optional(),
      /** Meanwhile a guest is sent more than there is: bits per second of UDP. */
      greedy: z.object({ to: z.enum(['a', 'b']), udp: z.int() }).optional(),
    }),
  ),
  /** What guests have of their own. */
  own: z.object({ a: Bandwidth.optional(), b: Bandwidth.optional() }).default({}),
});
export type RatesSetting = z.input<typeof RatesSetting>;

/** By stream: bytes per second that came, in whole frames. */
export type Rates = Readonly<Record<string, number>>;

/** Seconds at the beginning, and at the end, that are not counted: buckets and queues are full then, or run empty. */
const BEFORE = 2;
const AFTER = 1;
/** Bytes of payload of whoever presses. */
const DATAGRAM = 1200;

/** A guest of a switch that may be a process, which takes packets as they are: without checksum, if left to the device. */
async function plugIntoOvs(name: string, bridge: string): Promise<void> {
  await must('ovs-vsctl', 'add-port', bridge, `p-${name}`);
  await must(...nsOf(name), 'ethtool', '-K', 'eth0', 'tx', 'off');
}

async function main(setting: z.output<typeof RatesSetting>): Promise<Rates> {
  const { runDir, desired, bridge, net, seconds, streams, own } = setting;
  await ip('link', 'set', 'dev', 'lo', 'up');
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  const ovs = setting.ovs === undefined ? null : await startOpenVSwitch(setting.ovs);
  const agent = await agentFacts({ host: HostId.parse('lab:rates'), version: 'test', runDir, role: 'lab' });
  const step = async () => {
    const plan = planHost({ observed: await observe(agent), committed: nothingCommitted(''), desired });
    if (!plan.ok) throw new Error(plan.error.message);
    const done = await runActions(
      plan.value.steps.flatMap((s) => s.actions),
      runDir,
    );
    if (!done.ok) throw new Error(done.error.detail ?? done.error.message);
  };
  await step();
  for (const [name, n] of [
    ['a', 11],
    ['b', 12],
  ] as const) {
    await addGuest(name, ovs === null ? bridge : null);
    if (ovs === null) {
      const mark = portMark(desired.networks[0]?.name ?? null, null, own[name]);
      await ip('link', 'set', 'dev', `p-${name}`, 'alias', mark);
    } else await plugIntoOvs(name, bridge);
    await ip('-n', name, 'addr', 'add', `${net}.${n}/24`, 'dev', 'eth0');
    await ip('-n', name, 'link', 'set', 'dev', 'lo', 'up');
  }
  // Their ports get what their network says.
  await step();
  const address = { host: `${net}.1`, a: `${net}.11`, b: `${net}.12` };
  const rates: Record<string, number> = {};
  const endOf = (name: keyof typeof address) => ({ name, enter: nsOf(name), address: address[name] });
  for (const { name, from, to, udp, greedy } of streams) {
    const over = BEFORE + seconds + AFTER;
    const pressing = greedy === undefined ? null : press(address[greedy.to], { ...greedy, over });
    const ends = { client: endOf(from), server: endOf(to), way: 'there', allow: 25_000 * patience } as const;
    const got = await sendAndCount({
      ...{ ...ends, seconds: over },
      ...(udp === undefined ? {} : { udp }),
    });
    await pressing;
    if (!got.ok) throw new Error(`${name}: ${got.error.message} ${got.error.detail ?? ''}`);
    const { intervals, payload } = got.value;
    const protocol = udp === undefined ? 'tcp' : 'udp';
    rates[name] =
      longTerm(intervals, BEFORE, BEFORE + seconds - 0.05) *
      overhead('queue', { protocol, payload, v6: false });
  }
  await ovs?.stop();
  return rates;
}

/** Datagrams that nobody waits for, as fast as was asked, for a bit longer than what is measured. */
async function press(
  to: string,
  { udp, over }: { readonly udp: number; readonly over: number },
): Promise<void> {
  const socket = createSocket('udp4');
  const datagram = Buffer.alloc(DATAGRAM);
  const each = ((DATAGRAM + 42) * 8) / udp;
  const begin = performance.now();
  for (let sent = 0; performance.now() - begin < over * 1000; await pause(5))
    for (; sent * each * 1000 < performance.now() - begin; sent += 1) socket.send(datagram, 9, to);
  socket.close();
}

process.stdout.write(
  JSON.stringify(await main(RatesSetting.parse(JSON.parse(readFileSync(0, 'utf8'))))),
  () => process.exit(0),
);
