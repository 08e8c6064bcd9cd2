import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Desired, NOTHING } from '@/server/core/change';
import { HostLink } from '@/server/core/kinds/link';
import type { NetworkInput } from '@/server/core/kinds/network';
import { hasOvs, whyNoLibvirt } from '@/server/core/testing/available';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';
import { network } from '@/server/core/testing/sample-network';
import type { FailureSeen, FailureSetting } from './testing/in-failure';

/* A network that cannot start goes back entirely, and says why in one sentence, with the tool's own words below. */

const Seen: z.ZodType<FailureSeen> = z.object({
  refused: z.string().nullable(),
  result: z.enum(['committed', 'rolled-back', 'stuck']).nullable(),
  sentence: z.string().nullable(),
  words: z.string().nullable(),
  differs: z.array(z.string()),
});

const nowhere = await whyNoNamespaces();
const why = {
  native: nowhere,
  ovs: nowhere ?? ((await hasOvs()) ? null : 'Open vSwitch is not installed'),
  libvirt: await whyNoLibvirt(),
} as const;
for (const [footing, reason] of Object.entries(why))
  if (reason !== null) console.warn(`SKIPPED: no failing network on footing ${footing}: ${reason}`);

type Case = {
  readonly prepare?: FailureSetting['prepare'];
  readonly occupy?: readonly number[];
  readonly meddle?: FailureSetting['meddle'];
  readonly desired: Desired;
  readonly expected: { readonly refused: string } | { readonly sentence: string; readonly words: RegExp };
};

const eth0 = ['ip', 'link', 'add', 'name', 'eth0', 'type', 'veth', 'peer', 'name', 'far0'];
const bridge = ['ip', 'link', 'add', 'name', 'virbr1', 'type', 'bridge'];

describe.each(['native', 'ovs', 'libvirt'] as const)('on footing %s', (footing) => {
  const place = inside(footing === 'libvirt' ? 'root' : 'anybody');
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/in-failure.ts'));
  });
  afterAll(() => place.close());

  let plays = 0;
  const play = async ({ prepare = [], occupy = [], meddle = [], desired }: Case): Promise<FailureSeen> => {
    const folder = path.join(place.folder(), `play${++plays}`);
    mkdirSync(folder);
    const setting: FailureSetting = {
      ...{ folder, desired, prepare, meddle, occupy: [...occupy] },
      ...(footing === 'native' ? {} : { services: footing }),
    };
    return Seen.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(setting))));
  };
  const one = (changes: Partial<NetworkInput> = {}): Desired => {
    const made = network(1, { bridge: { name: 'virbr1', stp: false }, ...changes });
    return { ...NOTHING, networks: [footing === 'native' ? made : { ...made, footing }] };
  };
  const step =
    footing === 'libvirt' ? 'Define and start network net1 in libvirt' : 'Start DHCP and DNS of net1';

  const making = { native: 'Create bridge virbr1', ovs: 'Create Open vSwitch bridge virbr1', libvirt: step }[
    footing
  ];

  const cases: Readonly<Record<string, Case>> = {
    'the port of DNS is taken': {
      occupy: [53],
      desired: one(),
      expected: {
        sentence: `(${step}) failed: another program answers DNS at 192.168.1.1 already (port 53).`,
        words: /^\$ .*failed to create listening socket for 192\.168\.1\.1: Address (already )?in use/s,
      },
    },
    'the port of DHCP is taken': {
      occupy: [67],
      desired: one(),
      expected: {
        sentence: `(${step}) failed: another program answers DHCP on this host already (port 67).`,
        words: /^\$ .*failed to bind DHCP server socket: Address already in use/s,
      },
    },
    'the bridge is there': {
      prepare: [bridge],
      desired: one(),
      expected: {
        refused:
          'Network net1: Bridge name virbr1 is taken: this host has an interface of that name (bridge) that Patchbay did not make.',
      },
    },
    'the bridge comes between plan and step': {
      meddle: [bridge],
      desired: one(),
      expected: {
        sentence: `(${making}) failed: there is an interface named virbr1 already.`,
        words: /^\$ .*(File exists|already in use|Invalid argument)/s,
      },
    },
    'the device is missing': {
      desired: one({ forward: { mode: 'nat', dev: 'eth9' } }),
      expected: { refused: 'Network net1: Forward device eth9 does not exist on this host.' },
    },
    ...(footing === 'native'
      ? {
          'a bridge of the host comes between plan and step': {
            prepare: [eth0],
            meddle: [['ip', 'link', 'add', 'name', 'br7', 'type', 'bridge']],
            desired: {
              networks: one().networks,
              links: [HostLink.parse({ kind: 'bridge', name: 'br7', stp: false, uplinks: ['eth0'] })],
            },
            expected: {
              sentence: '(Create bridge br7) failed: there is an interface named br7 already.',
              words: /^\$ ip -batch .*File exists/s,
            },
          },
          'an uplink goes between plan and step': {
            prepare: [eth0],
            meddle: [['ip', 'link', 'del', 'dev', 'eth0']],
            desired: {
              networks: one().networks,
              links: [HostLink.parse({ kind: 'bridge', name: 'br7', stp: false, uplinks: ['eth0'] })],
            },
            expected: {
              sentence: '(Make eth0 a port of br7) failed: there is no device eth0 on this host any more.',
              words: /^\$ ip .*Cannot find device "eth0"/s,
            },
          },
        }
      : {}),
    ...(footing === 'libvirt'
      ? {
          'the physical function is missing': {
            desired: {
              ...NOTHING,
              networks: [
                { ...network(1, { forward: { mode: 'passthrough', pf: 'eth9' }, subnets: [] }), footing },
              ].map(({ bridge: _, ...rest }) => rest),
            },
            expected: {
              sentence: `(${step}) failed: libvirt says "No usable Vf's present on SRIOV PF eth9".`,
              words: /^\$ virsh .*net-start net1\nerror: Failed to start network net1\nerror: /s,
            },
          },
        }
      : {}),
  };

  test.skipIf(why[footing] !== null).each(Object.entries(cases))('%s', async (_, one) => {
    const { expected } = one;
    const seen = await play(one);
    if ('refused' in expected) {
      expect(seen).toMatchObject({ refused: expected.refused, result: null });
      return;
    }
    expect({ ...seen, sentence: seen.sentence?.replace(/^Step \d+ /, '') }).toEqual({
      ...{ refused: null, result: 'rolled-back', differs: [] },
      sentence: expected.sentence,
      words: expect.stringMatching(expected.words),
    });
  });
});
