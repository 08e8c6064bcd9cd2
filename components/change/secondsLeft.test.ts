import { expect, it } from 'vitest';
import { secondsLeft } from './secondsLeft';

const now = Date.parse('2026-01-01T12:00:00Z');

it.each([
  ['clocks agree', now, 0, 60],
  ['the browser is ahead', now + 45_000, 45_000, 60],
  ['the browser is behind', now - 45_000, -45_000, 60],
  ['the time is over', now + 90_000, 0, 0],
])('%s', (_, at, skew, left) => expect(secondsLeft('2026-01-01T12:01:00Z', at, skew)).toBe(left));
