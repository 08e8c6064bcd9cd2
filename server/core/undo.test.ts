import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyItems } from './apply-items';
import { sameValue } from './canonical';
import type { Desired } from './change';
import { suggestNetwork } from './suggest';
import { summarise } from './summary';
import { randomDesired } from './testing/random-network';
import { diffDesired, undoItems } from './undo';

const byName = ({ networks }: Desired) => [...networks].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('changes', () => {
  test('the difference leads there, and its undoing back', () => {
    fc.assert(
      fc.property(randomDesired, randomDesired, (from, to) => {
        const items = diffDesired(from, to);
        const there = applyItems(from, items);
        if (!there.ok) throw new Error(there.error.message);
        expect(byName(there.value)).toEqual(byName(to));
        const back = applyItems(there.value, undoItems(items));
        if (!back.ok) throw new Error(back.error.message);
        expect(byName(back.value)).toEqual(byName(from));
        expect(items.length === 0).toBe(sameValue(byName(from), byName(to)));
      }),
      { numRuns: 60 },
    );
  });

  const net1 = suggestNetwork([], null);
  const isolated = { ...net1, forward: { mode: 'none' as const } };
  const net2 = suggestNetwork([net1], null, 'route');

  test('summaries', () => {
    expect(summarise([])).toBe('Nothing changes');
    expect(summarise([{ op: 'create', after: net1 }])).toBe('Add network net1 (NAT, 192.168.100.0/24)');
    expect(summarise([{ op: 'delete', before: net2 }])).toBe('Remove network net2 (routed, 10.100.0.0/24)');
    expect(summarise([{ op: 'update', before: net1, after: isolated }])).toBe(
      'Change network net1: isolated',
    );
    expect(
      summarise([
        {
          op: 'update',
          before: net1,
          after: { ...net1, bridge: { ...net1.bridge, stp: true }, subnets: [] },
        },
        { op: 'create', after: net2 },
      ]),
    ).toBe('Change network net1: STP on, no subnet; Add network net2 (routed, 10.100.0.0/24)');
    const [subnet] = net1.subnets;
    if (subnet === undefined) throw new Error('a suggestion has a subnet');
    expect(
      summarise([
        { op: 'update', before: net1, after: { ...net1, subnets: [{ ...subnet, dhcp: undefined }] } },
      ]),
    ).toBe('Change network net1: DHCP');
    const many = summarise(Array.from({ length: 40 }, () => ({ op: 'create' as const, after: net1 })));
    expect(many.length).toBeLessThanOrEqual(300);
    expect(many).toMatch(/… \(40 items\)$/);
  });
});
