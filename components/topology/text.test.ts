import { describe, expect, it } from 'vitest';
import { cut, rateStep, rateWords } from './text';

describe('rateWords', () => {
  it.each([
    [0, '0 bit/s'],
    [999, '999 bit/s'],
    [1000, '1.00 kbit/s'],
    [12_345, '12.3 kbit/s'],
    [999_600, '1.00 Mbit/s'],
    [940e6, '940 Mbit/s'],
    [25e9, '25.0 Gbit/s'],
  ])('says %d as %s', (bits, words) => expect(rateWords(bits)).toBe(words));
});

describe('rateStep', () => {
  it.each([
    [null, 1],
    [999_999, 1],
    [1e6, 2],
    [1e8, 3],
    [1e9, 4],
  ])('gives %s step %d', (bits, step) => expect(rateStep(bits)).toBe(step));
});

describe('cut', () => {
  it('keeps what fits and marks what does not', () => {
    expect(cut('virbr0', 100, 12)).toBe('virbr0');
    expect(cut('a-very-long-name', 60, 12)).toBe('a-very-…');
    expect(cut('äöü👍x', 22, 12)).toBe('äö…');
  });
});
