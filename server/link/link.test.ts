import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Failure } from '@/server/core/result';
import { connectAgent } from './link';

let folder = '';
let socket = '';
const open: { close: () => void }[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pb-link-'));
  socket = path.join(folder, 's');
});
afterEach(() => {
  for (const o of open.splice(0)) o.close();
  rmSync(folder, { recursive: true, force: true });
});

const link = () => {
  const l = connectAgent(socket);
  open.push(l);
  return l;
};

/** Something that listens and answers every line with this. */
function listen(answer: (request: { id: number; op: string }) => string): Promise<net.Server> {
  const connections = new Set<net.Socket>();
  const server = net.createServer((c) => {
    connections.add(c);
    c.on('error', () => {});
    c.on('data', (d) => {
      for (const line of d.toString().trim().split('\n')) c.write(answer(JSON.parse(line)));
    });
  });
  open.push({
    close: () => {
      for (const c of connections) c.destroy();
      server.close();
    },
  });
  return new Promise((resolve) => server.listen(socket, () => resolve(server)));
}

test('nobody there is a sentence that says what to do', async () => {
  expect(await link().request('hello', {})).toEqual({
    ok: false,
    error: { code: 'NO_AGENT', message: `No agent answers at ${socket}: start Patchbay with npm run up.` },
  });
});

test('a closed folder is a sentence about the user', async () => {
  chmodSync(folder, 0);
  // Root may go everywhere: for a moment it is somebody else.
  const root = process.getuid?.() === 0;
  try {
    if (root) process.seteuid?.(65534);
    expect(await link().request('hello', {})).toMatchObject({ error: { code: 'AGENT_DENIED' } });
  } finally {
    if (root) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
});

test('what is not asked well never leaves', async () => {
  expect(await link().request('lab.create', { name: '../x' })).toMatchObject({
    error: { code: 'BAD_REQUEST' },
  });
});

test('answers find their questions', async () => {
  await listen(({ id, op }) =>
    op === 'lab.list'
      ? `${JSON.stringify({ id, ok: true, value: [] })}\n`
      : `${JSON.stringify({ id, ok: false, error: { code: 'X', message: op } })}\n`,
  );
  const l = link();
  const [labs, hello] = await Promise.all([l.request('lab.list', {}), l.request('hello', {})]);
  expect(labs).toEqual({ ok: true, value: [] });
  expect(hello).toEqual({ ok: false, error: { code: 'X', message: 'hello' } });
});

test('an answer of another version, another protocol, and no answer', async () => {
  let say = (id: number) => `${JSON.stringify({ id, ok: true, value: { protocol: 'new' } })}\n`;
  await listen(({ id }) => say(id));
  const l = link();
  expect(await l.request('hello', {})).toMatchObject({ error: { code: 'BAD_ANSWER' } });
  say = () => '';
  expect(await l.request('hello', {}, 50)).toMatchObject({ error: { code: 'AGENT_SILENT' } });
  say = () => 'HTTP/1.1 400 Bad Request\n';
  expect(await l.request('hello', {})).toMatchObject({ error: { code: 'BAD_ANSWER' } });
});

test('an agent that goes away fails what was asked, and is found again', async () => {
  const server = await listen(() => '');
  const l = link();
  const asked = l.request('hello', {});
  await new Promise((r) => setTimeout(r, 50));
  for (const o of open.splice(1)) o.close();
  open[0]?.close(); // the listener was opened first
  expect(await asked).toMatchObject({ error: { code: 'AGENT_GONE' } });
  await new Promise((r) => server.close(r));
  await listen(({ id }) => `${JSON.stringify({ id, ok: true, value: [] })}\n`);
  expect(await l.request('lab.list', {})).toEqual({ ok: true, value: [] });
});

test('a watch says once that nobody is there, and goes on trying', async () => {
  const downs: Failure[] = [];
  const l = link();
  l.watch({ rates: false }, { onSnapshot: () => {}, onEvent: () => {}, onDown: (why) => downs.push(why) });
  await new Promise((r) => setTimeout(r, 500));
  expect(downs.map((d) => d.code)).toEqual(['NO_AGENT']);
  const asked = new Promise<string>((resolve) => {
    void listen(({ op }) => {
      resolve(op);
      return '';
    });
  });
  expect(await asked).toBe('watch');
});
