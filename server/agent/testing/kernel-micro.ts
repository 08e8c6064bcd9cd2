import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { IfName } from '@/server/core/ids';
import { MicroGuest } from '@/server/core/kinds/micro-guest';
import { Nic, NicName } from '@/server/core/kinds/nic';
import { items } from '@/server/core/observed';
import type { Result } from '@/server/core/result';
import { ip, must } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { run, start } from '../exec';
import { observeLinksAndPorts } from '../observe/links';
import { observeTapHolders } from '../observe/tap-holders';
import { addNic, removeNic, setCable, startMachine, stopMachine } from '../qemu/machine';
import { findMachine, type MachinePlace, serialOf } from '../qemu/place';
import { openTap } from '../qemu/tap';

/*
 * Runs inside namespaces of its own: the firewall with five NICs of 2007 (each on a segment of its own), a guest behind
 * its socket and one behind its multicast segment, with a cable of UDP between these two. What it finds it prints.
 */

const Setting = z.object({ folder: z.string(), image: z.string(), swaps: z.int() });

export type MicroSeen = {
  /** Addresses that answered ping from the host. */
  readonly answers: readonly string[];
  /** MAC by NIC, as the firewall says it. */
  readonly macs: Readonly<Record<string, string>>;
  /** Who is seen to hold which tap: guest and MAC address. */
  readonly holders: Readonly<Record<string, string>>;
  readonly cable: readonly string[];
  /** Taps after a NIC was put in, and after it was taken out. */
  readonly plugged: readonly string[];
  readonly unplugged: readonly string[];
  /** How often a NIC was put in and taken out, and what was there more than before. */
  readonly swaps: number;
  readonly left: readonly string[];
  /** Codes and sentences of what must fail. */
  readonly refused: Readonly<Record<string, string>>;
  readonly after: readonly string[];
};

const nic = (name: string, n: number, source: object, tap?: string) =>
  Nic.parse({ name, mac: `52:54:00:00:01:0${n}`, source, ...(tap === undefined ? {} : { tap }) });

const firewall = MicroGuest.parse({
  name: 'firewall',
  nics: [
    nic('private', 1, { type: 'network', network: 'private' }, 'vnet1'),
    nic('public', 2, { type: 'bridge', bridge: 'xenbr0' }, 'vnet2'),
    nic('routed', 3, { type: 'ethernet' }, 'vnet3'),
    nic('cable', 4, { type: 'server', address: '127.0.0.1', port: 5555 }),
    nic('hub', 5, { type: 'mcast', address: '230.0.0.1', port: 5558 }),
  ],
  addresses: {
    ...{
      private: 'dhcp',
      public: '10.2.0.2/24',
      routed: '10.3.0.2/24',
      cable: '10.4.0.1/24',
      hub: '10.5.0.1/24',
    },
  },
  gateway: '10.4.0.2',
  routes: true,
});
const udp = (own: number, other: number) => ({
  ...{ type: 'udp', address: '127.0.0.1', port: other },
  local: { address: '127.0.0.1', port: own },
});
const behindCable = MicroGuest.parse({
  name: 'behind-cable',
  nics: [
    nic('cable', 6, { type: 'client', address: '127.0.0.1', port: 5555 }),
    nic('udp', 7, udp(5601, 5602)),
    { ...nic('own', 8, { type: 'user' }), model: 'e1000' },
  ],
  addresses: { cable: '10.4.0.2/24', udp: '10.6.0.1/24', own: 'dhcp' },
  gateway: '10.4.0.1',
  routes: true,
});
const behindHub = MicroGuest.parse({
  name: 'behind-hub',
  nics: [
    nic('hub', 9, { type: 'mcast', address: '230.0.0.1', port: 5558 }),
    { ...nic('udp', 0, udp(5602, 5601)), model: 'rtl8139' },
  ],
  addresses: { hub: '10.5.0.2/24', udp: '10.6.0.2/24' },
  gateway: '10.6.0.1',
});

const done = <T>(result: Result<T>): T => {
  if (!result.ok)
    throw new Error(`${result.error.code}: ${result.error.message} ${result.error.detail ?? ''}`);
  return result.value;
};
const until = async (what: string, is: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + 300_000 * patience; performance.now() < end; await pause(200))
    if (await is()) return;
  throw new Error(`${what} did not happen`);
};
const devices = async () =>
  [...(await must('ip', '-o', 'link', 'show')).matchAll(/^\d+: ([^:@]+)/gm)].map((m) => m[1] ?? '').sort();
const refusal = (result: Result<unknown>) =>
  result.ok ? 'not refused' : `${result.error.code}: ${result.error.message}`;

