import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Desired } from '@/server/core/change';
import { type CheckResult, NicCheck } from '@/server/core/nic-check/request';
import { hasPrograms } from '@/server/core/testing/available';
import { patience } from '@/server/core/testing/patience';
import { run } from '../exec';
import { labAgentPid, machineWithLab, prepareKernelTests, until } from '../testing/machine';
import { applied } from '../testing/story';

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
/* Limits are proven with real packets, with a policer where the kernel has one. */

await prepareKernelTests();
const lacks = (await hasPrograms('iperf3')) ? [] : ['iperf3'];
if (lacks.length > 0) console.warn(`SKIPPED: no limit was proven, for want of ${lacks.join(', ')}`);

const network = (n: number, more: object) => ({
  ...{
    kind: 'network',
    name: `net${n}`,
    forward: { mode: 'nat' },
    bridge: { name: `virbr${n}`, stp: false },
  },
  subnets: [
    {
      address: `10.4${n}.0.1`,
      prefix: 24,
      dhcp: { ranges: [{ start: `10.4${n}.0.100`, end: `10.4${n}.0.200` }], hosts: [] },
    },
  ],
  ...more,
});
const MEGABIT = 125;
const LIMITS = Desired.parse({
  networks: [
    network(1, {
      portgroups: [
        {
          name: 'slow',
          bandwidth: {
            inbound: { average: 6 * MEGABIT, peak: 12 * MEGABIT, burst: 256 },
            outbound: { average: 4 * MEGABIT, burst: 128 },
          },
        },
      ],
    }),
    network(2, { bandwidth: { inbound: { average: 5 * MEGABIT } } }),
  ],
});
const GUESTS = {
  web: { network: 'net1', portgroup: 'slow' },
  lost: { network: 'net1', portgroup: 'slow' },
  behind: { network: 'net2' },
};

describe.skipIf(lacks.length > 0)('limits are proven', () => {
  const { m, lab } = machineWithLab();
  const ask = (from: string, more: object = {}) =>
    lab.request(
      'guest.check',
      { id: randomUUID(), check: NicCheck.parse({ check: 'limit', from, ...more }) },
      120_000 * patience,
    );
  const proven = async (from: string, more: object = {}): Promise<CheckResult> => {
    const done = await ask(from, more);
    if (!done.ok) throw new Error(`${done.error.message} ${done.error.detail ?? ''}`);
    return done.value;
  };
  const inLab = async (...argv: readonly string[]) => {
    const pid = String(labAgentPid(m.state, 'lab'));
    const enter = ['nsenter', '-t', pid, '--user', '--mount', '--net', '--preserve-credentials', '--wd=/'];
    const ran = await run([...enter, ...argv]);
    if (!ran.ok) throw new Error(`${ran.error.message} ${ran.error.detail ?? ''}`);
  };
  const portOf = (guest: string): string => {
    const kept = JSON.parse(readFileSync(path.join(m.state, 'labs/lab/guests.json'), 'utf8'));
    return kept.guests.find((g: { name: string }) => g.name === guest).port;
  };

  test('those that hold, one that somebody took away, and none at all', async () => {
    const { changeId, nonce } = await applied(lab, LIMITS, 120 * patience);
    expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
    for (const [name, where] of Object.entries(GUESTS))
      expect(await lab.request('guest.add', { name, bridge: null, ...where })).toMatchObject({ ok: true });
    for (const name of Object.keys(GUESTS))
      await until(
        async () => {
          const pinged = await lab.request('guest.ping', { from: name, to: 'outside' });
          return pinged.ok && pinged.value.received > 0;
        },
        `${name} has an address`,
        30_000,
      );
    await inLab('tc', 'qdisc', 'del', 'dev', portOf('lost'), 'root');
    const told: string[] = [];
    const watch = lab.watch(
      { rates: false },
      {
        onSnapshot: () => {},
        onEvent: (e) => e.event === 'check' && told.push(e.progress.doing),
        onDown: () => {},
      },
    );
    const [web, lost, behind] = await Promise.all([
      proven('web'),
      proven('lost'),
      proven('behind', { to: 'outside' }),
    ]);
    watch.stop();

    expect(web.sentence).toMatch(
      /^web gets (5\.[7-9]|6|6\.[0-3])\d* Mbit\/s of 6 Mbit\/s and sends (3\.[89]|4|4\.[01])\d* Mbit\/s of 4 Mbit\/s: the limits hold\.$/,
    );
    expect(web).toMatchObject({ verdict: 'ok', proof: { version: 1 } });
    expect(web.proof?.devices).toEqual([portOf('web')]);
    expect(web.details.join('\n')).toMatch(
      /inbound burst: \d+ KiB of 256 KiB went through beyond the average/,
    );
    expect(lost.verdict).toBe('fault');
    expect(lost.sentence).toMatch(
      /^lost gets .* of 6 Mbit\/s and sends .* of 4 Mbit\/s: the inbound limit does not hold\.$/,
    );
    expect(behind.sentence).toMatch(
      /^behind gets (4\.[89]|5|5\.[0-2])\d* Mbit\/s of 5 Mbit\/s and sends .* without a limit: the limit holds\.$/,
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^virbr1 sends to lost over UDP for \d s \(direction 1 of 2\)$/),
    );
  });

  test('what cannot be measured is refused', async () => {
    expect(await ask('web', { to: 'web' })).toMatchObject({ error: { code: 'SAME_GUEST' } });
    expect(await ask('nobody')).toMatchObject({ error: { code: 'NO_SUCH_GUEST' } });
  });
});
