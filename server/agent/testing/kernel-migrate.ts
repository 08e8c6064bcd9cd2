import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { MicroGuest } from '@/server/core/kinds/micro-guest';
import { Nic } from '@/server/core/kinds/nic';
import type { Result } from '@/server/core/result';
import { ip, must } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { run, start } from '../exec';
import { openHooks } from '../hooks';
import { startMachine, stopMachine, withMonitor } from '../qemu/machine';
import { receiveMachine, sendMachine } from '../qemu/migrate';
import type { MachinePlace } from '../qemu/place';
import { recordedTaps } from '../qemu/tap-record';
import { tapSetup } from '../qemu/tap-setup';

/*
 * Runs inside namespaces of its own: a guest moves from a QEMU here to a QEMU in network namespace `there` while it is
 * pinged. The bridges of both are connected by a cable. With the word `there` it is the other end.
 */

const Setting = z.object({ folder: z.string(), image: z.string() });
const Link = z.tuple([
  z.object({
    flags: z.array(z.string()),
    master: z.string().optional(),
    stats64: z.object({ rx: z.object({ packets: z.int() }), tx: z.object({ packets: z.int() }) }),
  }),
]);

const Status = z.object({ status: z.string() });

export type MigrateSeen = {
  /** The tap there, whenever it was looked at before the end. */
  readonly waiting: readonly string[];
  readonly looked: number;
  readonly recordedBefore: readonly string[];
  /** Once it has arrived. */
  readonly arrived: string;
  readonly recordedAfter: readonly string[];
  /** Taps here, and hooks that ran, here and there. */
  readonly left: readonly string[];
  readonly hooks: readonly string[];
  readonly sent: number;
  readonly answered: number;
  /** By the address that answered last: where the bridge there has learned the guest. */
  readonly learned: string;
  readonly refused: string;
  readonly stays: boolean;
  /** Where its tap could not be set up. */
  readonly unplugged: readonly string[];
};

const done = <T>(result: Result<T>): T => {
  if (!result.ok)
    throw new Error(`${result.error.code}: ${result.error.message} ${result.error.detail ?? ''}`);
  return result.value;
};
const until = async (what: string, is: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + 200_000 * patience; performance.now() < end; await pause(100))
    if (await is()) return;
  throw new Error(`${what} did not happen`);
};

const guest = (tap: string) =>
  MicroGuest.parse({
    name: 'mover',
    nics: [
      Nic.parse({ name: 'net0', mac: '52:54:00:00:04:01', tap, source: { type: 'bridge', bridge: 'br0' } }),
    ],
    addresses: { net0: '10.9.0.2/24' },
  });
const placeOf = (folder: string, image: string, end: string): MachinePlace => ({
  ...{ folder: path.join(folder, end), image },
  taps: tapSetup({ hooks: openHooks(path.join(folder, `hooks-${end}`)), bridges: true }),
});
const recorded = (place: MachinePlace) =>
  recordedTaps(place).map((t) => `${t.guest} ${t.nic} ${t.tap} ${t.holder} ${t.state}`);

async function there({ folder, image }: z.infer<typeof Setting>): Promise<void> {
  const place = placeOf(folder, image, 'there');
  const arrival = done(await receiveMachine(place, guest('pbthere'), path.join(folder, 'way')));
  writeFileSync(path.join(folder, 'listens'), '');
  done(await arrival.arrived);
  writeFileSync(path.join(folder, 'arrived'), '');
  await until('the end of the test', () => existsSync(path.join(folder, 'over')));
  done(await stopMachine(place, guest('pbthere').name));
}

