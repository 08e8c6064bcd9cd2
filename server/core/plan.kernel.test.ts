import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { Desired, NOTHING } from './change';
import { hasOvs } from './testing/available';
import { inside, whyNoNamespaces } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';
import { randomDesired, randomSwitched } from './testing/random-network';

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(`SKIPPED: no plan was run on a real kernel, namespaces cannot be made: ${why}`);

const ovs = await hasOvs();
if (!ovs) console.warn('SKIPPED: no random plan was run on Open vSwitch, it is not installed');
const probe = ['ip', 'link', 'add', 'probe', 'type', 'bridge', 'vlan_filtering', '1'];
const filters = (await run(['unshare', '--user', '--map-root-user', '--net', ...probe])).ok;
if (!filters)
  console.warn('NOT TRIED: no random plan had VLANs in a Linux bridge, this kernel has no VLAN filtering');

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

describe.skipIf(why !== null)('on a real kernel', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  async function walk(states: Walk['states'], ovs = false): Promise<WalkReport> {
    const runDir = path.join(place.folder(), `walk${++walks}`);
    mkdirSync(runDir);
    const prepare = [
      ...(ovs ? [['mount', '-t', 'tmpfs', 'tmpfs', '/run']] : []),
      ['ip', 'link', 'set', 'dev', 'lo', 'up'],
      ['ip', 'link', 'add', 'name', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0'],
      ['ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'uplink0'],
      ['ip', 'link', 'set', 'dev', 'uplink0', 'up'],
      ['ip', '-6', 'route', 'add', 'default', 'dev', 'uplink0', 'proto', 'ra'],
    ];
    const out = await place.run(
      ['node', bundle],
      JSON.stringify({
        runDir,
        prepare,
        states,
        ...(ovs ? { ovs: path.join(runDir, 'ovs') } : {}),
      } satisfies Walk),
    );
    return Report.parse(JSON.parse(out));
  }

  const guestTap = { kind: 'tap', name: 'tap5', bridge: 'virbr5' };
  const inNetwork = (more: object, ...taps: readonly object[]) => {
    const guests = { kind: 'network', name: 'guests', forward: { mode: 'none' }, subnets: [], ...more };
    return {
      desired: Desired.parse({
        networks: [{ ...guests, bridge: { name: 'virbr5', stp: false } }],
        links: taps,
      }),
    };
  };
  const on = { footing: 'ovs' };
  const ofTap = (plans: WalkReport['plans']) => plans.map((p) => p.filter((title) => title.includes('tap5')));

  test.skipIf(!ovs)(
    'a network on Open vSwitch and a tap in it come at once, and the tap stays when its network leaves that',
    async () => {
      const states = [
        inNetwork({ ...on, isolated: true, mtu: 1400, vlan: { tags: [{ id: 20 }] } }, guestTap),
        inNetwork({}, guestTap),
      ];
      const { faults, plans } = await walk(states, true);
      expect(faults).toEqual([]);
      expect(ofTap(plans)).toEqual([
        ['Create tap tap5', 'Plug tap5 into virbr5'],
        ['Unplug tap5 from virbr5', 'Plug tap5 into virbr5'],
      ]);
    },
  );

  test.skipIf(!ovs)('a tap on Open vSwitch has VLANs of its own, is made anew, and goes', async () => {
    const native = { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] };
    const states = [
      inNetwork(on, { ...guestTap, vlan: { tags: [{ id: 7 }] } }),
      inNetwork(on, { ...guestTap, vlan: native, multiQueue: true }),
      { desired: NOTHING },
    ];
    const { faults, plans } = await walk(states, true);
    expect(faults).toEqual([]);
    expect(ofTap(plans)).toEqual([
      ['Create tap tap5', 'Plug tap5 into virbr5'],
      ['Take away tap tap5, to make it anew', 'Create tap tap5', 'Plug tap5 into virbr5'],
      ['Remove tap tap5'],
    ]);
  });

  test('a plan leaves nothing to plan, its inverses restore what was, and so they do from the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomDesired, { minLength: 3, maxLength: 3 }), async (states) => {
        const { faults } = await walk([...states, NOTHING].map((desired) => ({ desired })));
        expect(faults).toEqual([]);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });

  test.skipIf(!ovs)('so it is with VLANs, MTU, isolation and Open vSwitch', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomSwitched(filters), { minLength: 4, maxLength: 4 }), async (states) => {
        const { faults } = await walk(
          [...states, NOTHING].map((desired) => ({ desired })),
          true,
        );
        expect(faults).toEqual([]);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  test.skipIf(!ovs)('the MTU of a network on Open vSwitch comes and goes, with its ports', async () => {
    const shop = { kind: 'network', name: 'shop', footing: 'ovs', bridge: { name: 'virbr1', stp: false } };
    const withMtu = (mtu: object) =>
      Desired.parse({ networks: [{ ...shop, forward: { mode: 'none' }, subnets: [], ...mtu }], links: [] });
    const states = [
      withMtu({}),
      withMtu({ mtu: 9000 }),
      withMtu({}),
      withMtu({ mtu: 1400 }),
      withMtu({}),
      NOTHING,
    ];
    const { faults } = await walk(
      states.map((desired) => ({ desired })),
      true,
    );
    expect(faults).toEqual([]);
  });

  test('two networks swap their bridges and keep their guests', async () => {
    const file = (name: string) =>
      JSON.parse(
        readFileSync(path.join(import.meta.dirname, 'testdata/plan/bridges-swap-networks', name), 'utf8'),
      );
    const { faults } = await walk([
      { desired: file('before.json').committed },
      { desired: file('desired.json') },
      { desired: NOTHING },
    ]);
    expect(faults).toEqual([]);
  });

  test('what somebody meddled with is put right, and comes back with the inverses', async () => {
    const file = path.join(import.meta.dirname, 'testdata/native/three-together/network.json');
    const desired: Desired = { networks: JSON.parse(readFileSync(file, 'utf8')), links: [] };
    const { faults, plans } = await walk([
      { desired },
      {
        desired,
        meddle: [
          ['nft', 'add', 'rule', 'inet', 'patchbay', 'forward', 'tcp', 'dport', '22', 'drop'],
          ['nft', 'delete', 'chain', 'inet', 'patchbay', 'postrouting'],
          ['ip', 'addr', 'add', '10.9.9.9/24', 'dev', 'br.q'],
          ['ip', 'link', 'set', 'dev', 'br.q', 'down'],
          ['sysctl', '-w', 'net.ipv4.ip_forward=0'],
        ],
      },
      { desired: NOTHING },
    ]);
    expect(faults).toEqual([]);
    expect(plans[1]).toEqual([
      'Bring br.q up',
      'Take 10.9.9.9/24 from br.q',
      'Load the firewall rules',
      'Turn on IPv4 forwarding',
    ]);
  });
});

describe.skipIf(why !== null)('the tools understand every golden case', () => {
  const place = inside();
  afterAll(() => place.close());
  const cases = path.join(import.meta.dirname, 'testdata/native');

  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const text = (file: string) => readFileSync(path.join(cases, name, file), 'utf8');
    await place.run(['nft', '-f', '-'], text('nft.txt'));
    // One file a network, each followed by its hosts file.
    for (const [i, part] of text('dnsmasq.conf')
      .split(/^(?=# Network )/m)
      .entries()) {
      const [conf = '', hosts = ''] = part.split(/^--- .*\n/m);
      if (conf.trim() === '') continue;
      const at = (suffix: string) => path.join(place.folder(), `${name}-${i}.${suffix}`);
      writeFileSync(at('hosts'), hosts);
      writeFileSync(at('conf'), conf.replace(/^dhcp-hostsfile=.*$/m, `dhcp-hostsfile=${at('hosts')}`));
      await place.run(['dnsmasq', '--test', `--conf-file=${at('conf')}`], '');
    }
  });
});
