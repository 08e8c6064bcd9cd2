import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NOTHING } from '../change';
import { Network } from '../kinds/network';
import { inside, whyNoNamespaces } from '../testing/kernel';
import type { Services, Setting } from '../testing/kernel-services';

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no dnsmasq was asked, namespaces cannot be made: ${why}`);

const Report: z.ZodType<Services> = z.object({
  leases: z.array(z.string()),
  answers: z.array(z.string()),
  fetched: z.array(z.string()),
});

const network = (more: object) =>
  Network.parse({
    ...{ kind: 'network', name: 'demo', forward: { mode: 'nat' } },
    bridge: { name: 'virbr0', stp: false },
    ...more,
  });

describe.skipIf(why !== null)('what a network serves', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-services.ts'));
  });
  afterAll(() => place.close());

  async function serve(
    name: string,
    setting: Omit<Setting, 'runDir' | 'desired'>,
    more: (runDir: string) => object,
  ) {
    const runDir = path.join(place.folder(), name);
    mkdirSync(runDir);
    const desired = { ...NOTHING, networks: [network(more(runDir))] };
    const out = await place.run(
      ['node', bundle],
      JSON.stringify({ runDir, desired, ...setting } satisfies Setting),
    );
    return Report.parse(JSON.parse(out));
  }

  const range = { start: '192.168.122.100', end: '192.168.122.100', lease: { expiry: 20, unit: 'minutes' } };
  const v4 = (dhcp: object, more: object = {}) => ({ address: '192.168.122.1', prefix: 24, dhcp, ...more });
  const mac = (n: number) => `52:54:00:00:00:0${n}`;
  const guest = (n: number) => ({ name: `g${n}`, bridge: 'virbr0', mac: mac(n) });

  test('leases: how long, for whom, with MTU, domain and what to boot', async () => {
    const { leases, fetched } = await serve(
      'leases',
      {
        outside: [],
        files: { 'pxe.img': 'boots' },
        guests: [1, 2, 3, 4].map(guest),
        dhcp: [
          { guest: 'g1' },
          { guest: 'g2' },
          { guest: 'g3', hostname: 'byname' },
          { guest: 'g4', duid: '000300015254000000ff' },
          { guest: 'g4', duid: '00030001525400000004' },
          { guest: 'g4', duid: '0003000152540000aaaa' },
        ],
        queries: [],
        fetch: [{ from: 'g1', server: '192.168.122.1', file: 'pxe.img' }],
      },
      (runDir) => ({
        mtu: 1400,
        domain: { name: 'lab.example' },
        subnets: [
          v4(
            {
              ranges: [range],
              hosts: [
                { mac: mac(2), ip: '192.168.122.20', name: 'two', lease: { expiry: 3, unit: 'hours' } },
                { name: 'byname', ip: '192.168.122.21', lease: { expiry: 0, unit: 'hours' } },
              ],
              bootp: { file: 'pxe.img' },
            },
            { tftp: `${runDir}/tftp` },
          ),
          {
            ...{ address: 'fd00:122::1', prefix: 64 },
            dhcp: {
              ranges: [
                { start: 'fd00:122::100', end: 'fd00:122::100', lease: { expiry: 20, unit: 'minutes' } },
              ],
              hosts: [
                {
                  duid: '0:3:0:1:52:54:0:0:0:ff',
                  ip: 'fd00:122::20',
                  lease: { expiry: 300, unit: 'seconds' },
                },
                { duid: '0:3:0:1:52:54:0:0:0:4', ip: 'fd00:122::21', lease: { expiry: 2, unit: 'hours' } },
              ],
            },
          },
        ],
      }),
    );
    const told =
      'mtu 1400 domain lab.example dns 192.168.122.1 router 192.168.122.1 boot pxe.img from 192.168.122.1';
    expect(leases).toEqual([
      `192.168.122.100 lease 1200 ${told}`,
      `192.168.122.20 lease 10800 ${told}`,
      `192.168.122.21 lease 4294967295 ${told}`,
      'fd00:122:0:0:0:0:0:20 300',
      'fd00:122:0:0:0:0:0:21 7200',
      'fd00:122:0:0:0:0:0:100 1200',
    ]);
    expect(fetched).toEqual(['boots']);
  });

  test('names: records, hosts, whom it asks for what, and what it keeps to itself', async () => {
    const server = '192.168.122.1';
    const ask = (type: string, name: string) => ({ from: 'g1', type, name, server });
    const { leases, answers } = await serve(
      'names',
      {
        // Outside there is an answer to everything, so that what must not be asked there would show.
        outside: ['--address=/#/10.9.9.9', '--port=53'],
        guests: [guest(1)],
        dhcp: [{ guest: 'g1', hostname: 'one' }],
        queries: [
          ask('TXT', 'note'),
          ask('TXT', 'odd.lab.example'),
          ask('SRV', '_sip._udp.lab.example'),
          ask('A', 'web'),
          ask('A', 'www.lab.example'),
          ask('PTR', '20.122.168.192.in-addr.arpa'),
          ask('A', 'one.lab.example'),
          ask('A', 'anything.example'),
          ask('A', 'unknown.lab.example'),
          ask('PTR', '77.122.168.192.in-addr.arpa'),
          ask('A', 'plain'),
          ask('A', 'a.closed.example'),
          ask('A', 'a.dead.example'),
          ask('CNAME', 'alias.lab.example'),
        ],
      },
      () => ({
        domain: { name: 'lab.example', localOnly: true },
        dns: {
          forwardPlainNames: false,
          forwarders: [
            { address: '203.0.113.1' },
            { domain: 'dead.example', address: '203.0.113.77' },
            { domain: 'closed.example' },
          ],
          txt: [
            { name: 'note', value: 'example value' },
            { name: 'odd.lab.example', value: 'a, b # c \\ d' },
          ],
          srv: [
            {
              ...{ service: 'sip', protocol: 'udp', domain: 'lab.example', target: 'pbx.lab.example' },
              ...{ port: 5060, priority: 10, weight: 5 },
            },
          ],
          hosts: [{ ip: '192.168.122.20', names: ['web', 'www'] }],
        },
        dnsmasqOptions: ['cname=alias.lab.example,web.lab.example'],
        subnets: [v4({ ranges: [range], hosts: [] }, { localPtr: true })],
      }),
    );
    expect(leases[0]).toContain('192.168.122.100 lease 1200');
    expect(answers).toEqual([
      '[["example value"]]',
      '[["a, b # c \\\\ d"]]',
      '[{"name":"pbx.lab.example","port":5060,"priority":10,"weight":5}]',
      '["192.168.122.20"]',
      '["192.168.122.20"]',
      '["web.lab.example"]',
      '["192.168.122.100"]',
      '["10.9.9.9"]',
      'ENOTFOUND',
      'ENOTFOUND',
      'ENOTFOUND',
      '["10.9.9.9"]',
      'ETIMEOUT',
      '["web.lab.example"]',
    ]);
  });

  test('DNS disabled: addresses are given, names are not answered', async () => {
    const { leases, answers } = await serve(
      'silent',
      {
        outside: [],
        guests: [guest(1)],
        dhcp: [{ guest: 'g1' }],
        queries: [{ from: 'g1', type: 'A', name: 'web', server: '192.168.122.1' }],
      },
      () => ({ dns: { enable: false }, subnets: [v4({ ranges: [range], hosts: [] })] }),
    );
    expect(leases).toEqual([
      '192.168.122.100 lease 1200 mtu domain dns router 192.168.122.1 boot from 192.168.122.1',
    ]);
    expect(answers).toEqual(['ECONNREFUSED']);
  });

  test('an option that dnsmasq does not know is refused before anything is started', async () => {
    const nobody = { outside: [], guests: [], dhcp: [], queries: [] };
    const options = { dnsmasqOptions: ['no-such-option=1'], subnets: [v4({ ranges: [range], hosts: [] })] };
    await expect(serve('refused', nobody, () => options)).rejects.toThrow(/does not accept .*bad option/s);
  });
});