async function here({ folder, image }: z.infer<typeof Setting>): Promise<MigrateSeen> {
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  await ip('netns', 'add', 'there');
  const other = (...args: readonly string[]) => ip('-n', 'there', ...args);
  await ip('link', 'set', 'dev', 'lo', 'up');
  await ip('link', 'add', 'name', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', 'there');
  for (const on of [ip, other]) {
    await on('link', 'add', 'name', 'br0', 'type', 'bridge');
    await on('link', 'set', 'dev', 'br0', 'up');
    await on('link', 'set', 'dev', 'cable', 'master', 'br0', 'up');
  }
  await ip('addr', 'add', '10.9.0.1/24', 'dev', 'br0');
  for (const end of ['here', 'there'])
    for (const [moment, line] of [
      ['pre-up', `touch ${folder}/begun-${end}`],
      ['post-up', `echo "${end} post-up $INSTANCE $INTERFACE $BRIDGE" >>${folder}/diary`],
      ['pre-down', `echo "${end} pre-down $INSTANCE $INTERFACE $BRIDGE" >>${folder}/diary`],
    ] as const) {
      const own = path.join(folder, `hooks-${end}`, `${moment}.d`);
      mkdirSync(own, { recursive: true, mode: 0o755 });
      writeFileSync(path.join(own, '10-tell'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
  const place = placeOf(folder, image, 'here');
  done(await startMachine(place, guest('pbhere')));
  const answers = async () => (await run(['ping', '-c', '1', '-W', '1', '10.9.0.2'])).ok;
  await until('an answer of the guest', answers);
  // Nobody listens: it goes on where it is.
  const missed = await sendMachine(place, {
    guest: guest('pbhere').name,
    socket: path.join(folder, 'nobody'),
  });
  const refused = missed.ok ? 'not refused' : missed.error.code;
  const stays = await answers();

  const end = start(
    ['ip', 'netns', 'exec', 'there', process.execPath, process.argv[1] ?? '', 'there', folder, image],
    { log: path.join(folder, 'there.log') },
  );
  let dead = false;
  end.once('exit', () => {
    dead = true;
  });
  const whenThere = (file: string) => () => {
    if (dead) throw new Error(`the other end: ${readFileSync(path.join(folder, 'there.log'), 'utf8')}`);
    return existsSync(path.join(folder, file));
  };
  await until('the other end listens', whenThere('listens'));
  const recordedBefore = recorded({ folder: path.join(folder, 'there'), image });

  const pings = start(['ping', '-i', '0.2', '-W', '1', '10.9.0.2'], { log: path.join(folder, 'pings') });
  const tap = async () => {
    const [link] = Link.parse(JSON.parse(await other('-j', '-s', 'link', 'show', 'dev', 'pbthere')));
    const { rx, tx } = link.stats64;
    const packets = rx.packets + tx.packets > 0 ? 'packets' : 'no packets';
    return `${link.flags.includes('UP') ? 'up' : 'down'}, in ${link.master ?? 'nothing'}, ${packets}`;
  };
  const waiting = new Set<string>();
  let looked = 0;
  let over = false;
  const most = 8 * 1024 * 1024;
  const sending = sendMachine(place, { guest: guest('pbhere').name, socket: path.join(folder, 'way'), most });
  void sending.finally(() => {
    over = true;
  });
  while (!over && !existsSync(path.join(folder, 'arrived'))) {
    const seen = await tap();
    // It may have arrived, and its tap's set-up have begun, while we looked.
    if (over || existsSync(path.join(folder, 'begun-there'))) break;
    waiting.add(seen);
    looked += 1;
    await pause(100);
  }
  done(await sending);
  await until('the guest has arrived', whenThere('arrived'));
  await until('an answer of the guest from there', answers);
  await pause(2000);
  pings.kill('SIGINT');
  await until('the count of pings', () =>
    readFileSync(path.join(folder, 'pings'), 'utf8').includes('received'),
  );
  const [, sent, answered] =
    /(\d+) packets transmitted, (\d+) received/.exec(readFileSync(path.join(folder, 'pings'), 'utf8')) ?? [];
  const fdb = await must('bridge', '-n', 'there', 'fdb', 'show', 'br', 'br0');
  const learned = /52:54:00:00:04:01 dev (\S+)/.exec(fdb)?.[1] ?? '';
  const seen = {
    ...{ waiting: [...waiting], looked, recordedBefore, refused, stays, learned },
    ...{ arrived: await tap(), recordedAfter: recorded({ folder: path.join(folder, 'there'), image }) },
    left: [...(await must('ip', '-o', 'link', 'show')).matchAll(/^\d+: (pb\w+)/gm)].map((m) => m[1] ?? ''),
    hooks: readFileSync(path.join(folder, 'diary'), 'utf8').trim().split('\n'),
    ...{ sent: Number(sent), answered: Number(answered) },
  };
  writeFileSync(path.join(folder, 'over'), '');
  await until('the other end has ended', () => dead);
  return { ...seen, unplugged: await unplugged(place, { folder, image }) };
}

/** A hook where it arrives fails before its tap is up. */
async function unplugged(
  from: MachinePlace,
  { folder, image }: z.infer<typeof Setting>,
): Promise<readonly string[]> {
  const to = placeOf(folder, image, 'unplugged');
  const own = path.join(folder, 'hooks-unplugged/pre-up.d');
  mkdirSync(own, { recursive: true, mode: 0o755 });
  writeFileSync(path.join(own, '10-no'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const { name } = guest('pbhere');
  done(await startMachine(from, guest('pbhere')));
  const socket = path.join(folder, 'unplugged-way');
  const arrival = done(await receiveMachine(to, guest('pbalone'), socket));
  done(await sendMachine(from, { guest: name, socket }));
  const arrived = await arrival.arrived;
  const status = await withMonitor(to, name, (qmp) => qmp.execute('query-status'));
  const up = await must('ip', '-o', 'link', 'show', 'dev', 'pbalone', 'up');
  const seen = [
    arrived.ok ? 'set up' : arrived.error.code,
    ...recorded(to),
    Status.parse(done(status)).status,
    up === '' ? 'down' : 'up',
  ];
  done(await stopMachine(to, name));
  return seen;
}

const [, , word, folder, image] = process.argv;
if (word === 'there') {
  await there(Setting.parse({ folder, image }));
  process.exit(0);
} else
  process.stdout.write(JSON.stringify(await here(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
    process.exit(0),
  );
