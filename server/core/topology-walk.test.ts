import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layout } from './layout';
import { Observed } from './observed';
import { toTopology } from './topology-build';
import { matches, related, walk } from './topology-walk';

const observed = Observed.parse(
  JSON.parse(
    readFileSync(join(import.meta.dirname, 'testdata', 'topology', 'lab-full', 'observed.json'), 'utf8'),
  ),
);
const topology = toTopology([{ observed, rates: {}, pending: [] }]);
const placed = layout(topology);
const link = (name: string) => `lab:demo/link/${name}`;
const guest = (name: string) => `lab:demo/guest/${name}`;

describe('related', () => {
  it('goes from a guest up to the outside by all its ports, and leaves its neighbours out', () => {
    const found = related(topology, guest('web'));
    for (const id of [
      link('vnet0'),
      link('vnet6'),
      link('virbr1'),
      link('virbr2'),
      link('uplink0'),
      'lab:demo/network/demo',
      'lab:demo/namespace/outside',
    ])
      expect(found, id).toContain(id);
    for (const id of [guest('cache'), link('vnet1'), guest('printer'), link('br0')])
      expect(found, id).not.toContain(id);
  });

  it('goes from a bridge to all its guests', () => {
    const found = related(topology, link('virbr1'));
    for (const name of ['web', 'cache', 'build-01']) expect(found).toContain(guest(name));
    expect(found).not.toContain(guest('printer'));
  });

  it('crosses a cable between two veths in both directions', () => {
    expect(related(topology, link('trunk0'))).toContain(link('trunk1'));
    expect(related(topology, link('trunk1'))).toContain(link('trunk0'));
  });

  it('is everything for a host, and nothing for what is not there', () => {
    expect(related(topology, 'lab:demo')).toContain(guest('lonely'));
    expect(related(topology, 'lab:demo/link/none').size).toBe(0);
  });
});

describe('walk', () => {
  const way = (from: string, ...keys: readonly ('up' | 'down' | 'left' | 'right')[]) =>
    keys.reduce((at: string | null, key) => (at === null ? null : walk(topology, placed, at, key)), from);

  it('goes up and down along cables', () => {
    expect(way(guest('web'), 'up')).toBe(link('vnet0'));
    expect(way(guest('web'), 'up', 'up')).toBe(link('virbr1'));
    expect(way(guest('web'), 'up', 'up', 'up')).toBe(link('uplink0'));
    expect(way(guest('web'), 'up', 'up', 'up', 'up')).toBe('lab:demo/namespace/outside');
    expect(way(link('vnet1'), 'down')).toBe(guest('db-primary-with-long-name'));
  });

  it('goes sideways in the same row', () => {
    expect(way(link('virbr1'), 'right')).toBe(link('virbr2'));
    expect(way(link('virbr2'), 'left')).toBe(link('virbr1'));
    expect(way(link('vnet0'), 'right')).toBe(link('vnet1'));
    expect(way(link('virbr1'), 'left')).toBeNull();
  });

  it('reaches its host at the top, and comes back down', () => {
    expect(way('lab:demo/namespace/outside', 'up')).toBe('lab:demo');
    expect(way('lab:demo', 'down')).toBe('lab:demo/namespace/outside');
  });
});

describe('matches', () => {
  it('finds by name, address, MAC, kind and state, all words', () => {
    const hits = (query: string) =>
      Object.values(topology.nodes)
        .filter((n) => matches(n, query))
        .map((n) => n.label);
    expect(hits('10.20.0.15')).toEqual(['web']);
    expect(hits('tap down')).toEqual(['tap0', 'tap1', 'mv0']);
    expect(hits('backoffice')).toEqual(['virbr2', 'backoffice']);
    expect(hits('no-such-thing')).toEqual([]);
    expect(hits('  ')).toHaveLength(Object.keys(topology.nodes).length);
  });
});
