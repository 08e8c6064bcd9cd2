import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChangeItem } from './change';
import { Observed, Rates } from './observed';
import { aLink, observedWith } from './testing/crowd';
import type { Topology } from './topology';
import { toTopology } from './topology-build';

const folder = join(import.meta.dirname, 'testdata', 'topology');
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const View = z.object({ pending: z.array(ChangeItem), rates: Rates });

/** One line per node and edge, so that a golden case reads like a description. */
function describeTopology({ nodes, edges }: Topology): string {
  const lines = Object.values(nodes).map((n) =>
    [
      n.id,
      `${n.kind} in ${n.band}`,
      n.state,
      `order ${n.order}`,
      n.detail && `“${n.detail}”`,
      n.anchor && `on ${n.anchor}`,
      n.vlans.length > 0 && `VLAN ${n.vlans.join(',')}`,
      n.badges.length > 0 && `[${n.badges.join('] [')}]`,
      n.network && `network ${n.network.name} ${n.network.forward}`,
      n.pending && `will be ${n.pending}`,
      ...(n.conflicts ?? []),
    ]
      .filter(Boolean)
      .join(' | '),
  );
  const cables = Object.values(edges).map((e) =>
    [
      `${e.from} --${e.kind}--> ${e.to}`,
      !e.carrier && 'no carrier',
      e.vlans.length > 0 && `VLAN ${e.vlans.join(',')}`,
      e.rate !== null && `${e.rate} bit/s`,
      e.pending && `will be ${e.pending}`,
    ]
      .filter(Boolean)
      .join(' | '),
  );
  return `${[...lines, '', ...cables].join('\n')}\n`;
}

describe('toTopology', () => {
  for (const name of readdirSync(folder))
    it(`draws ${name}`, async () => {
      const observed = Observed.parse(read(name, 'observed.json'));
      const view = existsSync(join(folder, name, 'view.json'))
        ? View.parse(read(name, 'view.json'))
        : { pending: [], rates: {} };
      const topology = toTopology([{ observed, ...view }]);
      await expect(describeTopology(topology)).toMatchFileSnapshot(join(folder, name, 'topology.txt'));
      for (const edge of Object.values(topology.edges)) {
        expect(topology.nodes, `${edge.id} starts nowhere`).toHaveProperty([edge.from]);
        expect(topology.nodes, `${edge.id} ends nowhere`).toHaveProperty([edge.to]);
      }
    });

  it('is the same whatever the order of the facts', () => {
    const observed = Observed.parse(read('lab-full', 'observed.json'));
    if (!observed.links.known) throw new Error('the case has links');
    const links = Object.fromEntries(Object.entries(observed.links.value).reverse());
    const turned = { ...observed, links: { ...observed.links, value: links } };
    const draw = (o: Observed) => toTopology([{ observed: o, rates: {}, pending: [] }]);
    expect(draw(turned)).toEqual(draw(observed));
  });

  it('joins the two ends of a tunnel between hosts', () => {
    const end = (host: string, local: string, remote: string) =>
      observedWith(
        {
          vx: aLink({
            index: 3,
            name: 'vx',
            kind: 'vxlan',
            mtu: 1450,
            tunnel: { local, remote, id: 7, port: 4789 },
          }),
        },
        host,
      );
    const hosts = [end('machine', '192.0.2.1', '192.0.2.2'), end('lab:b', '192.0.2.2', '192.0.2.1')];
    const { edges } = toTopology(hosts.map((observed) => ({ observed, rates: {}, pending: [] })));
    expect(Object.values(edges)).toEqual([
      expect.objectContaining({ kind: 'tunnel', from: 'machine/link/vx', to: 'lab:b/link/vx', mtu: 1450 }),
    ]);
  });
});
