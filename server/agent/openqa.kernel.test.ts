import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NOTHING } from '@/server/core/change';
import { parsePool } from '@/server/core/openqa/parse-pool';
import { withPool } from '@/server/core/openqa/things';
import { hasOvs } from '@/server/core/testing/available';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import { run, start } from './exec';
import { labAgentPid, machineWithLab, prepareKernelTests, until } from './testing/machine';
import { applied, commit, planOf } from './testing/story';

await prepareKernelTests();
const installed = await hasOvs();
if (!installed) console.warn('SKIPPED: no pool of openQA workers was made, Open vSwitch is not installed');

const TAPS = ['tap0', 'tap64', 'tap1', 'tap65'];
const pool = parsePool({ workers: 2, nics: 2, owner: 'root', group: 'root' });
const POOL = withPool(NOTHING, pool.ok ? pool.value : fail(pool.error.message));

function fail(why: string): never {
  throw new Error(why);
}

/** What os-autoinst-openvswitch sets when it starts on br1. */
const serviceRules = (mac: string): readonly string[] => {
  const learn = (type: string, load: string) =>
    `learn(table=1,priority=100,in_port=LOCAL,dl_type=${type},NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],${load},output:NXM_OF_IN_PORT[])`;
  return [
    'table=0,priority=0,action=normal',
    'table=0,priority=1,in_port=LOCAL,actions=resubmit(,1)',
    `table=0,priority=100,dl_type=0x0806,nw_dst=10.0.2.2,actions=${learn('0x0806', 'load:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]')},load:0x0a010000->NXM_OF_ARP_SPA[],move:NXM_OF_ETH_SRC[0..15]->NXM_OF_ARP_SPA[0..15],local`,
    `table=0,priority=100,dl_type=0x0800,tcp_flags=+syn-ack,dl_dst=${mac},actions=${learn('0x0800', 'load:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]')},mod_nw_src:10.1.0.0,move:NXM_OF_ETH_SRC[0..15]->NXM_OF_IP_SRC[0..15],local`,
    `table=0,priority=99,dl_type=0x0800,dl_dst=${mac},actions=mod_nw_src:10.1.0.0,move:NXM_OF_ETH_SRC[0..15]->NXM_OF_IP_SRC[0..15],local`,
  ];
};

