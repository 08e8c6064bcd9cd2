import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  commandOf,
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesIn,
  until,
} from './testing/machine';
import { NAT } from './testing/story';

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();

const Answer = z.object({
  id: z.number(),
  ok: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

/** Says something to a socket as it is, and takes the first line that comes back. */
function say(socket: string, bytes: string | Buffer): Promise<z.infer<typeof Answer>> {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket);
    let text = '';
    connection.setTimeout(20_000, () => reject(new Error('no answer')));
    connection.on('error', (e: NodeJS.ErrnoException) => {
      if (e.code !== 'EPIPE' && e.code !== 'ECONNRESET') reject(e); // it stopped listening to us
    });
    connection.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const [line] = text.split('\n');
      if (!text.includes('\n') || line === undefined) return;
      resolve(Answer.parse(JSON.parse(line)));
      connection.destroy();
    });
    connection.on('close', () => reject(new Error('closed without an answer')));
    connection.write(bytes);
  });
}

const EVIL = [
  '--help',
  '-x',
  '$(touch pwned)',
  '`touch pwned`',
  'a;touch pwned',
  "a'b",
  'a"b',
  'a\nb',
  'a\0b',
  'a b',
  'a/../b',
  '../../etc',
  'ä',
  '\u202e',
  'x'.repeat(10_000),
  '',
  '.',
  '..',
] as const;

