import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { type CheckResult, NicCheck } from '@/server/core/nic-check/request';
import type { Result } from '@/server/core/result';
import { hasOvs, hasPrograms } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { run, start } from '../exec';
import {
  commandOf,
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesIn,
  until,
} from '../testing/machine';
import { applied } from '../testing/story';

await prepareKernelTests();
const lacks = [
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  ...((await hasPrograms('iperf3')) ? [] : ['iperf3']),
];
if (lacks.length > 0) console.warn(`SKIPPED: no guest was checked, for want of ${lacks.join(', ')}`);

const subnet = (net: string, more: object = {}) => ({
  ...{ address: `${net}.1`, prefix: 24 },
  dhcp: { ranges: [{ start: `${net}.100`, end: `${net}.200` }], hosts: [], ...more },
});
/** One network that says what to boot, one with VLANs on Open vSwitch. */
const NETWORKS = Desired.parse({
  networks: [
    {
      ...{ kind: 'network', name: 'plain', forward: { mode: 'nat' } },
      bridge: { name: 'virbr1', stp: false },
      subnets: [subnet('10.31.0', { bootp: { file: 'pxelinux.0', server: '10.31.0.1' } })],
    },
    {
      ...{ kind: 'network', name: 'fabric', footing: 'ovs', forward: { mode: 'nat' } },
      bridge: { name: 'ovsbr0', stp: false },
      subnets: [subnet('10.32.0')],
      portgroups: [
        { name: 'red', vlan: { tags: [{ id: 10 }] } },
        { name: 'blue', vlan: { tags: [{ id: 20 }] } },
      ],
    },
  ],
});
const GUESTS = {
  a: { network: 'plain' },
  b: { network: 'plain' },
  r1: { network: 'fabric', portgroup: 'red' },
  r2: { network: 'fabric', portgroup: 'red' },
  blue: { network: 'fabric', portgroup: 'blue' },
};

type Asked = {
  [C in NicCheck['check']]: Omit<Extract<NicCheck, { check: C }>, 'from' | 'to'>;
}[NicCheck['check']] & {
  readonly from: string;
  readonly to?: string;
};

