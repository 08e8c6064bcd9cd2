import { run } from '@/server/agent/exec';
import { measureWay } from '@/server/agent/nic-check/measure-limit';
import { agentFacts, observe } from '@/server/agent/observe';
import type { Desired } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import type { Bandwidth } from '@/server/core/kinds/port';
import { type EndPoint, hopsBetween, limitsOn } from '@/server/core/limits-on-way';
import { addGuest, ip, must, nsOf } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { desired, network } from '@/server/core/testing/sample-network';
import { change, hostIn } from './inside';

/*
 * Runs in namespaces of its own: a device limited to each of these rates, and what gets through it, over UDP and TCP, in
 * both directions. Arguments: folder, rates in Mbit/s with commas between. Prints one JSON value.
 */

const [folder = '', rates = '1'] = process.argv.slice(2);
const NET = '192.168.5';
const BRIDGE = 'virbr5';

/** How something comes to be limited: one more kind of device is one more entry. */
const DEVICES: { readonly [device: string]: (bandwidth: Bandwidth) => Desired } = {
  'bridge of a network': (bandwidth) => desired(network(5, { bandwidth })),
  "guest's port": (bandwidth) =>
    desired(network(5, { portgroups: [{ name: 'all', default: true, bandwidth }] })),
};

/** A quarter of a second's worth, and no less than a few packets' time; towards guests it goes at twice the rate. */
function bandwidthFor(mbit: number): Bandwidth {
  const average = mbit * 125;
  const burst = Math.max(64, Math.round(average / 4));
  return { inbound: { average, peak: 2 * average, burst }, outbound: { average, burst } };
}

type Row = {
  readonly device: string;
  readonly mbit: number;
  readonly way: 'inbound' | 'outbound';
  readonly by: string;
  /** Shares of what is configured; null: not measured. */
  readonly udp: number | null;
  readonly tcp: number;
  readonly burst: number | null;
};

await must('mount', '-t', 'tmpfs', 'run', '/run');
await must('ip', 'link', 'set', 'dev', 'lo', 'up');
const host = await hostIn(`${folder}/run`);
const agent = await agentFacts({
  ...{ host: HostId.parse('lab:bench'), version: 'bench' },
  runDir: `${folder}/run`,
  role: 'lab',
});
await change(host, desired(network(5)));
await addGuest('a', BRIDGE);
await ip('-n', 'a', 'addr', 'add', `${NET}.11/24`, 'dev', 'eth0');
const guest: EndPoint = { port: 'p-a' };
const bridge: EndPoint = { bridge: BRIDGE };
const ends = {
  client: { name: 'a', enter: nsOf('a'), address: `${NET}.11` },
  server: { name: BRIDGE, enter: [], address: `${NET}.1` },
  allow: 25_000 * patience,
};
// The first packets of all wait for neighbours to be found.
await run([...nsOf('a'), 'ping', '-c', '1', '-W', '2', `${NET}.1`]);

const rows: Row[] = [];
for (const [device, design] of Object.entries(DEVICES)) {
  for (const mbit of rates.split(',').map(Number)) {
    const wanted = design(bandwidthFor(mbit));
    await change(host, wanted);
    const observed = await observe(agent);
    for (const way of ['inbound', 'outbound'] as const) {
      const hops =
        way === 'inbound' ? hopsBetween(observed, bridge, guest) : hopsBetween(observed, guest, bridge);
      const limits = limitsOn(observed, wanted, hops);
      const [limit] = limits;
      if (limit === undefined) throw new Error(`nothing limits ${device} ${way}`);
      const goes = way === 'inbound' ? 'back' : 'there';
      const got = await measureWay({ ...ends, way: goes, limits }, () => {});
      if (!got.ok)
        throw new Error(`${device}, ${mbit} Mbit/s: ${got.error.message} ${got.error.detail ?? ''}`);
      const { udp, tcp, burst } = got.value;
      const row: Row = {
        ...{ device, mbit, way, by: limit.by },
        udp: udp === null ? null : udp.rate / limit.rate,
        tcp: tcp / limit.rate,
        burst: burst === null || limit.burst === null ? null : burst / limit.burst,
      };
      process.stderr.write(`${JSON.stringify(row)}\n`);
      rows.push(row);
    }
  }
}
process.stdout.write(JSON.stringify(rows), () => process.exit(0));
