import { describe, expect, it } from 'vitest';
import { ViewData, ViewName } from './view';

const why = (name: unknown): string | undefined => ViewName.safeParse(name).error?.issues[0]?.message;

describe('ViewName', () => {
  it('takes what people type, without the blanks around it', () => {
    expect(ViewName.parse('  Büro  am Abend ')).toBe('Büro am Abend');
  });
  it('says what is wrong with a name', () => {
    expect(why('')).toBe('A view needs a name.');
    expect(why('   ')).toBe('A view needs a name.');
    expect(why(undefined)).toBe('A view needs a name.');
    expect(why('x'.repeat(61))).toBe('A name of at most 60 characters, please.');
    expect(why('a\u0000b')).toBe('A name is made of characters that can be seen.');
    expect(why('a\u202eb')).toBe('A name is made of characters that can be seen.');
  });
});

describe('ViewData', () => {
  const data: ViewData = {
    pins: { 'machine/link/br0': { x: 20, y: 48 } },
    expanded: ['machine/group/br0'],
    vlans: true,
    vlan: 20,
    mode: 'graph',
    selection: null,
    viewport: { x: 0, y: 12.5, zoom: 1 },
  };
  it('keeps what it is given', () => {
    expect(ViewData.parse(JSON.parse(JSON.stringify(data)))).toEqual(data);
  });
  it('refuses what no picture can have', () => {
    expect(ViewData.safeParse({ ...data, mode: 'tree' }).success).toBe(false);
    expect(ViewData.safeParse({ ...data, viewport: { x: 0, y: 0, zoom: 0 } }).success).toBe(false);
    expect(ViewData.safeParse({ ...data, pins: { a: { x: Number.NaN, y: 0 } } }).success).toBe(false);
    const crowd = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`n${i}`, { x: 0, y: 0 }]));
    expect(ViewData.safeParse({ ...data, pins: crowd }).error?.issues[0]?.message).toBe(
      'A view keeps at most 1000 pins.',
    );
  });
});
