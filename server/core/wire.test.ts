import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOperation, lineReader, parseInput, parseJson, parseOutput } from './wire';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('lines', () => {
  test('arrive whole, however the stream was cut', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((s) => s.trim() !== '' && !/[\n\r]/.test(s));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(60)), (lines, cuts) => {
        const got: string[] = [];
        const reader = lineReader(
          (l) => got.push(l),
          () => got.push('too long'),
        );
        const all = bytes(lines.map((l) => `${l}\n`).join(''));
        let at = 0;
        for (const cut of cuts) {
          reader.push(all.subarray(at, at + cut));
          at = Math.min(at + cut, all.length);
        }
        reader.push(all.subarray(at));
        expect(got).toEqual(lines);
      }),
    );
  });

  test('that are too long end the reading, once', () => {
    const got: string[] = [];
    const reader = lineReader(
      (l) => got.push(l),
      () => got.push('TOO LONG'),
      8,
    );
    reader.push(bytes('12345678\n1234'));
    reader.push(bytes('56789'));
    reader.push(bytes('\nnext\n'));
    reader.push(bytes('1234567890123456789\n'));
    expect(got).toEqual(['12345678', 'TOO LONG']);
  });

  test('that are empty are nothing', () => {
    const got: string[] = [];
    lineReader(
      (l) => got.push(l),
      () => {},
    ).push(bytes('\n  \n\r\na\n'));
    expect(got).toEqual(['a']);
  });
});

describe('values', () => {
  test('of inputs are parsed with the schema of their operation', () => {
    expect(parseInput('lab.create', { name: 'demo' })).toEqual({ ok: true, value: { name: 'demo' } });
    expect(parseInput('lab.create', { name: 'De mo' })).toMatchObject({
      ok: false,
      error: { code: 'BAD_REQUEST', problems: [{ path: ['name'] }] },
    });
    expect(parseInput('hello', { more: 1 })).toMatchObject({ ok: false });
  });

  test('of answers are parsed too', () => {
    expect(parseOutput('guest.remove', {})).toEqual({ ok: true, value: {} });
    expect(parseOutput('status', {})).toMatchObject({ ok: false, error: { code: 'BAD_ANSWER' } });
  });

  test('what every object has is no operation', () => {
    expect(['hello', 'lab.list', 'toString', '__proto__', 'Hello'].map(isOperation)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('what is no JSON is undefined', () => {
    expect(parseJson('{')).toBeUndefined();
    expect(parseJson('null')).toBeNull();
  });
});
