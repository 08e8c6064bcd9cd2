import { describe, expect, it } from 'vitest';
import { type Layout, layout, type Rect } from './layout';
import { bridgeAt, NO_PINS, pinAt, pinTarget, withPins } from './layout-pins';
import { aLink, crowd, observedWith } from './testing/crowd';
import { toTopology } from './topology-build';

const br0 = 'machine/link/br0';
const br1 = 'machine/link/br1';
const base = crowd(3, 2);
const bond = aLink({
  index: 500,
  name: 'bond0',
  kind: 'bond',
  bond: { mode: 'active-backup', activeMember: 'eth0' },
});
const links = base.links.known ? base.links.value : {};
const observed = observedWith({
  ...links,
  bond0: bond,
  eth0: aLink({ index: 501, name: 'eth0', kind: 'device', master: 'bond0' }),
  lone: aLink({ index: 502, name: 'lone', kind: 'device' }),
});
const topology = toTopology([
  { observed, rates: {}, pending: [] },
  { observed: crowd(2, 1, 'lab:a'), rates: {}, pending: [] },
]);
const placed = layout(topology);

const corner = (r: Rect | undefined) => r && { x: r.x, y: r.y };
const moved = (after: Layout): readonly string[] =>
  Object.keys(placed.positions).filter(
    (id) => JSON.stringify(corner(after.positions[id])) !== JSON.stringify(corner(placed.positions[id])),
  );
const at = (l: Layout, id: string): Rect => {
  const rect = l.positions[id];
  if (!rect) throw new Error(`${id} is not placed`);
  return rect;
};

describe('withPins', () => {
  it('gives the layout itself where nothing is pinned, or nothing of it is there', () => {
    expect(withPins(topology, placed, NO_PINS)).toBe(placed);
    expect(withPins(topology, placed, { 'machine/link/gone': { x: 5, y: 5 } })).toBe(placed);
  });

  it('moves what is pinned, and nothing else', () => {
    const id = 'machine/link/lone';
    const after = withPins(topology, placed, { [id]: { x: 40, y: 400 } });
    expect(moved(after)).toEqual([id]);
    expect(corner(after.positions[id])).toEqual({ x: at(placed, 'machine').x + 40, y: 400 });
  });

  it('takes the ports of a bridge along', () => {
    const pin = pinAt(topology, placed, br0, { x: at(placed, br0).x, y: at(placed, br0).y + 200 });
    const after = withPins(topology, placed, { [br0]: pin ?? { x: 0, y: 0 } });
    expect([...moved(after)].sort()).toEqual([br0, ...[0, 1, 2].map((i) => `machine/link/t0-${i}`)]);
    for (const id of moved(after)) expect(at(after, id).y - at(placed, id).y).toBe(200);
    expect(after.rails.filter((r) => r.bridge === br0).map((r) => r.y)).toEqual(
      placed.rails.filter((r) => r.bridge === br0).map((r) => r.y + 200),
    );
    expect(after.rails.filter((r) => r.bridge !== br0)).toEqual(placed.rails.filter((r) => r.bridge !== br0));
  });

  it('takes the members of a bond along', () => {
    const after = withPins(topology, placed, { 'machine/link/bond0': { x: 20, y: 500 } });
    expect([...moved(after)].sort()).toEqual(['machine/link/bond0', 'machine/link/eth0']);
  });

  it('grows the frame around it, and stays out of the next host', () => {
    const frame = at(placed, 'machine');
    const after = withPins(topology, placed, { [br1]: { x: 9000, y: 900 } });
    const lane = after.blocks[br1]?.rect;
    expect(at(after, 'machine').h).toBeGreaterThan(frame.h);
    expect((lane?.x ?? 0) + (lane?.w ?? 0)).toBeLessThan(at(placed, 'lab:a').x);
    expect(at(after, 'machine').x + at(after, 'machine').w).toBeLessThanOrEqual(at(placed, 'lab:a').x);
    expect(corner(after.positions['lab:a'])).toEqual(corner(placed.positions['lab:a']));
    const left = withPins(topology, placed, { [br1]: { x: -9000, y: -9000 } });
    expect(left.blocks[br1]?.rect.x).toBeGreaterThan(frame.x);
    expect(left.blocks[br1]?.rect.y).toBeGreaterThan(frame.y);
  });

  it('is the same whatever was pinned first, and holds still when something new comes', () => {
    const pins = { [br0]: { x: 32, y: 600 }, 'machine/link/lone': { x: 400, y: 60 } };
    const turned = Object.fromEntries(Object.entries(pins).reverse());
    expect(withPins(topology, placed, turned)).toEqual(withPins(topology, placed, pins));
    const more = toTopology([
      {
        observed: observedWith({
          ...(observed.links.known ? observed.links.value : {}),
          late: aLink({ index: 900, name: 'late', kind: 'tun', master: 'br0' }),
        }),
        rates: {},
        pending: [],
      },
    ]);
    const before = withPins(topology, placed, pins);
    const after = withPins(more, layout(more, placed), pins);
    for (const id of Object.keys(after.positions).filter((i) => before.positions[i]))
      expect(corner(after.positions[id]), id).toEqual(corner(before.positions[id]));
  });
});

describe('pinTarget', () => {
  it('says what moves', () => {
    expect(pinTarget(topology, placed, br0)).toBe(br0);
    expect(pinTarget(topology, placed, 'machine/link/t0-0')).toBeNull();
    expect(pinTarget(topology, placed, 'machine/link/eth0')).toBeNull();
    expect(pinTarget(topology, placed, 'machine')).toBeNull();
    expect(pinTarget(topology, placed, 'machine/link/none')).toBeNull();
  });
  it('puts pins on a grid, from the corner of the frame', () => {
    const frame = at(placed, 'lab:a');
    const there = { x: frame.x + 33.4, y: frame.y + 101 };
    expect(pinAt(topology, placed, 'lab:a/link/br0', there)).toEqual({ x: 32, y: 100 });
    expect(pinAt(topology, placed, 'lab:a/link/t0-0', there)).toBeNull();
  });
});

describe('bridgeAt', () => {
  it('takes the block that most of it lies on, if it is enough', () => {
    const lane = placed.blocks[br0]?.rect ?? { x: 0, y: 0, w: 0, h: 0 };
    const card = { w: 148, h: 68, y: lane.y + 50 };
    const right = lane.x + lane.w;
    expect(bridgeAt(topology, placed, 'machine', { ...card, x: right - 100 })?.id).toBe(br0);
    expect(bridgeAt(topology, placed, 'machine', { ...card, x: right - 30 })?.id).toBe(br1);
    expect(bridgeAt(topology, placed, 'machine', { ...card, x: right - 100, y: lane.y - 50 })).toBeNull();
  });
  it('finds the bridge whose block it is, on this host only', () => {
    const port = at(placed, 'machine/link/t1-1');
    expect(bridgeAt(topology, placed, 'machine', port)?.id).toBe(br1);
    expect(bridgeAt(topology, placed, 'lab:a', port)).toBeNull();
    expect(bridgeAt(topology, placed, 'machine', { x: 0, y: 0, w: 50, h: 50 })).toBeNull();
    const after = withPins(topology, placed, { [br1]: { x: 100, y: 900 } });
    expect(bridgeAt(topology, after, 'machine', port)).toBeNull();
    expect(bridgeAt(topology, after, 'machine', at(after, 'machine/link/t1-1'))?.id).toBe(br1);
  });
});
