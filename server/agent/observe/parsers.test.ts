import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type Section, sectionItems } from '@/server/core/observed';
import { ok, type Result } from '@/server/core/result';
import { parseFdb } from './fdb';
import { parseLibvirtStatus } from './leases';
import { parseDomains, parseLibvirtNetworks } from './libvirt';
import { parseLinks, parseLinksAndPorts } from './links';
import { parseListeners } from './listeners';
import { parseNamespaceInside, parseNamespaceNames } from './namespaces';
import { parseNeighbours } from './neighbours';
import { parseNft } from './nft';
import { parseOffload } from './offloads';
import { parseOvs } from './ovs';
import { parseFlows } from './ovs-flows';
import { parseQdiscs } from './qdiscs';
import { parseQueues } from './queues';
import { parseRoutes } from './routes';
import { parseRules } from './rules';
import { parseVlans } from './vlans';

/*
 * `captured/` holds what the tools really printed, one folder a machine, and beside each file what we make of it. A
 * new capture is a new file: `vitest -u` writes its golden, which is then to be read by a person.
 */

const CAPTURED = join(import.meta.dirname, 'captured');

type Parse = (text: string) => Result<unknown>;
const parserOf: Readonly<Record<string, { parse: Parse; section?: Section }>> = {
  'links.json': { parse: parseLinks, section: 'links' },
  'routes.json': { parse: parseRoutes, section: 'routes' },
  'rules-4.json': { parse: (text) => parseRules(text, 4), section: 'rules' },
  'rules-6.json': { parse: (text) => parseRules(text, 6), section: 'rules' },
  'neighbours.json': { parse: parseNeighbours, section: 'neighbours' },
  'vlans.json': { parse: parseVlans, section: 'vlans' },
  'vlans-detailed.json': { parse: parseVlans, section: 'vlans' },
  'vlans-uncompressed.json': { parse: parseVlans, section: 'vlans' },
  'fdb.json': { parse: parseFdb, section: 'fdb' },
  'qdiscs.json': { parse: parseQdiscs, section: 'qdiscs' },
  'queues.json': { parse: parseQueues },
  'nft.json': { parse: parseNft, section: 'nft' },
  'netns-list.json': { parse: parseNamespaceNames },
  'netns-web.txt': { parse: parseNamespaceInside },
  'ethtool.txt': { parse: parseOffload },
  'tables.txt': { parse: parseOvs, section: 'ovsBridges' },
  'flows.txt': { parse: parseFlows },
  'nets.txt': { parse: parseLibvirtNetworks, section: 'libvirtNetworks' },
  'doms.txt': { parse: parseDomains, section: 'domains' },
  'listeners.txt': { parse: parseListeners },
  'virbr0.status': { parse: (text) => parseLibvirtStatus(text, 'default') },
};

const captures = readdirSync(CAPTURED).flatMap((machine) =>
  Object.entries(parserOf).flatMap(([file, parser]) => {
    const path = join(CAPTURED, machine, file);
    return existsSync(path) ? [{ machine, file, path, text: readFileSync(path, 'utf8'), ...parser }] : [];
  }),
);

const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

describe.each(captures)('$machine $file', ({ path, text, parse }) => {
  it('is read as its golden says', async () => {
    await expect(json(parse(text))).toMatchFileSnapshot(`${path}.golden`);
  });

  it('cut short anywhere, it is refused with a reason or still fits, and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Math.max(1, text.length - 1) }), (end) => {
        const parsed = parse(text.slice(0, end));
        if (!parsed.ok) expect(parsed.error.message.length).toBeGreaterThan(10);
      }),
      { numRuns: 40 },
    );
  });
});

describe.each(['linux-6.1-full', 'linux-6.18-no-vlan'])('%s', (machine) => {
  it('says the same of bridge ports by `ip -d addr` as it did by `bridge -d link`', async () => {
    const parsed = parseLinksAndPorts(readFileSync(join(CAPTURED, machine, 'links.json'), 'utf8'));
    const ports = parsed.ok ? ok(parsed.value.bridgePorts) : parsed;
    await expect(json(ports)).toMatchFileSnapshot(join(CAPTURED, machine, 'bridge-ports.json.golden'));
  });
});

