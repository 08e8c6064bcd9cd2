import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChangeItem } from '@/server/core/change';
import { layout } from '@/server/core/layout';
import { Observed } from '@/server/core/observed';
import { aLink, crowd, observedWith } from '@/server/core/testing/crowd';
import type { Topology } from '@/server/core/topology';
import { aggregate } from '@/server/core/topology-aggregate';
import { toTopology } from '@/server/core/topology-build';
import { changes } from './elementChanges';
import type { Element } from './elements';
import { exportSvg } from './exportSvg';
import { stylesheet } from './style';
import { readTheme } from './theme';
import { NO_OVERLAY, type Overlay, toElements } from './toElements';

const cases = join(import.meta.dirname, '..', '..', 'server', 'core', 'testdata', 'topology');
const read = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(join(cases, name, file), 'utf8'));
const golden = (name: string, pending: readonly ChangeItem[] = []): Topology =>
  toTopology([{ observed: Observed.parse(read(name, 'observed.json')), rates: {}, pending }]);
const pendingOf = (name: string) =>
  z.object({ pending: z.array(ChangeItem) }).parse(read(name, 'view.json')).pending;

const picture = (topology: Topology, selection: string | null = null, overlay: Overlay = NO_OVERLAY) =>
  toElements({ topology, layout: layout(topology), selection, overlay }).elements;
const byId = (elements: readonly Element[]) => new Map(elements.map((e) => [e.data.id, e]));
const theme = readTheme((name) => (name === '--mono' ? "'A Font', monospace" : '#123456'));

const CASES = ['lab-small', 'lab-full', 'kvm-host', 'open-vswitch', 'unknown-links'];

describe('toElements', () => {
  it.each(CASES)('gives %s one body per node, unique ids, and cables that end somewhere', (name) => {
    const topology = golden(name);
    const elements = picture(topology);
    const ids = elements.map((e) => e.data.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const node of Object.values(topology.nodes)) expect(ids, node.id).toContain(node.id);
    for (const e of elements)
      if (e.group === 'edges') {
        expect(ids).toContain(e.data.source);
        expect(ids).toContain(e.data.target);
      }
  });

  it('draws cables in right angles, from the edge of one thing to the edge of the other', () => {
    for (const name of CASES)
      for (const e of picture(golden(name))) {
        if (e.group === 'nodes') continue;
        expect(e.data.weights).toHaveLength(Math.max(0, e.data.points.length - 2));
        e.data.points.forEach((p, i) => {
          const next = e.data.points[i + 1];
          if (next) expect(Math.abs(p.x - next.x) < 1 || Math.abs(p.y - next.y) < 1, e.data.id).toBe(true);
        });
      }
  });

  it('has no cable where a jack sits on its bar', () => {
    const kinds = picture(golden('lab-full')).flatMap((e) => (e.group === 'edges' ? [e.data.kind] : []));
    expect(kinds).not.toContain('port');
    expect(kinds).toContain('nic');
  });

  it('dims what is not on a path through the selection', () => {
    const elements = byId(picture(golden('lab-full'), 'lab:demo/guest/web'));
    const dim = (id: string) => elements.get(id)?.classes.split(' ').includes('dim');
    expect(dim('lab:demo/guest/web')).toBe(false);
    expect(dim('lab:demo/link/virbr1')).toBe(false);
    expect(dim('lab:demo')).toBe(false);
    expect(dim('lab:demo/guest/cache')).toBe(true);
    expect(dim('lab:demo/guest/cache#title')).toBe(true);
    expect(elements.get('lab:demo/guest/web')?.classes).toContain('chosen');
  });

  it('says by shape what it says by colour', () => {
    const elements = byId(picture(golden('kvm-host')));
    expect(elements.get('machine/link/tap5')?.classes).toContain('down');
    expect(elements.get('machine/link/tap5')?.data).toMatchObject({ ring: expect.stringContaining(',') });
    const old = elements.get('machine/guest/old');
    expect(old?.classes).toContain('down');
    expect(elements.get('machine/guest/old#line1')?.data.label).toBe('shut off');
  });

  it('puts a collar around a limited cable, full while it is at its limit, and says where it is not as kept', () => {
    const topology = golden('lab-full');
    const cable = Object.values(topology.edges).find((e) => e.kind === 'nic');
    const port = topology.nodes[cable?.from ?? ''];
    if (cable === undefined || port === undefined) throw new Error('no guest has a cable');
    const amount = { rate: 10e6, peak: null, burst: null };
    const drawn = (full: boolean, drift: string | null) => {
      const inbound = {
        configured: amount,
        kernel: { is: 'limit', by: 'htb', ...amount },
        drift,
        full,
      } as const;
      const limits = { device: port.label, network: 'demo', inbound, outbound: null };
      const limited = {
        nodes: { ...topology.nodes, [port.id]: { ...port, limits } },
        edges: { ...topology.edges, [cable.id]: { ...cable, limit: 10e6 } },
      };
      const elements = picture(limited);
      const edge = byId(elements).get(cable.id);
      return { data: edge?.data, svg: exportSvg(elements, { ...theme, bg: '#ffffff' }) };
    };
    expect(drawn(false, null).data).toMatchObject({ collar: 'open', label: '≤ 10 Mbit/s' });
    expect(drawn(true, null).data).toMatchObject({ collar: 'full', label: '≤ 10 Mbit/s' });
    expect(drawn(false, 'It was taken away.').data).toMatchObject({ label: '≤ 10 Mbit/s ≠ kept' });
    const collar = (full: boolean) => /width="9" height="9" fill="([^"]+)"/.exec(drawn(full, null).svg)?.[1];
    expect([collar(false), collar(true)]).toEqual(['#ffffff', '#123456']);
    expect(byId(picture(topology)).get(cable.id)?.data).toMatchObject({ collar: '' });
  });

  it('writes VLAN numbers on jacks and cables with the overlay', () => {
    const on = byId(picture(golden('kvm-host'), null, { vlans: true, vlan: null }));
    expect(on.get('machine/link/vnet1#vlan')?.data.label).toBe('VLAN 30');
    expect(on.get('machine/link/tap5#vlan')?.data.label).toBe('1 + 3');
    expect(byId(picture(golden('kvm-host'))).has('machine/link/vnet1#vlan')).toBe(false);
  });

  it('shows one VLAN alone', () => {
    const one = byId(picture(golden('kvm-host'), null, { vlans: true, vlan: 30 }));
    expect(one.get('machine/link/vnet1')?.classes).not.toContain('dim');
    expect(one.get('machine/link/vnet0')?.classes).toContain('dim');
  });

  it('draws pending changes as ghosts and strikes out what will go', () => {
    const elements = byId(picture(golden('lab-pending', pendingOf('lab-pending'))));
    expect(elements.get('lab:demo/link/virbr7')?.classes).toContain('ghost');
    expect(elements.get('lab:demo/link/virbr1')?.classes).toContain('removed');
    expect(elements.has('lab:demo/link/virbr1#strike')).toBe(true);
  });

  it('cuts long names, with an ellipsis', () => {
    const label = byId(picture(golden('lab-full'))).get('lab:demo/guest/db-primary-with-long-name#title')
      ?.data.label;
    expect(label).toMatch(/^db-primary-.*…$/);
  });

  it('stays small when there are twenty thousand things', () => {
    const full = toTopology([{ observed: crowd(2000, 10), rates: {}, pending: [] }]);
    const shown = aggregate(full, { expanded: new Set(), limit: 150 });
    expect(Object.keys(full.nodes).length).toBeGreaterThan(20_000);
    expect(picture(shown).length).toBeLessThan(150);
  });
});

