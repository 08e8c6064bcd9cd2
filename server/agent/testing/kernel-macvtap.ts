import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { MicroGuest } from '@/server/core/kinds/micro-guest';
import { Nic, NicName } from '@/server/core/kinds/nic';
import type { Result } from '@/server/core/result';
import { ip, must } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { run } from '../exec';
import { endProcess } from '../processes';
import { addNic, removeNic, startMachine, stopMachine } from '../qemu/machine';
import type { MachinePlace } from '../qemu/place';

/*
 * Runs inside namespaces of its own: two guests with macvtaps on one end of a veth, whose other end is outside. The
 * first leads from a tap of the host to the second. What it finds it prints.
 */

const Setting = z.object({ folder: z.string(), image: z.string(), denied: z.boolean() });

export type MacvtapSeen = {
  /** Where macvtaps may not be opened: what is said then. */
  readonly denied: string | null;
  /** Does the second guest answer the first, and the outside, by the mode of its macvtap? */
  readonly answers: Readonly<Record<string, { readonly first: boolean; readonly outside: boolean }>>;
  readonly refused: Readonly<Record<string, string>>;
  /** Of the device, in passthrough mode, and when that has ended. */
  readonly mac: readonly string[];
  /** Descriptors of the macvtap that the guest in passthrough mode has: one a queue. */
  readonly queues: number;
  /** Macvtaps after a guest was killed, and after all have ended. */
  readonly killed: readonly string[];
  readonly after: readonly string[];
};

const [DEVICE, OWN] = ['dev0', '52:54:00:00:0c:03'];
const direct = (mode: string, more: object = {}) =>
  Nic.parse({
    name: 'direct',
    mac: OWN,
    tap: 'mv1',
    source: { type: 'direct', device: DEVICE, mode },
    ...more,
  });
const first = MicroGuest.parse({
  name: 'first',
  nics: [
    { name: 'host', mac: '52:54:00:00:0c:01', tap: 'vnet0', source: { type: 'ethernet' } },
    { ...direct('bridge'), mac: '52:54:00:00:0c:02', tap: 'mv0' },
  ],
  addresses: { host: '10.1.0.2/24', direct: '10.8.0.2/24' },
  routes: true,
});
const second = (nic: Nic) =>
  MicroGuest.parse({
    ...{ name: 'second', nics: [nic], addresses: { direct: '10.8.0.3/24' }, gateway: '10.8.0.2' },
  });

const refusal = (result: Result<unknown>) =>
  result.ok ? 'not refused' : `${result.error.code}: ${result.error.message}`;
const done = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${refusal(result)} ${result.error.detail ?? ''}`);
  return result.value;
};
const answers = async (...words: readonly string[]) =>
  (await run([...words, 'ping', '-c', '1', '-W', '1', '10.8.0.3'])).ok;
const OUTSIDE = ['ip', 'netns', 'exec', 'outside'];
const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + 60_000 * patience; performance.now() < end; await pause(200))
    if (await is()) return;
  throw new Error(`${what} did not happen`);
};
const macvtaps = async () =>
  [...(await must('ip', '-o', 'link', 'show', 'type', 'macvtap')).matchAll(/^\d+: ([^:@]+)/gm)]
    .map((m) => m[1] ?? '')
    .sort();
const macOf = async () => (await must('cat', `/sys/class/net/${DEVICE}/address`)).trim();

async function main({ folder, image, denied }: z.infer<typeof Setting>): Promise<MacvtapSeen> {
  const place: MachinePlace = { folder: path.join(folder, 'guests'), image };
  await must('mount', '-t', 'sysfs', 'sys', '/sys');
  await must('mount', '-t', 'tmpfs', 'run', '/run');
  await ip('link', 'set', 'dev', 'lo', 'up');
  await ip('netns', 'add', 'outside');
  await ip('link', 'add', DEVICE, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'outside');
  await ip('-n', 'outside', 'address', 'add', '10.8.0.1/24', 'dev', 'eth0');
  await ip('-n', 'outside', 'link', 'set', 'dev', 'eth0', 'up');
  await ip('link', 'add', 'name', 'br0', 'type', 'bridge');
  await ip('link', 'add', 'name', 'port0', 'type', 'veth', 'peer', 'name', 'port1');
  await ip('link', 'set', 'dev', 'port0', 'master', 'br0');
  const mac = [await macOf()];
  const nothing = { answers: {}, refused: {}, mac: [], queues: 0, killed: [] };
  if (denied) {
    const said = refusal(await startMachine(place, second(direct('bridge'))));
    return { ...nothing, denied: said, after: await macvtaps() };
  }

  done(await startMachine(place, first));
  await ip('address', 'add', '10.1.0.1/24', 'dev', 'vnet0');
  await ip('link', 'set', 'dev', 'vnet0', 'up');
  await ip('route', 'add', '10.8.0.0/24', 'via', '10.1.0.2');
  done(await startMachine(place, second(direct('bridge'))));
  const seen: Record<string, MacvtapSeen['answers'][string]> = {};
  const look = async (mode: string) => {
    await until(`the guest in mode ${mode} answers outside`, () => answers(...OUTSIDE));
    if (mode.startsWith('bridge')) await until('the guests reach each other', () => answers());
    seen[mode] = { first: await answers(), outside: await answers(...OUTSIDE) };
  };
  await look('bridge');
  const name = second(direct('bridge')).name;
  const card = NicName.parse('direct');
  for (const mode of ['private', 'vepa', 'bridge again']) {
    done(await removeNic(place, name, card));
    done(await addNic(place, name, direct(mode.split(' ')[0] ?? '')));
    await look(mode);
  }
  const extra = { name: 'extra', mac: '52:54:00:00:0c:04', tap: 'mv9' };
  const on = (device: string, mode = 'bridge') => ({ source: { type: 'direct', device, mode } });
  const refused: Record<string, string> = {
    missing: refusal(await addNic(place, name, direct('bridge', { ...extra, ...on('eth9') }))),
    'passthrough beside others': refusal(await addNic(place, name, direct('passthrough', extra))),
    'a port': refusal(await addNic(place, name, direct('bridge', { ...extra, ...on('port0') }))),
    'the same name': refusal(await addNic(place, name, direct('bridge', { ...extra, tap: 'mv1' }))),
  };

  for (const guest of [first.name, name]) done(await stopMachine(place, guest));
  const alone = done(await startMachine(place, second(direct('passthrough', { queues: 2 }))));
  await until('the guest in mode passthrough answers outside', () => answers(...OUTSIDE));
  mac.push(await macOf());
  const index = (await must('cat', '/sys/class/net/mv1/ifindex')).trim();
  const held = await must('ls', '-l', `/proc/${alone.pid}/fd`);
  const queues = [...held.matchAll(new RegExp(` (/dev/tap${index}|\\S+/node-mv1)( |$)`, 'gm'))].length;
  refused['beside passthrough'] = refusal(await addNic(place, name, direct('bridge', extra)));
  await endProcess(alone);
  await until('its macvtap is gone', async () => (await macvtaps()).length === 0);
  const killed = await macvtaps();
  mac.push(await macOf());
  done(await startMachine(place, second(direct('bridge'))));
  done(await stopMachine(place, name));
  return { denied: null, answers: seen, refused, mac, queues, killed, after: await macvtaps() };
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
