import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runAction } from '@/server/agent/apply';
import { agentFacts, observe } from '@/server/agent/observe';
import { startLibvirt, startOpenVSwitch } from '@/server/agent/testing/services';
import type { Committed, Desired } from '../change';
import { commandText } from '../compile/render';
import { HostId } from '../ids';
import { items } from '../observed';
import { nothingCommitted, planHost } from '../plan';
import { sameTaps, verify } from '../verify';
import { addGuest, ip, makeOutside, must, nsOf } from './kernel-outside';
import { LIVE, type Live, LiveSetting } from './live-edits';
import { pingStream, type Stream, tcpStream } from './live-streams';

/*
 * Runs inside namespaces of its own, as root: networks, one on each footing, with two guests each who talk to each
 * other and to the outside, goes from one desired state to the next while they do, and counts what was lost.
 */

/** Longest wait for a stream to go on after an edit: TCP doubles the time between its tries. */
const PATIENCE = 60_000;

async function main({ folder, states, footings, every }: LiveSetting): Promise<Live> {
  await makeOutside();
  await ip('-n', 'outside', 'route', 'add', '10.0.0.0/8', 'via', '203.0.113.2');
  const ovs = await startOpenVSwitch(path.join(folder, 'ovs'));
  const libvirt = footings.includes('libvirt') ? await startLibvirt(path.join(folder, 'libvirt')) : null;
  const agent = await agentFacts({
    host: HostId.parse('lab:live'),
    version: 'test',
    runDir: folder,
    role: 'lab',
  });
  const faults: string[] = [];
  let committed: Committed = nothingCommitted('');
  const walkTo = async (desired: Desired): Promise<readonly string[]> => {
    const before = await observe(agent);
    const plan = planHost({ observed: before, committed, desired });
    if (!plan.ok) throw new Error(plan.error.message);
    for (const action of plan.value.steps.flatMap((s) => s.actions)) {
      const done = await runAction(action, folder);
      if (!done.ok) throw new Error(`${commandText(action)}: ${done.error.detail ?? done.error.message}`);
    }
    const after = await observe(agent);
    faults.push(
      ...sameTaps(before, after),
      ...verify({ observed: after, committed, desired }).left.map((s) => `left over: ${s.title}`),
    );
    committed = { ...committed, version: committed.version + 1, desired };
    return plan.value.steps.map((s) => s.title);
  };
  const pids = async () => new Map(items((await observe(agent)).dnsmasq).map((d) => [d.network, d.pid]));

  const [first, ...rest] = states;
  if (first === undefined) throw new Error('there is no state');
  await walkTo(first.desired);
  const talks: (() => Stream | Promise<Stream>)[] = [];
  for (const on of footings) {
    const { bridge, net, n: k } = LIVE[on];
    for (const n of [1, 2]) {
      const name = `${on}${n}`;
      if (on === 'ovs') {
        await addGuest(name, null);
        await must('ovs-vsctl', 'add-port', bridge, `p-${name}`);
        // A switch in a process takes packets as they are, without checksum where the guest leaves it to its device.
        if (ovs.datapath === 'netdev') await must(...nsOf(name), 'ethtool', '-K', 'eth0', 'tx', 'off');
      } else await addGuest(name, bridge);
      await ip('-n', name, 'addr', 'add', `${net}.1${n}/24`, 'dev', 'eth0');
      await ip('-n', name, 'route', 'add', 'default', 'via', `${net}.1`);
    }
    const [a, b] = [`${on}1`, `${on}2`];
    await must(...nsOf(a), 'ping', '-c', '1', '-W', '9', `${net}.12`);
    await must(...nsOf(a), 'ping', '-c', '1', '-W', '9', '198.51.100.1');
    const guest = { from: a, to: `${net}.12`, at: b, port: 5201 };
    const outside = { from: a, to: '198.51.100.1', at: 'outside', port: 5300 + k };
    const forwarded = { from: 'outside', to: '203.0.113.2', at: a, port: 5201, through: 8000 + k };
    const rate = 10_000_000 / every;
    talks.push(
      () => pingStream(`${on} guest ping`, guest, every),
      () => pingStream(`${on} outside ping`, outside, every),
      () => tcpStream(`${on} guest TCP`, guest, rate),
      () => tcpStream(`${on} outside TCP`, outside, rate),
    );
    if (on !== 'libvirt') talks.push(() => tcpStream(`${on} forwarded TCP`, forwarded, rate));
  }
  const streams: Stream[] = [];
  for (const talk of talks) streams.push(await talk());
  const settle = async (still: readonly string[]) => {
    const moment = performance.now();
    const waited = streams.filter((s) => !still.includes(s.name));
    while (performance.now() < moment + PATIENCE && !waited.every((s) => s.since(moment) && s.enough()))
      await pause(20);
    return moment;
  };
  await settle([]);

  const edits: Live['edits'] = [];
  let had = await pids();
  for (const { desired, still } of rest) {
    for (const stream of streams) stream.begin();
    const begun = performance.now();
    const steps = await walkTo(desired);
    const seconds = Number(((performance.now() - begun) / 1000).toFixed(1));
    const moment = await settle(still);
    const has = await pids();
    edits.push({
      steps: [...steps],
      streams: streams.map((s) => ({ name: s.name, ...s.passed(moment) })),
      restarted: [...has.keys()].filter((n) => had.get(n) !== has.get(n)),
      seconds,
    });
    had = has;
    const gone = streams.filter((t) => !t.passed(moment).lives && !still.includes(t.name));
    process.stderr.write(
      `${edits.length} ${steps.join('; ')}: ${seconds} s; ends: ${gone.map((t) => t.name)}\n`,
    );
    // What the next edit does to a connection is seen on one that is there.
    for (const [i, talk] of talks.entries()) {
      const ended = streams[i];
      if (ended === undefined || !gone.includes(ended)) continue;
      ended.end();
      streams[i] = await talk();
    }
  }
  for (const stream of streams) stream.end();
  await libvirt?.stop();
  await ovs.stop();
  return { datapath: ovs.datapath, edits, faults };
}

process.stdout.write(JSON.stringify(await main(LiveSetting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