describe('changes', () => {
  it('touches only what a live value changed', () => {
    const addresses = [
      { family: 4 as const, address: '192.0.2.1', prefix: 24, scope: 'global', dynamic: false },
    ];
    const eth0 = (carrier: boolean) =>
      observedWith({ eth0: aLink({ index: 1, name: 'eth0', kind: 'device', carrier, addresses }) });
    const [host, down] = [eth0(true), eth0(false)];
    const draw = (o: Observed) => picture(toTopology([{ observed: o, rates: {}, pending: [] }]));
    const drawn = byId(draw(host));
    expect(changes(drawn, draw(host))).toEqual({ add: [], alter: [], remove: [] });
    const after = changes(drawn, draw(down));
    expect(after.add).toEqual([]);
    expect(after.remove).toEqual([]);
    expect(after.alter.map(([, now]) => now.data.of)).toEqual(after.alter.map(() => 'machine/link/eth0'));
  });

  it('leads from any picture to any other', () => {
    const pictures = [...CASES.map((name) => picture(golden(name))), []];
    for (const a of pictures)
      for (const b of pictures) {
        const { add, alter, remove } = changes(byId(a), b);
        const result = new Map(byId(a));
        for (const id of remove) result.delete(id);
        for (const e of add) result.set(e.data.id, e);
        for (const [, now] of alter) result.set(now.data.id, now);
        expect(result).toEqual(byId(b));
      }
  });
});

describe('exportSvg', () => {
  it.each(CASES)('draws %s as one closed document without scripts', (name) => {
    const svg = exportSvg(picture(golden(name)), theme);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/);
    expect(svg.endsWith('</svg>')).toBe(true);
    expect(svg).not.toMatch(/NaN|undefined|<script|href/);
    for (const tag of ['g', 'text', 'svg'])
      expect(svg.split(`<${tag} `).length, tag).toBe(svg.split(`</${tag}>`).length);
  });

  it('takes hostile names for text', () => {
    const evil = '<script>"&\u0007';
    const topology = golden('lab-small');
    const host = topology.nodes['lab:demo'];
    if (!host) throw new Error('the case has its host');
    const nodes = { ...topology.nodes, 'lab:demo': { ...host, label: evil } };
    const svg = exportSvg(picture({ ...topology, nodes }), theme);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&#60;script&#62;&#34;&#38;<');
  });
});

describe('stylesheet', () => {
  it('has an image and a text look for everything that is drawn', () => {
    const rules = stylesheet(theme)
      .map((r) => r.selector)
      .join(' ');
    for (const name of CASES)
      for (const e of picture(golden(name)))
        if (e.group === 'nodes') expect(rules).toContain(`node.${e.data.role}`);
    expect(theme.mono).toBe('"A Font", monospace');
  });
});
