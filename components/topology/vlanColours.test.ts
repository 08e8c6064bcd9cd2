import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HUES, PATTERNS, vlanLooks } from './vlanColours';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { maxLength: HUES * PATTERNS.length });

describe('vlanLooks', () => {
  it('tells any two VLANs apart', () => {
    fc.assert(
      fc.property(ids, (vlans) => {
        const looks = [...vlanLooks(vlans).values()].map((l) => `${l.hue} ${l.pattern}`);
        expect(new Set(looks).size).toBe(vlans.length);
      }),
    );
  });

  it('uses plain lines as long as there are hues', () => {
    fc.assert(
      fc.property(ids, (vlans) => {
        const looks = [...vlanLooks(vlans.slice(0, HUES)).values()];
        expect(looks.every((l) => l.pattern === 0 && l.hue >= 1 && l.hue <= HUES)).toBe(true);
      }),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(ids, (vlans) => {
        expect(vlanLooks([...vlans].reverse())).toEqual(vlanLooks(vlans));
      }),
    );
  });
});
