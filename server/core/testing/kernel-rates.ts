import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runActions } from '@/server/agent/apply';
import { sendAndCount } from '@/server/agent/nic-check/traffic';
import { agentFacts, observe } from '@/server/agent/observe';
import { Desired } from '../change';
import { HostId } from '../ids';
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
  /** The host's address in the network; guests have .11 and .12 of it. */
  net: z.string(),
  seconds: z.int(),
  streams: z.array(
    z.object({
      name: z.string(),
      from: z.enum(['host', 'a', 'b']),
      to: z.enum(['host', 'a', 'b']),
      udp: z.int().optional(),
    }),
  ),
});
export type RatesSetting = z.infer<typeof RatesSetting>;

/** By stream: bytes per second that came, in whole frames. */
export type Rates = Readonly<Record<string, number>>;

/** Seconds at the beginning, and at the end, that are not counted: buckets and queues are full then, or run empty. */
const BEFORE = 2;
const AFTER = 1;

async function main({ runDir, desired, bridge, net, seconds, streams }: RatesSetting): Promise<Rates> {
  await ip('link', 'set', 'dev', 'lo', 'up');
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
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
    await addGuest(name, bridge);
    await ip('-n', name, 'addr', 'add', `${net}.${n}/24`, 'dev', 'eth0');
    await ip('-n', name, 'link', 'set', 'dev', 'lo', 'up');
  }
  // Their ports get what their network says.
  await step();
  const address = { host: `${net}.1`, a: `${net}.11`, b: `${net}.12` };
  const rates: Record<string, number> = {};
  const endOf = (name: keyof typeof address) => ({ name, enter: nsOf(name), address: address[name] });
  for (const { name, from, to, udp } of streams) {
    const ends = { client: endOf(from), server: endOf(to), way: 'there', allow: 25_000 * patience } as const;
    const got = await sendAndCount({
      ...{ ...ends, seconds: BEFORE + seconds + AFTER },
      ...(udp === undefined ? {} : { udp }),
    });
    if (!got.ok) throw new Error(`${name}: ${got.error.message} ${got.error.detail ?? ''}`);
    const { intervals, payload } = got.value;
    const protocol = udp === undefined ? 'tcp' : 'udp';
    rates[name] =
      longTerm(intervals, BEFORE, BEFORE + seconds - 0.05) *
      overhead('queue', { protocol, payload, v6: false });
  }
  return rates;
}

process.stdout.write(
  JSON.stringify(await main(RatesSetting.parse(JSON.parse(readFileSync(0, 'utf8'))))),
  () => process.exit(0),
);
