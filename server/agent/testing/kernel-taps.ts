import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { GuestName } from '@/server/core/ids';
import { MicroGuest } from '@/server/core/kinds/micro-guest';
import { Nic, NicName } from '@/server/core/kinds/nic';
import type { Result } from '@/server/core/result';
import { ip, makeOutside, must, nsOf } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { run } from '../exec';
import { openHooks } from '../hooks';
import { addNic, removeNic, startMachine, stopMachine } from '../qemu/machine';
import type { MachinePlace } from '../qemu/place';
import { recordedTaps } from '../qemu/tap-record';
import { tapSetup } from '../qemu/tap-setup';

/*
 * Runs inside namespaces of its own: guests whose taps are set up by scripts, by hooks, and by routes, and an outside
 * that finds the routed one by proxy ARP and NDP. What it finds it prints.
 */

const Setting = z.object({ folder: z.string(), image: z.string() });

export type TapsSeen = {
  /** What scripts and hooks wrote down, in turn. */
  readonly scripts: readonly string[];
  readonly hooks: readonly string[];
  /** Codes and sentences of what must fail, and what it left. */
  readonly refused: Readonly<Record<string, string>>;
  readonly left: readonly string[];
  /** What went wrong once a tap was up, and whether it stayed. */
  readonly trouble: string;
  readonly stayed: boolean;
  readonly recorded: readonly string[];
  /** Who answered whom. */
  readonly routed: Readonly<Record<string, boolean>>;
  /** Rules, routes and proxies more than before, with the guest and after it. */
  readonly during: readonly string[];
  readonly after: readonly string[];
};

const done = <T>(result: Result<T>): T => {
  if (!result.ok)
    throw new Error(`${result.error.code}: ${result.error.message} ${result.error.detail ?? ''}`);
  return result.value;
};
const refusal = (result: Result<unknown>) =>
  result.ok ? 'not refused' : `${result.error.code}: ${result.error.message}`;