describe.skipIf(!installed)("a pool of openQA's workers in a lab", () => {
  const { m, lab } = machineWithLab();
  const place = inside();
  let jobs: ReturnType<typeof start> | null = null;
  afterAll(async () => {
    jobs?.stdin?.end();
    place.close();
  });
  const enter = () => [
    ...['nsenter', '-t', String(labAgentPid(m.state, 'lab')), '--user', '--net', '--mount', '--pid'],
    ...['--preserve-credentials', '--wd=/'],
  ];
  const inLab = async (...argv: readonly string[]) => {
    const ran = await run([...enter(), ...argv]);
    return ran.ok ? ran.value.stdout : fail(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  };
  const checks = async () => {
    const checked = await lab.request('openqa.check', { seconds: 1 });
    return checked.ok ? checked.value.checks : fail(checked.error.message);
  };
  const verdicts = async () => Object.fromEntries((await checks()).map((c) => [c.id, c.verdict]));
  const answer = async (id: string) => (await checks()).find((c) => c.id === id);
  const ports = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok || !seen.value.ovsBridges.known) throw new Error('Open vSwitch cannot be read');
    const all = seen.value.ovsBridges.value.br1?.ports ?? [];
    return Object.fromEntries(all.filter((p) => p.name !== 'br1').map((p) => [p.name, p.tag]));
  };
  const tag = (tap: string, id: number) =>
    inLab('ovs-vsctl', 'set', 'port', tap, `tag=${id}`, 'vlan_mode=dot1q-tunnel');

  test('there is none before it is made', async () => {
    expect(await lab.request('openqa.check', { seconds: 1 })).toMatchObject({ error: { code: 'NO_POOL' } });
  });

  test('is made by an ordinary plan, and idle it is as it should be', async () => {
    await commit(lab, POOL);
    expect(await ports()).toEqual(Object.fromEntries([...TAPS].sort().map((t) => [t, null])));
    expect(await verdicts()).toMatchObject({
      taps: 'ok',
      tags: 'unknown',
      flows: 'fault',
      counters: 'unknown',
    });
  });

  test('runs two jobs: all is well, and what openQA tagged stays as it is', async () => {
    const mac = /link\/ether (\S+)/.exec(await inLab('ip', '-o', 'link', 'show', 'br1'))?.[1] ?? '';
    for (const rule of serviceRules(mac)) await inLab('ovs-ofctl', 'add-flow', 'br1', rule);
    for (const tap of TAPS) await tag(tap, 5);
    const guests = await place.bundle(path.join(import.meta.dirname, 'testing/in-tap-guests.ts'));
    jobs = start([...enter(), process.execPath, guests, ...TAPS], {
      log: path.join(m.state, 'jobs'),
      stdin: 'pipe',
    });
    await until(async () => (await answer('host'))?.verdict === 'ok', 'the host answers', 20_000 * patience);
    expect(await verdicts()).toEqual({
      ...{ taps: 'ok', tags: 'ok', flows: 'ok', host: 'ok', counters: 'ok', tunnels: 'ok' },
      // Nobody behind these taps talks to the outside.
      forwarding: 'unknown',
    });
    expect((await planOf(lab, POOL)).steps).toEqual([]);
  });

  test('a tag that somebody changed is named', async () => {
    await tag('tap65', 9);
    expect(await answer('tags')).toMatchObject({
      verdict: 'fault',
      sentences: [
        'tap65 (worker 2, NIC 2) is in VLAN 9, where no other tap is; tap1 of the same worker is in VLAN 5.',
      ],
    });
    const said = await m.patchbay('openqa', 'check', '--lab', 'lab');
    expect(said.code).toBe(1);
    expect(said.stdout).toContain('fault    NICs of a job are in its VLAN\n         tap65 (worker 2, NIC 2)');
    await tag('tap65', 5);
    expect(await answer('tags')).toMatchObject({ verdict: 'ok' });
  });

  test('rules that went, forwarding that is off and a tunnel that is too narrow are named', async () => {
    await inLab(
      'ovs-vsctl',
      'add-port',
      'br1',
      'gre1',
      '--',
      'set',
      'interface',
      'gre1',
      'type=gre',
      'options:remote_ip=203.0.113.1',
    );
    expect(await answer('tunnels')).toMatchObject({
      ...{
        verdict: 'ok',
        sentences: ['gre1 carries packets of 1462 bytes: guests must use 1458, not 1500.'],
      },
    });
    await inLab('ip', 'link', 'set', 'uplink0', 'mtu', '1400');
    await inLab('sysctl', '-w', 'net.ipv4.ip_forward=0');
    await inLab('ovs-ofctl', 'del-flows', 'br1');
    expect(await verdicts()).toMatchObject({ flows: 'fault', forwarding: 'fault', tunnels: 'fault' });
    await inLab('ip', 'link', 'set', 'uplink0', 'mtu', '1500');
    await inLab('ovs-vsctl', 'del-port', 'br1', 'gre1');
  });

  test('a tap that went is named and planned anew; the pool goes, and comes back with its tags', async () => {
    jobs?.stdin?.end();
    await inLab('ovs-vsctl', 'del-port', 'br1', 'tap1');
    expect(await answer('taps')).toMatchObject({
      ...{ verdict: 'fault', sentences: ['tap1 (worker 2, NIC 1) is not plugged into br1.'] },
    });
    const titles = (await planOf(lab, POOL)).steps.map((s) => s.title);
    expect(titles).toEqual(['Turn on IPv4 forwarding', 'Plug tap1 into br1']);
    const { changeId } = await applied(lab, NOTHING);
    expect(await ports()).toEqual({});
    expect(await lab.request('rollback', { changeId })).toMatchObject({ ok: true });
    // As it is committed, with the tags that openQA gave.
    expect(await ports()).toEqual({ tap0: 5, tap1: null, tap64: 5, tap65: 5 });
  });
});