describe('hostile input', () => {
  const { m, lab } = machineWithLab();
  const socket = path.join(m.state, 'labs', 'lab', 'agent.sock');

  const lives = async () => expect(await lab.request('hello', {})).toMatchObject({ ok: true });

  test('the socket is open to its owner alone', () => {
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    expect(lstatSync(path.join(m.state, 'run', 'agent.sock')).mode & 0o777).toBe(0o600);
  });

  test('lines that are no requests are answered, and the agent lives on', async () => {
    for (const line of [
      'garbage',
      '{',
      '[]',
      'null',
      '42',
      '"x"',
      '{"id":"1","op":"hello","input":{}}',
      '{"op":"hello"}',
    ])
      expect(await say(socket, `${line}\n`)).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
    expect(await say(socket, Buffer.from([0xff, 0xfe, 0x00, 0x0a]))).toMatchObject({ ok: false });
    await lives();
  });

  test('operations that do not exist are refused, also those that every object has', async () => {
    for (const op of ['nosuch', 'toString', '__proto__', 'constructor', 'hasOwnProperty', ''])
      expect(await say(socket, `${JSON.stringify({ id: 3, op, input: {} })}\n`)).toMatchObject({
        id: 3,
        error: { code: 'UNKNOWN_OPERATION' },
      });
    await lives();
  });

  test('a line of 20 MB is refused', async () => {
    const answer = await say(socket, Buffer.alloc(20 * 1024 * 1024, 'x'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'TOO_LONG' } });
    await lives();
  });

  test('inputs of other types are refused, with the field', async () => {
    const wrong: readonly [string, unknown][] = [
      ['hello', { extra: 1 }],
      ['watch', { rates: 'yes' }],
      ['apply', {}],
      ['apply', { changeId: 1, summary: 'x', desired: NAT, baseVersion: 0, planHash: 'x', seconds: 10 }],
      ['apply', { changeId: 'x', summary: 'x', desired: NAT, baseVersion: 0, planHash: 'x', seconds: 1e9 }],
      ['plan', { desired: { networks: 'all', links: [] }, baseVersion: 0 }],
      ['plan', { desired: { networks: [], evil: true, links: [] }, baseVersion: 0 }],
      ['confirm', { changeId: null, nonce: {} }],
      ['guest.add', { name: ['web'], bridge: null }],
      ['guest.add', { name: 'web' }],
      ['lab.create', 'demo'],
    ];
    for (const [op, input] of wrong) {
      const answer = await say(socket, `${JSON.stringify({ id: 5, op, input })}\n`);
      expect(answer, op).toMatchObject({ id: 5, ok: false, error: { code: 'BAD_REQUEST' } });
      expect(answer.error?.message).toMatch(new RegExp(`^${op}: `));
    }
    await lives();
  });

  test('hostile names are refused before any process is started', async () => {
    const namespace = pidNamespace(labAgentPid(m.state, 'lab'));
    const ask = async (op: string, input: unknown, at = socket) => {
      const answer = await say(at, `${JSON.stringify({ id: 7, op, input })}\n`);
      expect(answer, JSON.stringify(input).slice(0, 80)).toMatchObject({ ok: false });
      expect(answer.error?.code).toBe('BAD_REQUEST');
    };
    for (const name of EVIL) {
      await ask('guest.add', { name, bridge: null });
      await ask('guest.add', { name: 'web', bridge: name });
      await ask('guest.add', { name: 'web', bridge: null, mac: name });
      await ask('guest.plug', { name, bridge: null });
      await ask('guest.ping', { from: name, to: 'web' });
      await ask('guest.ping', { from: 'web', to: name });
      await ask('lab.create', { name }, path.join(m.state, 'run', 'agent.sock'));
      await ask('lab.remove', { name }, path.join(m.state, 'run', 'agent.sock'));
      const [network] = NAT.networks;
      await ask('plan', { desired: { networks: [{ ...network, name }], links: [] }, baseVersion: 0 });
      await ask('plan', {
        desired: { networks: [{ ...network, bridge: { name, stp: false } }], links: [] },
        baseVersion: 0,
      });
    }
    expect(processesIn(namespace).filter((pid) => commandOf(pid).includes('touch'))).toEqual([]);
    expect(existsSync('pwned')).toBe(false);
    await lives();
  });

  test('a change that says it is somewhere else names no file', async () => {
    const desired = NAT;
    const plan = await lab.request('plan', { desired, baseVersion: 0 });
    if (!plan.ok) throw new Error(plan.error.message);
    const evil = '../../../../tmp/pwned\n$(touch pwned)';
    const input = {
      changeId: evil,
      summary: evil,
      desired,
      baseVersion: 0,
      planHash: plan.value.hash,
      seconds: 30,
    };
    expect(await lab.request('apply', input)).toMatchObject({ ok: true });
    await until(async () => {
      const status = await lab.request('status', {});
      return status.ok && status.value.transaction.state === 'awaiting';
    }, 'it waits');
    expect(await lab.request('rollback', { changeId: evil })).toMatchObject({ ok: true });
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  test('many connections and requests at once are refused beyond a limit', async () => {
    const connections = Array.from({ length: 80 }, () => net.connect(socket));
    for (const c of connections) c.on('error', () => {});
    try {
      await until(
        async () =>
          connections.filter((c) => c.destroyed || c.readableEnded).length >= 1 ||
          connections.some((c) => c.bytesRead > 0),
        'some are refused',
      );
    } finally {
      for (const c of connections) c.destroy();
    }
    await until(async () => (await lab.request('hello', {})).ok, 'the agent serves again');
  });

  test('a stale socket is replaced, something else that lies there is not', async () => {
    await m.kill('SIGKILL');
    expect(lstatSync(path.join(m.state, 'run', 'agent.sock')).isSocket()).toBe(true);
    await m.start();
    await m.kill('SIGTERM');
    expect(existsSync(path.join(m.state, 'run', 'agent.sock'))).toBe(false);
    writeFileSync(path.join(m.state, 'run', 'agent.sock'), 'mine');
    expect(await m.runAgentToItsEnd()).toMatchObject({
      ok: false,
      error: { detail: expect.stringMatching(/is not a socket/) },
    });
    const long = path.join(m.state, 'x'.repeat(120));
    mkdirSync(long);
    expect(await m.runAgentToItsEnd('--socket', path.join(long, 'a.sock'))).toMatchObject({
      ok: false,
      error: { detail: expect.stringMatching(/at most 107/) },
    });
  });
});
