import { describe, expect, it } from 'vitest';
import type { Link } from './observed';
import { aLink, crowd } from './testing/crowd';
import type { Topology } from './topology';
import { aggregate, shownAs } from './topology-aggregate';
import { toTopology } from './topology-build';

const draw = (observed: ReturnType<typeof crowd>): Topology =>
  toTopology([{ observed, rates: {}, pending: [] }]);
const none = new Set<string>();

/** A tap with a machine behind it for every tap of the crowd. */
function withMachines(taps: number): Topology {
  const host = crowd(taps);
  const value = Object.fromEntries(
    Array.from({ length: taps }, (_, i) => [
      `t0-${i}`,
      { device: `t0-${i}`, processes: [{ pid: 5000 + i, command: 'qemu-system-x86' }] },
    ]),
  );
  return draw({ ...host, tapHolders: { known: true, command: '/proc/*/fdinfo', value } });
}

describe('aggregate', () => {
  it('leaves small pictures alone', () => {
    const topology = draw(crowd(100));
    expect(aggregate(topology, { expanded: none, limit: 150 })).toBe(topology);
  });

  it('folds the ports of a bridge and says how many are down', () => {
    const shown = aggregate(draw(crowd(200)), { expanded: none, limit: 150 });
    expect(shown.nodes['machine/group/br0']).toMatchObject({
      kind: 'group',
      label: '200 taps',
      detail: '12 down',
      anchor: 'machine/link/br0',
    });
    expect(Object.keys(shown.nodes)).toEqual(['machine', 'machine/link/br0', 'machine/group/br0']);
    expect(Object.values(shown.edges)).toEqual([
      expect.objectContaining({
        kind: 'port',
        from: 'machine/link/br0',
        to: 'machine/group/br0',
        carrier: true,
      }),
    ]);
  });

  it('folds guests with their ports and counts them', () => {
    const shown = aggregate(withMachines(200), { expanded: none, limit: 150 });
    expect(shown.nodes['machine/group/br0']?.detail).toBe('12 down · 200 guests');
    expect(Object.keys(shown.nodes)).toHaveLength(3);
  });

  it('shows every member of a group that is unfolded, and folds no other for it', () => {
    const two = draw(crowd(80, 2));
    const id = 'machine/group/br0';
    const shown = aggregate(two, { expanded: new Set([id]), limit: 150 });
    expect(shown.nodes[id]).toMatchObject({ expanded: true });
    expect(
      Object.values(shown.nodes).filter((n) => n.anchor === 'machine/link/br0' && n.kind === 'tap'),
    ).toHaveLength(80);
    expect(shown.nodes['machine/group/br1']).toMatchObject({ expanded: false });
    const closed = aggregate(two, { expanded: none, limit: 150 });
    expect(Object.keys(closed.nodes).filter((n) => n.includes('/group/'))).toEqual([id, 'machine/group/br1']);
  });

  it('folds small crowds only where the big ones are not enough', () => {
    const host = crowd(200);
    if (!host.links.known) throw new Error('links are known here');
    const bridge = host.links.value.br0;
    if (!bridge) throw new Error('the crowd has a bridge');
    const links: Record<string, Link> = {
      ...host.links.value,
      small: { ...bridge, name: 'small', index: 900 },
    };
    for (const i of [1, 2, 3])
      links[`s${i}`] = aLink({ index: 900 + i, name: `s${i}`, kind: 'tun', master: 'small' });
    const topology = draw({ ...host, links: { ...host.links, value: links } });
    expect(aggregate(topology, { expanded: none, limit: 150 }).nodes['machine/link/s1']).toBeDefined();
    expect(aggregate(topology, { expanded: none, limit: 5 }).nodes['machine/group/small']?.label).toBe(
      '3 taps',
    );
  });

  it('never folds what a change is about', () => {
    const topology = draw(crowd(200));
    const id = 'machine/link/t0-7';
    const node = topology.nodes[id];
    if (!node) throw new Error('the crowd has this tap');
    const pending: Topology = {
      ...topology,
      nodes: { ...topology.nodes, [id]: { ...node, pending: 'removed' } },
    };
    expect(aggregate(pending, { expanded: none, limit: 150 }).nodes[id]).toBeDefined();
  });

  it('knows which group stands for a port or a guest', () => {
    const full = withMachines(200);
    const shown = aggregate(full, { expanded: none, limit: 150 });
    expect(shownAs(full, shown, 'machine/link/t0-7')).toBe('machine/group/br0');
    expect(shownAs(full, shown, 'machine/guest/pid-5007')).toBe('machine/group/br0');
    expect(shownAs(full, shown, 'machine/link/br0')).toBe('machine/link/br0');
    expect(shownAs(full, shown, 'machine/link/nobody')).toBeNull();
  });

  it('adds up what it folds', () => {
    const observed = crowd(200);
    const topology = toTopology([
      { observed, rates: { 't0-0': { rx: 100, tx: 25 }, 't0-1': { rx: 1, tx: 0 } }, pending: [] },
    ]);
    const shown = aggregate(topology, { expanded: none, limit: 150 });
    expect(Object.values(shown.edges)[0]?.rate).toBe(1008);
  });
});
