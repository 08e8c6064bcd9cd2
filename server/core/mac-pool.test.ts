import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MacAddress } from './ids';
import {
  exhausted,
  firstNumber,
  MacPrefix,
  macAt,
  nextFree,
  numberIn,
  parseMacWish,
  sizeOf,
} from './mac-pool';
import { macText } from './mac-text';

const cases = path.join(import.meta.dirname, 'testdata/reject-mac');
const prefix = (text: string) => MacPrefix.parse(text);

describe('spellings', () => {
  test.each([
    '52:54:00:ab:cd:ef',
    '52-54-00-AB-CD-EF',
    '5254.00ab.cdef',
    '5254.00AB.CDEF',
    '525400abcdef',
    '  52:54:00:AB:CD:EF ',
  ])('%s is one address', (text) => {
    expect(MacAddress.parse(text)).toBe('52:54:00:ab:cd:ef');
    expect(parseMacWish(text)).toEqual({ ok: true, value: { is: 'fixed', mac: '52:54:00:ab:cd:ef' } });
  });

  test.each(['52:54:00', '52-54-00', '5254.00', '525400', '52:54:00:', '5254.00'])(
    '%s is the beginning of one',
    (text) => {
      expect(parseMacWish(text)).toEqual({ ok: true, value: { is: 'partial', prefix: '52:54:00' } });
    },
  );

  test('every address is read again however it is written', () => {
    const octets = fc.tuple(...[0, 0, 0, 0, 0, 1].map((least) => fc.integer({ min: least, max: 255 })));
    fc.assert(
      fc.property(octets, fc.boolean(), ([first = 0, ...rest], capitals) => {
        const kept = macText([first & 0xfe, ...rest]);
        const bare = kept.replaceAll(':', '');
        for (const text of [kept, kept.replaceAll(':', '-'), bare, bare.replace(/(....)(?=.)/g, '$1.')])
          expect(MacAddress.parse(capitals ? text.toUpperCase() : text)).toBe(kept);
      }),
    );
  });
});

/** One text per line; each is refused. */
describe('refused texts', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const folder = path.join(cases, name);
    const texts = readFileSync(path.join(folder, 'input.txt'), 'utf8').split('\n').filter(Boolean);
    const said = texts.map((text) => {
      const wish = parseMacWish(text);
      if (wish.ok) throw new Error(`${text} is taken as ${JSON.stringify(wish.value)}`);
      return `${text}\n  ${wish.error.message}\n`;
    });
    await expect(said.join('')).toMatchFileSnapshot(path.join(folder, 'problems.txt'));
  });
});

describe('completing', () => {
  test('goes on in sequence, and around at the end', () => {
    const five = prefix('52:54:00:aa:bb');
    const given = new Set<string>();
    const order: string[] = [];
    for (let from = 254; order.length < 4; from = (numberIn(five, order.at(-1) ?? '') ?? 0) + 1) {
      const mac = nextFree(five, from, (m) => given.has(m));
      if (mac === null) throw new Error('there are 256');
      given.add(mac);
      order.push(mac);
    }
    expect(order.map((m) => m.slice(-2))).toEqual(['fe', 'ff', '00', '01']);
  });

  test('passes over what is taken, and ends with a sentence', () => {
    const five = prefix('02:00:00:00:00');
    const free = MacAddress.parse('02:00:00:00:00:07');
    expect(nextFree(five, 8, (m) => m !== free)).toBe(free);
    expect(nextFree(five, 8, () => true)).toBeNull();
    expect(exhausted(five)).toMatchObject({
      ok: false,
      error: {
        message: 'No MAC address that begins with 02:00:00:00:00 is free: all 256 are given or in use.',
      },
    });
  });

  test('numbers and addresses are one to one', () => {
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(octets, fc.double({ min: 0, max: 1, noNaN: true }), (rest, random) => {
        const p = prefix(macText([0x52, ...rest]));
        const n = firstNumber(p, random);
        expect(n).toBeLessThan(sizeOf(p));
        expect(numberIn(p, macAt(p, n))).toBe(n);
      }),
    );
    expect(numberIn(prefix('52:54:01'), '52:54:00:00:00:01')).toBeNull();
  });
});
