import { expect, test } from 'vitest';
import { applyItems } from './apply-items';
import { desired, network } from './testing/sample-network';

const present = desired(network(1), network(2));

test('items are done one after the other: a name that was freed can be taken', () => {
  const renamed = network(1, { name: 'net2' });
  const result = applyItems(present, [
    { op: 'delete', before: network(2) },
    { op: 'update', before: network(1), after: renamed },
    { op: 'create', after: network(3, { name: 'net1' }) },
  ]);
  expect(result).toEqual({ ok: true, value: desired(network(3, { name: 'net1' }), renamed) });
});

test('a member that is absent equals one that is undefined', () => {
  const before = network(1, { subnets: [{ address: '10.0.0.1', prefix: 8 }] });
  const fromBrowser = {
    ...before,
    subnets: before.subnets.map((subnet) => ({ ...subnet, dhcp: undefined })),
  };
  expect(applyItems(desired(before), [{ op: 'delete', before: fromBrowser }]).ok).toBe(true);
});

test.each([
  [network(1, { forward: { mode: 'none' } }), 'Its forward mode differs.'],
  [network(1, { subnets: [] }), 'Its subnets differ.'],
  [network(1, { subnets: [], bridge: { name: 'br9', stp: true } }), 'Its bridge and subnets differ.'],
])('says what differs from what the edit started from (%#)', (now, words) => {
  const result = applyItems(desired(now), [{ op: 'delete', before: network(1) }], () => ' by anna');
  expect(result).toMatchObject({
    error: {
      code: 'CONFLICT',
      message: `Network net1 was changed in the meantime by anna. ${words} Nothing was overwritten: open it again and repeat the edit.`,
    },
  });
});

test('a network that is gone is no basis for an edit', () => {
  expect(applyItems(desired(), [{ op: 'delete', before: network(1) }])).toMatchObject({
    error: {
      code: 'CONFLICT',
      message: expect.stringMatching(/^Network net1 was deleted in the meantime\./),
    },
  });
});

test('a bridge name is used once; the network that has it is named, not the one that is being edited', () => {
  for (const [n, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const after = network(n, { bridge: { name: `virbr${other}`, stp: true } });
    expect(applyItems(present, [{ op: 'update', before: network(n), after }])).toMatchObject({
      error: {
        code: 'TAKEN',
        message: `The bridge name virbr${other} is already used by network net${other} on this host.`,
      },
    });
  }
  expect(applyItems(present, [{ op: 'create', after: network(3, { name: 'net1' }) }])).toMatchObject({
    error: { code: 'TAKEN', problems: [{ path: ['name'] }] },
  });
});
