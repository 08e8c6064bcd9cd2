import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MACHINE } from './ids';
import { type AgentFacts, Observed, type ObservedPatch, sectionNames } from './observed';
import { diffObserved, patchObserved } from './observed-diff';

const agent: AgentFacts = {
  host: MACHINE,
  hostname: 'kvm1',
  kernel: '6.1.0',
  version: '0.1.0',
  incarnation: 'boot:1',
  runDir: '/run/x',
  writable: { yes: true },
  singleUser: false,
  role: 'machine',
};

const items: Record<string, fc.Arbitrary<unknown>> = {
  rules: fc.record({
    family: fc.constantFrom(4, 6),
    priority: fc.integer({ min: 0, max: 40_000 }),
    selector: fc.string(),
    action: fc.string(),
  }),
  neighbours: fc.record({
    address: fc.string(),
    device: fc.string(),
    mac: fc.option(fc.string()),
    state: fc.array(fc.string(), { maxLength: 3 }),
  }),
  fdb: fc.record(
    {
      mac: fc.string(),
      port: fc.string(),
      bridge: fc.option(fc.string()),
      vlan: fc.option(fc.integer({ min: 1, max: 4094 })),
      state: fc.option(fc.string()),
      flags: fc.array(fc.string(), { maxLength: 2 }),
      remote: fc.string(),
    },
    { requiredKeys: ['mac', 'port', 'bridge', 'vlan', 'state', 'flags'] },
  ),
  qdiscs: fc.record({
    device: fc.string(),
    kind: fc.string(),
    handle: fc.string(),
    parent: fc.string(),
    options: fc.dictionary(
      fc.string(),
      fc.jsonValue().map((v) => JSON.parse(JSON.stringify(v))),
    ),
  }),
  sysctls: fc.record({ value: fc.string() }),
};

/** Few keys, so that two readings share some; names that objects have by nature are among them. */
const key = fc.constantFrom('tap0', 'tap1', 'virbr0', 'constructor', 'toString', 'hasOwnProperty', '4 100 0');

const fact = (item: fc.Arbitrary<unknown>) =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        known: fc.constant(true),
        command: fc.constantFrom('a', 'b'),
        value: fc.dictionary(key, item),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ known: fc.constant(false), command: fc.constant('a'), why: fc.string() }),
    },
  );

const reading = fc
  .record({
    at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'),
    writable: fc.boolean(),
    sections: fc.record(Object.fromEntries(Object.entries(items).map(([name, item]) => [name, fact(item)]))),
  })
  .map(({ at, writable, sections }) =>
    Observed.parse({
      ...Object.fromEntries(sectionNames.map((name) => [name, { known: true, command: 'x', value: {} }])),
      ...sections,
      agent: { ...agent, writable: writable ? { yes: true } : { yes: false, why: 'no' } },
      at,
    }),
  );

const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe('diffObserved and patchObserved', () => {
  it('patching with the difference gives the next reading, also after a journey as JSON', () => {
    fc.assert(
      fc.property(reading, reading, (prev, next) => {
        const patch = diffObserved(prev, next);
        if (patch === null) {
          expect({ ...prev, at: next.at }).toEqual(next);
          return;
        }
        expect(patchObserved(prev, overTheWire(patch))).toEqual({ ok: true, value: next });
      }),
    );
  });

  it('finds nothing between two readings alike', () => {
    fc.assert(
      fc.property(reading, (one) => {
        expect(diffObserved(one, overTheWire(one))).toBeNull();
      }),
    );
  });

  it('carries one changed item of many, and shares the sections that did not change', () => {
    const prev = reading1(Array.from({ length: 1000 }, (_, i) => [`s${i}`, { value: '0' }]));
    const next = { ...prev, sysctls: known({ ...sysctlsOf(prev), s7: { value: '1' } }) };
    const patch = diffObserved(prev, next);
    expect(patch?.changed).toEqual({ sysctls: { set: { s7: { value: '1' } }, gone: [] } });
    const patched = patch === null ? null : patchObserved(prev, patch);
    expect(patched?.ok && patched.value.links).toBe(prev.links);
  });

  const empty: ObservedPatch = { at: 'now', replaced: {}, changed: {} };
  const base = reading1([]);

  it.each([
    ['an unknown section', { ...empty, replaced: { nonsense: {} } }, 'PATCH_INVALID'],
    [
      'a section called like a method',
      { ...empty, changed: { toString: { set: {}, gone: [] } } },
      'PATCH_INVALID',
    ],
    [
      'an item of the wrong shape',
      { ...empty, changed: { sysctls: { set: { a: { value: 1 } }, gone: [] } } },
      'PATCH_INVALID',
    ],
    ['a fact of the wrong shape', { ...empty, replaced: { sysctls: { known: true } } }, 'PATCH_INVALID'],
  ])('refuses %s', (_, patch, code) => {
    const result = patchObserved(base, patch);
    expect(result.ok ? null : result.error.code).toBe(code);
  });

  it('refuses items of a section that is unknown here', () => {
    const prev: Observed = { ...base, sysctls: { known: false, command: 'x', why: 'no' } };
    const result = patchObserved(prev, { ...empty, changed: { sysctls: { set: {}, gone: ['a'] } } });
    expect(result.ok ? null : result.error.code).toBe('PATCH_MISMATCH');
  });
});

function known(value: Record<string, { value: string }>): Observed['sysctls'] {
  return { known: true, command: 'x', value };
}

function sysctlsOf(observed: Observed): Record<string, { value: string }> {
  return observed.sysctls.known ? observed.sysctls.value : {};
}

function reading1(sysctls: [string, { value: string }][]): Observed {
  return Observed.parse({
    ...Object.fromEntries(sectionNames.map((name) => [name, { known: true, command: 'x', value: {} }])),
    sysctls: known(Object.fromEntries(sysctls)),
    agent,
    at: '2026-01-01T00:00:00.000Z',
  });
}
