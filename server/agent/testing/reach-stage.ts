import { patience } from '@/server/core/testing/patience';
import { run } from '../exec';
import { ipAll, must } from './packets-stage';

/*
 * For a program inside namespaces of its own: a host that routes between two bridges and to an outside, and guests that
 * are namespaces. Faults are made in it, and taken away again.
 */

export const HOST = 'host';
const GUESTS = {
  a: ['br0', '192.168.50.11'],
  b: ['br0', '192.168.50.12'],
  d: ['br0', '192.168.50.14'],
  c: ['br1', '192.168.60.11'],
} as const;
const GATEWAYS = { br0: '192.168.50.1', br1: '192.168.60.1' } as const;
export const OUTSIDE = '203.0.113.1';
const NAT =
  'table ip nat { chain post { type nat hook postrouting priority 100; oifname "up0" masquerade; }; }';

/** Addresses of the places that cases name. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(GUESTS).map(([name, [, address]]) => [name, address])),
  ...{ [HOST]: GATEWAYS.br0, [OUTSIDE]: OUTSIDE },
};

export async function makeStage(): Promise<void> {
  await must(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  const names = Object.keys(GUESTS);
  await ipAll(['link set lo up', ...[...names, 'outside'].map((n) => `netns add ${n}`)]);
  await ipAll([
    ...Object.entries(GATEWAYS).flatMap(([bridge, address]) => [
      `link add ${bridge} type bridge forward_delay 0`,
      `addr add ${address}/24 dev ${bridge}`,
      `link set ${bridge} up`,
    ]),
    ...Object.entries(GUESTS).flatMap(([name, [bridge]]) => [
      `link add v-${name} type veth peer name eth0 netns ${name}`,
      `link set v-${name} master ${bridge} up`,
    ]),
    ...[
      'link add up0 type veth peer name eth0 netns outside',
      'addr add 203.0.113.2/24 dev up0',
      'link set up0 up',
    ],
    `route add default via ${OUTSIDE}`,
  ]);
  for (const [name, [bridge, address]] of Object.entries(GUESTS))
    await ipAll(
      [
        'link set lo up',
        'link set eth0 up',
        `addr add ${address}/24 dev eth0`,
        `route add default via ${GATEWAYS[bridge]}`,
      ],
      name,
    );
  await ipAll(['link set lo up', 'link set eth0 up', `addr add ${OUTSIDE}/24 dev eth0`], 'outside');
  await must(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
  await must(['nft', NAT]);
}

/** Runs the lines of a case, by busybox's shell. */
export const shellLines = (lines: readonly string[]) => must(['sh', '-es'], `${lines.join('\n')}\n`);

/** Does an answer come? Two tries: the first may wait for an address to be resolved. */
export async function answers(from: string, to: string): Promise<boolean> {
  const place = from === HOST ? [] : ['ip', 'netns', 'exec', from === OUTSIDE ? 'outside' : from];
  const address = ADDRESSES[to] ?? to;
  const tried = await run([...place, 'ping', '-n', '-c', '2', '-i', '0.2', '-W', `${patience}`, address], {
    timeout: 30_000 * patience,
  });
  return tried.ok;
}
