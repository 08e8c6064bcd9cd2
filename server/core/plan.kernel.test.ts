import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Desired, NOTHING } from './change';
import { inside, whyNoNamespaces } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';
import { randomDesired } from './testing/random-network';

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(`SKIPPED: no plan was run on a real kernel, namespaces cannot be made: ${why}`);

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
  async function walk(states: Walk['states']): Promise<WalkReport> {
    const runDir = path.join(place.folder(), `walk${++walks}`);
    mkdirSync(runDir);
    const prepare = [
      ['ip', 'link', 'set', 'dev', 'lo', 'up'],
      ['ip', 'link', 'add', 'name', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0'],
      ['ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'uplink0'],
      ['ip', 'link', 'set', 'dev', 'uplink0', 'up'],
      ['ip', '-6', 'route', 'add', 'default', 'dev', 'uplink0', 'proto', 'ra'],
    ];
    const out = await place.run(['node', bundle], JSON.stringify({ runDir, prepare, states } satisfies Walk));
    return Report.parse(JSON.parse(out));
  }

  test('a plan leaves nothing to plan, its inverses restore what was, and so they do from the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomDesired, { minLength: 3, maxLength: 3 }), async (states) => {
        const { faults } = await walk([...states, NOTHING].map((desired) => ({ desired })));
        expect(faults).toEqual([]);
      }),
      { numRuns: 4, endOnFailure: true },
    );
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
    const desired: Desired = { networks: JSON.parse(readFileSync(file, 'utf8')) };
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