async function main({ folder, image }: z.infer<typeof Setting>): Promise<TapsSeen> {
  await makeOutside();
  await must('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
  await ip('link', 'add', 'name', 'br0', 'type', 'bridge');
  await ip('link', 'set', 'dev', 'br0', 'up');
  const diary = path.join(folder, 'diary');
  const place: MachinePlace = { folder: path.join(folder, 'guests'), image };
  const said = () => {
    const lines = readFileSync(diary, 'utf8').trim().split('\n').filter(Boolean);
    writeFileSync(diary, '');
    return lines;
  };
  const program = (file: string, text: string, mode = 0o755) => {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, mode);
    return file;
  };
  writeFileSync(diary, '');
  const taps = async () =>
    [...(await must('ip', '-o', 'link', 'show')).matchAll(/^\d+: (pb\w+)/gm)].map((m) => m[1] ?? '');
  const nic = (name: string, n: number, source: object) =>
    Nic.parse({ name, mac: `52:54:00:00:03:0${n}`, tap: `pb${name}`, source });
  const guest = (name: string, nics: readonly Nic[], more: object = {}) =>
    MicroGuest.parse({ name, nics, ...more });
  const left: string[] = [];
  const refused: Record<string, string> = {};

  // Scripts.
  const note = (what: string) =>
    `ip link show dev $1 >/dev/null 2>&1 || gone=' (gone)'; echo "${what} $1$gone" >>${diary}`;
  const script = program(path.join(folder, 'if-up'), note('up'));
  const downscript = program(path.join(folder, 'if-down'), note('down'));
  const bad = program(
    path.join(folder, 'if-bad'),
    'echo first words; echo there is no such bridge >&2; exit 3',
  );
  const scripted = (name: string, n: number) => nic(name, n, { type: 'ethernet', script, downscript });
  refused['script fails'] = refusal(
    await startMachine(
      place,
      guest('bad', [scripted('one', 1), nic('two', 2, { type: 'ethernet', script: bad })]),
    ),
  );
  left.push(...(await taps()));
  done(await startMachine(place, guest('scripted', [scripted('one', 1)], { addresses: { one: 'none' } })));
  const name = GuestName.parse('scripted');
  refused['script of another NIC fails'] = refusal(
    await addNic(place, name, nic('two', 2, { type: 'ethernet', script: bad })),
  );
  left.push(...(await taps()).filter((tap) => tap !== 'pbone'));
  done(await addNic(place, name, scripted('three', 3)));
  await pause(1000);
  for (const end = performance.now() + 120_000 * patience; performance.now() < end; await pause(500))
    if ((await removeNic(place, name, NicName.parse('three'))).ok) break;
  const records = () => recordedTaps(place).map((t) => `${t.guest} ${t.nic} ${t.tap} ${t.holder} ${t.state}`);
  const recorded = [...records()];
  // Its holder dies by itself: whoever comes after finds that written down.
  const pid = recordedTaps(place)[0]?.pid;
  await must('kill', '-KILL', String(pid));
  for (const end = performance.now() + 20_000 * patience; performance.now() < end; await pause(100))
    if (!(await taps()).includes('pbone')) break;
  recorded.push(...records());
  done(await stopMachine(place, name));
  const scripts = said();

  // Hooks.
  const own = path.join(folder, 'hooks');
  const tell =
    'echo "$WHAT $INSTANCE $MAC $MODE $INTERFACE $INTERFACE_INDEX [$TAGS] [$IP] $LINK $BRIDGE [$VLAN] $1"';
  for (const moment of ['pre-up', 'post-up', 'pre-down', 'post-down'])
    program(path.join(own, `${moment}.d/10-tell`), `WHAT=${moment}; ${tell} >>${diary}`);
  program(
    path.join(own, 'parts/bridge'),
    `WHAT=bridge; ${tell} >>${diary}; [ $1 = down ] || ip link set $INTERFACE master $BRIDGE`,
  );
  const hooked: MachinePlace = { ...place, taps: tapSetup({ hooks: openHooks(own), bridges: true }) };
  const bridged = guest(
    'hooked',
    [nic('zero', 0, { type: 'user' }), nic('net', 4, { type: 'bridge', bridge: 'br0' })].map((n) =>
      n.name === 'zero' ? Nic.parse({ ...n, tap: undefined }) : n,
    ),
    {
      addresses: { net: 'none' },
    },
  );
  done(await startMachine(hooked, bridged));
  await must('sh', '-c', 'ip -o link show dev pbnet | grep -q "master br0.*UP\\|UP.*master br0"');
  done(await stopMachine(hooked, bridged.name));
  const hooks = said();
  program(path.join(own, 'post-up.d/20-late'), 'echo no such address book >&2; exit 1');
  done(await startMachine(hooked, bridged));
  const record: { nics: { trouble?: string }[] } = JSON.parse(
    readFileSync(path.join(place.folder, 'hooked/taps.json'), 'utf8'),
  );
  const trouble = record.nics[1]?.trouble ?? '';
  const stayed = (await taps()).includes('pbnet');
  done(await stopMachine(hooked, bridged.name));
  rmSync(path.join(own, 'post-up.d/20-late'));
  const early = path.join(own, 'pre-up.d/20-early');
  program(early, 'echo it is Sunday; exit 1');
  refused['hook before up fails'] = refusal(await startMachine(hooked, bridged));
  program(early, 'true', 0o777);
  refused['hook is writable'] = refusal(await startMachine(hooked, bridged));
  program(early, 'true', 0o644);
  refused['hook is not executable'] = refusal(await startMachine(hooked, bridged));
  left.push(...(await taps()));

  // Routed: the guest is in the outside's subnets, by proxies alone.
  const state = async () =>
    (
      await Promise.all([
        must('ip', 'rule'),
        must('ip', '-6', 'rule'),
        must('ip', 'route', 'show', 'table', 'all', 'proto', 'static'),
        must('ip', '-6', 'route', 'show', 'table', 'all', 'proto', 'static'),
        must('ip', 'neigh', 'show', 'proxy'),
        must('ip', '-6', 'neigh', 'show', 'proxy'),
      ])
    ).flatMap((text) =>
      text
        .split('\n')
        .map((l) => l.replace(/\s+/g, ' ').trim())
        .filter((l) => l !== ''),
    );
  const before = await state();
  const addresses = ['203.0.113.77', '2001:db8:1::77'];
  const router = guest(
    'routed',
    [
      nic('way', 5, {
        ...{ type: 'routed', addresses, device: 'uplink0', table: 177 },
        gateways: ['2001:db8:1::1'],
      }),
    ],
    { addresses: { way: '203.0.113.77/24,2001:db8:1::77/64' } },
  );
  done(await startMachine(place, router));
  const during = (await state()).filter((line) => !before.includes(line));
  const answers = async (from: string, to: string) => {
    const ping = [...nsOf(from), 'ping', '-c', '1', '-W', '2', to];
    for (const end = performance.now() + 120_000 * patience; performance.now() < end; await pause(300))
      if ((await run(ping)).ok) return true;
    return false;
  };
  const routed = {
    'outside IPv4': await answers('outside', '203.0.113.77'),
    'outside IPv6': await answers('outside', '2001:db8:1::77'),
    'host IPv4': await answers('host', '203.0.113.77'),
  };
  done(await stopMachine(place, router.name));
  const after = (await state()).filter((line) => !before.includes(line));
  left.push(...(await taps()));
  return { scripts, hooks, refused, left, trouble, stayed, recorded, routed, during, after };
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
