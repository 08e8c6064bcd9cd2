import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desired } from './change';
import { checkNetwork } from './check';
import { checkLink } from './check-link';
import { parseLink, parseNetwork, problemsOf as problemsIn } from './check-parse';
import { HostLink } from './kinds/link';
import { Network } from './kinds/network';
import type { Problem } from './result';
import { suggestNetwork } from './suggest';
import { observedOf } from './testing/observed';

const cases = path.join(import.meta.dirname, 'testdata/reject');
const Context = z.strictObject({
  others: z.array(Network).optional(),
  links: z.array(HostLink).optional(),
  observed: z.unknown().optional(),
});
const IsLink = z.object({ kind: z.enum(['bridge', 'vlan', 'bond', 'tap']) });

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function problemsOf(folder: string): readonly Problem[] {
  const file = path.join(folder, 'context.json');
  const { others = [], links = [], observed } = Context.parse(existsSync(file) ? read(file) : {});
  const context = { others, links, observed: observed === undefined ? null : observedOf(observed) };
  const input = read(path.join(folder, 'input.json'));
  if (IsLink.safeParse(input).success) {
    const link = parseLink(input);
    return link.ok ? checkLink(link.value, context) : (link.error.problems ?? []);
  }
  const network = parseNetwork(input);
  return network.ok ? checkNetwork(network.value, context) : (network.error.problems ?? []);
}

describe('refused networks and links', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const folder = path.join(cases, name);
    const problems = problemsOf(folder);
    const text = problems.map((p) => `${p.code} ${p.path.join('.') || '(all)'}\n  ${p.message}\n`).join('');
    expect(problems.length, 'it must be refused').toBeGreaterThan(0);
    await expect(text).toMatchFileSnapshot(path.join(folder, 'problems.txt'));
  });
});

const printable = /^[\x20-\x7e–…]*$/;
const short = (problems: readonly Problem[]) =>
  problems.length <= 20 && problems.every((p) => p.message.length < 200 && printable.test(p.message));

describe('hostile input', () => {
  test('anything at all is read or refused, shortly, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (input) => {
        const network = parseNetwork(input);
        return network.ok || short(network.error.problems ?? []);
      }),
      { numRuns: 500 },
    );
  });

  test('any text in any place is taken only if it is plain, and is never repeated at length', () => {
    const good = suggestNetwork([], null);
    const places = ['name', 'mode', 'dev', 'bridge', 'address', 'start', 'mac', 'host'] as const;
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('\0', '\n', '"; drop', '$(id)', '--help', '\u202e', 'a'.repeat(10_000), '`id`', '; id'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), nasty, (place, text) => {
        const at = <T>(here: (typeof places)[number], other: T) => (place === here ? text : other);
        const subnet = good.subnets[0];
        const network = parseNetwork({
          kind: 'network',
          name: at('name', good.name),
          forward: { mode: at('mode', 'nat'), dev: at('dev', undefined) },
          bridge: { name: at('bridge', good.bridge.name), stp: true },
          subnets: [
            {
              address: at('address', subnet?.address),
              prefix: 24,
              dhcp: {
                ranges: [{ start: at('start', '192.168.100.9'), end: '192.168.100.20' }],
                hosts: [
                  { mac: at('mac', '52:54:00:00:00:01'), ip: '192.168.100.30', name: at('host', 'web') },
                ],
              },
            },
          ],
        });
        if (network.ok) return /^[\x21-\x7e]*$/.test(JSON.stringify(network.value));
        return short(network.error.problems ?? []);
      }),
      { numRuns: 500 },
    );
  });
});

test('a fault deep in a larger input is named by its network', () => {
  const input = {
    networks: [{ ...suggestNetwork([], null), bridge: { name: 'a b', stp: true } }, {}],
    links: [],
  };
  const parsed = Desired.safeParse(input);
  expect(
    parsed.error &&
      problemsIn(parsed.error)
        .slice(0, 2)
        .map((p) => p.message),
  ).toEqual([
    'Network 1, bridge name: An interface name has letters, digits, dot, dash and underscore, and starts with a letter, digit or underscore.',
    'Network 2, kind: it must be "network".',
  ]);
});

describe('what is right passes', () => {
  test('a suggested network, in every mode', () => {
    const observed = observedOf({ links: { virbr0: { name: 'virbr0', kind: 'bridge' } } });
    for (const mode of ['none', 'nat', 'route'] as const) {
      const network = suggestNetwork([], observed, mode);
      expect(parseNetwork(network)).toEqual({ ok: true, value: network });
      expect(checkNetwork(network, { others: [], observed })).toEqual([]);
    }
  });

  test('twenty suggestions one after the other do not collide', () => {
    const all: Network[] = [];
    for (let i = 0; i < 20; i++) all.push(suggestNetwork(all, null, i % 2 ? 'nat' : 'route'));
    for (const n of all)
      expect(checkNetwork(n, { others: all.filter((o) => o !== n), observed: null })).toEqual([]);
  });

  test('its own bridge and routes are not held against a network that exists', () => {
    const network = suggestNetwork([], null);
    const observed = observedOf({
      links: {
        virbr0: {
          ...{ name: 'virbr0', kind: 'bridge', alias: 'patchbay:net1' },
          addresses: [{ family: 4, address: '192.168.100.1', prefix: 24 }],
        },
      },
      routes: { r: { family: 4, destination: '192.168.100.0/24', device: 'virbr0' } },
    });
    expect(checkNetwork(network, { others: [], observed })).toEqual([]);
  });

  test('default routes, their halves, other tables and blackholes overlap with nothing', () => {
    const route = (destination: string, more = {}) => ({
      [destination]: { family: destination.includes(':') ? 6 : 4, destination, device: 'tun0', ...more },
    });
    const observed = observedOf({
      routes: {
        ...route('default'),
        ...route('0.0.0.0/1'),
        ...route('128.0.0.0/1'),
        ...route('2000::/3'),
        ...route('192.168.0.0/16', { table: '52' }),
        ...route('192.168.100.0/24', { type: 'blackhole' }),
      },
    });
    expect(checkNetwork(suggestNetwork([], null), { others: [], observed })).toEqual([]);
  });
});