describe.skipIf(lacks.length > 0)('checks of NICs', () => {
  const { m, lab } = machineWithLab();
  const ask = async (check: Asked): Promise<Result<CheckResult>> =>
    lab.request('guest.check', { id: randomUUID(), check: NicCheck.parse(check) }, 90_000 * patience);
  const check = async (asked: Asked): Promise<CheckResult> => {
    const done = await ask(asked);
    if (!done.ok) throw new Error(`${done.error.message} ${done.error.detail ?? ''}`);
    return done.value;
  };
  const says = async (asked: Asked) => {
    const { verdict, sentence } = await check(asked);
    return `${verdict}: ${sentence}`;
  };
  const enter = () => {
    const pid = String(labAgentPid(m.state, 'lab'));
    return ['nsenter', '-t', pid, '--user', '--mount', '--net', '--preserve-credentials', '--wd=/'];
  };
  const inLab = async (...argv: readonly string[]): Promise<string> => {
    const ran = await run([...enter(), ...argv]);
    if (!ran.ok) throw new Error(`${ran.error.message} ${ran.error.detail ?? ''}`);
    return ran.value.stdout;
  };
  const portOf = async (guest: string): Promise<string> => {
    const kept = JSON.parse(readFileSync(path.join(m.state, 'labs/lab/guests.json'), 'utf8'));
    return kept.guests.find((g: { name: string }) => g.name === guest).port;
  };
  const drop = (rule: string) =>
    inLab('nft', `table bridge t { chain f { type filter hook forward priority 0; ${rule} drop\n}\n}`);
  const undrop = () => inLab('nft', 'delete table bridge t');

  test('guests are there and have their leases', async () => {
    const { changeId, nonce } = await applied(lab, NETWORKS, 120 * patience);
    expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
    for (const [name, where] of Object.entries(GUESTS))
      expect(await lab.request('guest.add', { name, bridge: null, ...where })).toMatchObject({ ok: true });
    const talk = async () => {
      const pinged = await ask({ check: 'ping', from: 'a', to: 'b' });
      return pinged.ok && pinged.value.verdict === 'ok';
    };
    await until(talk, 'they talk', 30_000);
    expect(await says({ check: 'ping', from: 'a', to: '10.31.0.77' })).toMatch(
      /^fault: 10\.31\.0\.77 does not answer a: none of \d+ packets came back\.$/,
    );
  });

  test('the largest packet is that of the MTU, or of what is in the way', async () => {
    const jumbo = { check: 'jumbo', from: 'a', to: 'b' } as const;
    expect(await says(jumbo)).toBe(
      'ok: Packets of up to 1500 bytes get from a to b whole: the MTU on the way.',
    );
    await drop('meta length > 1300');
    expect(await says(jumbo)).toBe(
      'fault: Packets of more than 1300 bytes do not get from a to b whole, though every device that is known on the way takes 1500.',
    );
    await undrop();
  });

  test('throughput is measured both ways', async () => {
    expect(await says({ check: 'throughput', from: 'a', to: 'b' })).toMatch(
      /^ok: [\d.]+ [MG]bit\/s from a to b, [\d.]+ [MG]bit\/s back, over TCP\.$/,
    );
    const self = await ask({ check: 'throughput', from: 'a', to: 'a' });
    expect(self).toMatchObject({ error: { code: 'SAME_GUEST' } });
  });

  test('broadcasts arrive in their VLAN and nowhere else', async () => {
    expect(await says({ check: 'vlan', from: 'r1' })).toBe(
      'ok: Untagged broadcasts of r1 (VLAN 10) arrive at r2 and nowhere else, as it should be.',
    );
    // A port in one VLAN takes no tags.
    expect(await says({ check: 'vlan', from: 'r1', vid: 20 })).toBe(
      'ok: Broadcasts tagged 20 of r1 arrive nowhere, as it should be: nobody else is in this segment.',
    );
    expect(await says({ check: 'vlan', from: 'a' })).toBe(
      'ok: Untagged broadcasts of a arrive at b and nowhere else, as it should be.',
    );
    await drop('ether daddr ff:ff:ff:ff:ff:ff');
    expect(await says({ check: 'vlan', from: 'a' })).toBe(
      'fault: Untagged broadcasts of a do not arrive at b, which is in the same segment.',
    );
    await undrop();
  });

  test('who offers an address and something to boot is named, also when there are two', async () => {
    expect(await says({ check: 'dhcp', from: 'a' })).toMatch(
      /^ok: 10\.31\.0\.1 offers a the address 10\.31\.0\.\d+\.$/,
    );
    expect(await says({ check: 'pxe', from: 'a' })).toBe(
      'ok: 10.31.0.1 offers a pxelinux.0 to boot from 10.31.0.1.',
    );
    expect(await says({ check: 'dhcp', from: 'blue' })).toBe(
      'fault: Nobody offers blue an address: no DHCP server hears it, or its network has none.',
    );
    const second = start([
      ...[
        ...enter(),
        'ip',
        'netns',
        'exec',
        'b',
        'dnsmasq',
        '--no-daemon',
        '--port=0',
        '--conf-file=/dev/null',
      ],
      ...['--interface=eth0', '--dhcp-range=10.31.0.50,10.31.0.60', '--dhcp-leasefile=/run/second.leases'],
      '--pid-file=/run/second.pid',
    ]);
    const two =
      /^fault: 2 DHCP servers offer a an address: [\d.]+ and [\d.]+\. Which one it takes is chance\.$/;
    await until(async () => two.test(await says({ check: 'dhcp', from: 'a' })), 'both answer', 30_000);
    second.kill('SIGKILL');
  });

  test('a pulled cable is seen, and one that is out is said to be', async () => {
    expect(await says({ check: 'link', from: 'a' })).toBe(
      'ok: Guest a sees its cable pulled, and plugged in again.',
    );
    const port = await portOf('a');
    await inLab('ip', 'link', 'set', 'dev', port, 'down');
    expect(await says({ check: 'link', from: 'a' })).toBe(
      `fault: Guest a sees no link: its cable ${port} is down or plugged in nowhere.`,
    );
    await inLab('ip', 'link', 'set', 'dev', port, 'up');
  });

  test('nobody is checked who is not there, and what is done is told', async () => {
    expect(await ask({ check: 'dhcp', from: 'nobody' })).toMatchObject({
      error: { code: 'NO_SUCH_GUEST', message: 'There is no guest nobody in this lab.' },
    });
    const told: string[] = [];
    const watch = lab.watch(
      { rates: false },
      {
        onSnapshot: () => told.push('begun'),
        onEvent: (e) => e.event === 'check' && told.push(e.progress.doing),
        onDown: () => {},
      },
    );
    await until(async () => told.length > 0, 'it listens');
    await check({ check: 'vlan', from: 'a' });
    await until(async () => told.includes('a sends, 4 others listen'), 'it is told', 5_000);
    watch.stop();
  });

  test('nothing of a check is left', async () => {
    const state = async () => {
      const rules = await inLab('nft', '-s', 'list', 'ruleset');
      const links = await inLab('ip', '-br', 'link', 'show');
      const inside = processesIn(pidNamespace(labAgentPid(m.state, 'lab')));
      return [rules, links, inside.filter((pid) => commandOf(pid).includes('iperf3')).length];
    };
    const before = await state();
    for (const what of ['dhcp', 'vlan', 'link'] as const) await check({ check: what, from: 'a' });
    await check({ check: 'throughput', from: 'a', to: 'b' });
    await until(async () => JSON.stringify(await state()) === JSON.stringify(before), 'all is as before');
  });
});
