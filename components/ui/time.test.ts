import { expect, it } from 'vitest';
import { relative } from './time';

const now = Date.parse('2026-01-01T12:00:00Z');

it.each([
  ['2026-01-01T11:59:55Z', 'now'],
  ['2026-01-01T11:59:30Z', 'less than a minute ago'],
  ['2026-01-01T11:57:00Z', '3 minutes ago'],
  ['2026-01-01T10:00:00Z', '2 hours ago'],
  ['2025-12-31T11:00:00Z', 'yesterday'],
  ['2026-01-01T12:01:00Z', 'in 1 minute'],
])('%s is %s', (at, words) => expect(relative(at, now)).toBe(words));
