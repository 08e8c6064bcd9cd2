import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crowd } from './testing/crowd';
import type { Topology } from './topology';
import { toTopology } from './topology-build';
import { diffTopology, isEmptyPatch, patchTopology, same } from './topology-diff';

const draw = (taps: number, bridges: number): Topology =>
  toTopology([{ observed: crowd(taps, bridges), rates: {}, pending: [] }]);

describe('diffTopology', () => {
  it('gives back the other topology when it is applied', () => {
    const size = fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(size, size, ([t1, b1], [t2, b2]) => {
        const [a, b] = [draw(t1, b1), draw(t2, b2)];
        const patch = JSON.parse(JSON.stringify(diffTopology(a, b))) as ReturnType<typeof diffTopology>;
        expect(patchTopology(a, patch)).toEqual(b);
      }),
      { numRuns: 40 },
    );
  });

  it('says only what changed, and keeps the other objects', () => {
    const a = draw(50, 1);
    const id = 'machine/link/t0-9';
    const node = a.nodes[id];
    if (!node) throw new Error('the crowd has this tap');
    const b: Topology = { ...draw(50, 1), nodes: { ...draw(50, 1).nodes, [id]: { ...node, state: 'down' } } };
    const patch = diffTopology(a, b);
    expect(Object.keys(patch.nodes.set)).toEqual([id]);
    expect(patch.nodes.gone).toEqual([]);
    expect(isEmptyPatch(diffTopology(a, draw(50, 1)))).toBe(true);
    expect(patchTopology(a, patch).nodes['machine/link/t0-1']).toBe(a.nodes['machine/link/t0-1']);
  });
});

describe('same', () => {
  it('agrees with structural equality of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(same(a, JSON.parse(JSON.stringify(a)))).toBe(true);
        if (same(a, b)) expect(JSON.parse(JSON.stringify(b))).toEqual(JSON.parse(JSON.stringify(a)));
      }),
    );
    expect(same({ a: undefined }, { b: undefined })).toBe(false);
    expect(same([1], { 0: 1 })).toBe(false);
    expect(same({ toString: 1 }, { valueOf: 1 })).toBe(false);
  });
});