describe('everything captured', () => {
  it.each(captures.filter(({ section }) => section !== undefined))(
    '$machine $file fits the schema of its section',
    ({ text, parse, section }) => {
      const parsed = parse(text);
      expect(parsed.ok).toBe(true);
      if (!parsed.ok || section === undefined) return;
      const schema: z.ZodType = sectionItems[section];
      for (const item of Object.values(parsed.value ?? {}))
        expect(schema.safeParse(item)).toEqual({ success: true, data: item });
    },
  );
});

/** Keys without which an item means nothing. All others come and go with versions of iproute2 and kernels. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'links.json': ['ifindex', 'ifname'],
  'routes.json': ['dst'],
  'rules-4.json': ['priority'],
  'neighbours.json': ['dst', 'dev'],
  'bridge-ports.json': ['ifname'],
  'vlans.json': ['ifname', 'vlan'],
  'fdb.json': ['mac', 'ifname'],
  'qdiscs.json': ['kind', 'handle', 'dev'],
  'queues.json': ['kind', 'dev'],
};

describe.each(captures.filter(({ file }) => file in NEEDED))('$machine $file', ({ file, text, parse }) => {
  const needed = new Set(NEEDED[file]);
  const without = (key: string): unknown =>
    JSON.parse(text, (name, value) => (name === key && !needed.has(key) ? undefined : value));
  const keys = new Set<string>();
  JSON.parse(text, (name, value) => {
    if (!/^\d*$/.test(name)) keys.add(name);
    return value;
  });

  it('is understood without any one optional key, and with keys nobody has heard of', () => {
    for (const key of keys) {
      const parsed = parse(JSON.stringify(without(key)));
      expect(parsed.ok, `without ${key}: ${parsed.ok ? '' : parsed.error.message}`).toBe(true);
    }
    const more: unknown[] = JSON.parse(text);
    const parsed = parse(
      JSON.stringify(more.map((item) => Object.assign({}, item, { novelty: { a: [1] } }))),
    );
    expect(parsed).toEqual(parse(text));
  });

  it('skips empty objects, which some versions print for what a filter dropped', () => {
    const items: unknown[] = JSON.parse(text);
    expect(parse(JSON.stringify([{}, ...items, {}]))).toEqual(parse(text));
  });

  it('is unknown, with the item named, when an item makes no sense', () => {
    const parsed = parse('[{"ifname": 5, "nonsense": true}]');
    expect(parsed.ok ? '' : parsed.error.message).toContain('"nonsense":true');
  });
});

describe('malformed output', () => {
  it.each(['{', 'Cannot open network namespace', '[[[', '"text"', '{"a":1}', '[1,2]', 'null'])(
    '%j is refused',
    (text) => {
      for (const { parse } of captures.filter(({ file }) => file.endsWith('.json')))
        expect(parse(text).ok).toBe(false);
    },
  );

  it('nothing at all is an empty list', () => {
    expect(parseLinks('')).toEqual({ ok: true, value: {} });
    expect(parseNft(' \n')).toEqual({ ok: true, value: {} });
  });

  it('reads control characters and apostrophes as older writers escape them', () => {
    const text = `[{"ifindex":1,"ifname":"tap0","ifalias":"it\\'s \u0001 here \\\\' \\n"}]`;
    const parsed = parseLinks(text);
    expect(parsed.ok && parsed.value.tap0?.alias).toBe("it's \ufffd here \\' \n");
  });

  it('takes the last of duplicate keys', () => {
    const parsed = parseLinks('[{"ifindex":1,"ifname":"tap0","mtu":1,"mtu":1500}]');
    expect(parsed.ok && parsed.value.tap0?.mtu).toBe(1500);
  });

  it('skips what an event calls deleted', () => {
    expect(parseLinks('[{"deleted":true,"ifindex":1,"ifname":"tap0"}]')).toEqual({ ok: true, value: {} });
  });

  it('keeps an interface called __proto__, and one whose name cannot be told from another', () => {
    const parsed = parseLinks(
      '[{"ifindex":1,"ifname":"__proto__"},{"ifindex":2,"ifname":"b\ufffd"},{"ifindex":3,"ifname":"b\ufffd"}]',
    );
    expect(parsed.ok && Object.keys(parsed.value)).toEqual(['__proto__', 'b\ufffd', 'b\ufffd@3']);
  });

  it('takes an alias of 255 characters and names of 15 bytes', () => {
    const alias = '✓'.repeat(255);
    const parsed = parseLinks(JSON.stringify([{ ifindex: 1, ifname: 'a23456789012345', ifalias: alias }]));
    expect(parsed.ok && parsed.value.a23456789012345?.alias).toBe(alias);
  });
});
