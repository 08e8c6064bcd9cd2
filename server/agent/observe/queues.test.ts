import { expect, test } from 'vitest';
import { parseQueues } from './queues';

const QUEUE = { dev: 'p1', bytes: 10, packets: 1, drops: 2, overlimits: 3, backlog: 4 };
const read = (...list: readonly unknown[]) => parseQueues(JSON.stringify(list));

test('only roots of HTB and what looks at what comes in is kept', () => {
  const counted = { bytes: 10, packets: 1, drops: 2, overlimits: 3, backlog: 4 };
  const all = read(
    { ...QUEUE, kind: 'htb', root: true },
    { ...QUEUE, kind: 'ingress', parent: 'ffff:fff1' },
    { ...QUEUE, kind: 'sfq', parent: '1:2' },
    { ...QUEUE, kind: 'htb', parent: '2:1' },
    { ...QUEUE, kind: 'fq_codel', root: true, dev: 'eth0' },
  );
  expect(all).toEqual({ ok: true, value: { p1: { root: counted, ingress: counted } } });
});

test('a queue without counters is none; what cannot be understood makes the whole unknown', () => {
  expect(read({ kind: 'htb', dev: 'p1', root: true })).toEqual({ ok: true, value: {} });
  expect(read({ ...QUEUE, kind: 'htb', root: true, bytes: 'many' })).toMatchObject({ ok: false });
  expect(read({ kind: 'htb' })).toMatchObject({ ok: false });
  expect(parseQueues('{"kind":"htb"}')).toMatchObject({ ok: false });
  expect(parseQueues('Error: something')).toMatchObject({ ok: false });
  expect(parseQueues('')).toEqual({ ok: true, value: {} });
});