async function main({ folder, image, swaps }: z.infer<typeof Setting>): Promise<MicroSeen> {
  const place: MachinePlace = { folder: path.join(folder, 'guests'), image };
  await ip('link', 'set', 'dev', 'lo', 'up');
  await ip('route', 'add', '224.0.0.0/4', 'dev', 'lo');
  await ip('link', 'set', 'dev', 'lo', 'multicast', 'on');
  for (const [bridge, address] of [
    ['virbr0', '192.168.122.1/24'],
    ['xenbr0', '10.2.0.1/24'],
  ] as const) {
    await ip('link', 'add', 'name', bridge, 'type', 'bridge');
    await ip('addr', 'add', address, 'dev', bridge);
    await ip('link', 'set', 'dev', bridge, 'up');
  }
  const dnsmasq = start(
    [
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--interface=virbr0'],
      ...['--bind-interfaces', '--dhcp-range=192.168.122.10,192.168.122.90'],
      ...[`--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/dnsmasq.pid`, '--dhcp-authoritative'],
    ],
    { log: path.join(folder, 'dnsmasq.log') },
  );
  const before = await devices();

  done(await startMachine(place, firewall));
  for (const [tap, bridge] of [
    ['vnet1', 'virbr0'],
    ['vnet2', 'xenbr0'],
  ] as const)
    await ip('link', 'set', 'dev', tap, 'master', bridge, 'up');
  await ip('addr', 'add', '10.3.0.1/24', 'dev', 'vnet3');
  await ip('link', 'set', 'dev', 'vnet3', 'up');
  for (const net of ['10.4.0.0/24', '10.5.0.0/24', '10.6.0.0/24'])
    await ip('route', 'add', net, 'via', '10.2.0.2');
  done(await startMachine(place, behindCable));
  done(await startMachine(place, behindHub));
  const refused: Record<string, string> = {
    'runs already': refusal(await startMachine(place, firewall)),
    'tap taken': refusal(openTap(IfName.parse('vnet1'), { queues: 1, vnetHdr: true })),
    'no tap': refusal(openTap(IfName.parse('xenbr0'), { queues: 1, vnetHdr: true })),
  };

  const lease = (guest: MicroGuest, eth: string) =>
    new RegExp(`patchbay: ${eth} is at (\\S+)`).exec(serialOf(place, guest.name))?.[1] ?? '';
  await until('a lease of our DHCP server', () => lease(firewall, 'eth0').startsWith('192.168.122.'));
  await until("a lease of QEMU's own router", () => lease(behindCable, 'eth2') !== '');
  const leased = lease(firewall, 'eth0').split('/')[0] ?? '';
  const answers: string[] = [];
  for (const to of [leased, '10.2.0.2', '10.3.0.2', '10.4.0.1', '10.4.0.2', '10.5.0.2', '10.6.0.2']) {
    await until(`an answer from ${to}`, async () => (await run(['ping', '-c', '1', '-W', '3', to])).ok);
    answers.push(to === leased ? 'leased' : to);
  }
  const macs = Object.fromEntries(
    [...serialOf(place, firewall.name).matchAll(/patchbay: (eth\d) has (\S+)/g)].map((m) => [m[1], m[2]]),
  );

  const held = items(observeTapHolders((await observeLinksAndPorts()).links));
  const holders = Object.fromEntries(
    held.map(({ device, processes }) => [device, processes.map((p) => `${p.guest} ${p.mac}`).join(', ')]),
  );

  const cable: string[] = [];
  const said = () => serialOf(place, firewall.name).match(/eth0 is (unplugged|at \S+)/g) ?? [];
  const pull = async (plugged: boolean, what: string) => {
    done(await setCable(place, firewall.name, { nic: NicName.parse('private'), plugged }));
    await until(`eth0 is ${what}`, () => said().at(-1)?.startsWith(`eth0 is ${what}`) === true);
    cable.push(`eth0 is ${what}`);
  };
  await pull(false, 'unplugged');
  await pull(true, 'at');

  const extra = nic('extra', 1, { type: 'network', network: 'private' }, 'vnet9');
  const card = Nic.parse({ ...extra, mac: '52:54:00:00:02:01' });
  const running = await devices();
  const swap = async (): Promise<readonly string[]> => {
    done(await addNic(place, firewall.name, card));
    const plugged = await devices();
    await ip('link', 'set', 'dev', 'vnet9', 'master', 'virbr0', 'up');
    return plugged;
  };
  const plugged = await swap();
  await until('a lease of the NIC that was put in', () => lease(firewall, 'eth5') !== '');
  const direct = nic('direct', 2, { type: 'direct', device: 'xenbr0', mode: 'bridge' });
  refused.direct = refusal(await addNic(place, firewall.name, direct));
  refused['same name'] = refusal(await addNic(place, firewall.name, card));
  done(await removeNic(place, firewall.name, card.name));
  const unplugged = await devices();
  const descriptors = async () =>
    (await must('ls', `/proc/${findMachine(place, firewall.name)?.pid}/fd`)).trim().split('\n').length;
  const open = await descriptors();
  for (let n = 0; n < swaps; n += 1) {
    await swap();
    await until('the guest knows the NIC', () => /eth5 has/.test(serialOf(place, firewall.name).slice(-400)));
    done(await removeNic(place, firewall.name, card.name));
    await until('the guest let go', () => /eth5 is gone/.test(serialOf(place, firewall.name).slice(-200)));
  }
  const left = (await devices()).filter((d) => !running.includes(d));
  if ((await descriptors()) > open) left.push(`${(await descriptors()) - open} descriptors`);
  refused['no such NIC'] = refusal(await removeNic(place, firewall.name, card.name));

  for (const guest of [behindHub, behindCable, firewall]) done(await stopMachine(place, guest.name));
  refused.gone = refusal(await addNic(place, firewall.name, card));
  dnsmasq.kill('SIGKILL');
  return {
    ...{ answers, macs, holders, cable, refused, left, swaps },
    plugged: plugged.filter((d) => !running.includes(d)),
    unplugged: unplugged.filter((d) => !running.includes(d)),
    after: (await devices()).filter((d) => !before.includes(d)),
  };
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
