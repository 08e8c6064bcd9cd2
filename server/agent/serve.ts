import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type AgentEvent, type Input, type Operation, type Output, Request } from '@/server/core/protocol';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { isOperation, lineReader, MAX_LINE, parseInput, parseJson, parseOutput } from '@/server/core/wire';
import type { Identity } from './exec';
import type { Log } from './log';

/** Longest path of a Unix socket: `sun_path` has 108 bytes, the last one is null. */
const MAX_SOCKET_PATH = 107;
const MAX_CLIENTS = 64;
const MAX_IN_FLIGHT = 32;
/** A watcher that does not read is cut off; it may come back and read afresh. */
const MAX_UNSENT = 64 * 1024 * 1024;

/** One connection, as a handler sees it. */
export type Caller = {
  /** Events sent before the request is answered follow the answer. */
  readonly send: (event: AgentEvent) => void;
  readonly onClose: (then: () => void) => void;
};

/** An operation without a handler does not compile. */
export type Handlers = {
  readonly [O in Operation]: (input: Input<O>, caller: Caller) => Promise<Result<Output<O>>>;
};

export type ServeOptions = {
  readonly socket: string;
  /** Whom the socket is open to, besides us. */
  readonly owner?: Identity;
  readonly handlers: Handlers;
  readonly log: Log;
};

export type Serving = { readonly close: () => Promise<void> };

/**
 * Listens on a Unix socket, open to its owner alone. Failures: SOCKET_PATH (too long, or something else lies
 * there), SOCKET_TAKEN (somebody answers there), SOCKET_FAILED.
 */
export async function serve(options: ServeOptions): Promise<Result<Serving>> {
  const { socket } = options;
  const free = await claim(socket);
  if (!free.ok) return free;
  const clients = new Set<net.Socket>();
  const server = net.createServer((client) => {
    if (clients.size >= MAX_CLIENTS) {
      const why = fail(
        'TOO_MANY_CLIENTS',
        `The agent serves ${MAX_CLIENTS} connections at a time, not more.`,
      );
      client.on('error', () => {});
      client.end(`${JSON.stringify({ id: 0, ...why })}\n`);
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    attend(client, options);
  });
  // Listening under another name first: under its own name it never has wrong rights, and a stale one is replaced.
  const temporary = path.join(path.dirname(socket), `.a${process.pid}`);
  try {
    mkdirSync(path.dirname(socket), { recursive: true });
    rmSync(temporary, { force: true });
    await listen(server, temporary);
    chmodSync(temporary, 0o600);
    if (options.owner) chownSync(temporary, options.owner.uid, options.owner.gid);
    renameSync(temporary, socket);
  } catch (e) {
    server.close();
    return fail('SOCKET_FAILED', `The agent cannot listen at ${socket}: ${says(e)}.`);
  }
  const own = lstatSync(socket).ino;
  return ok({
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        for (const c of clients) c.destroy();
        if (lstatSync(socket, { throwIfNoEntry: false })?.ino === own) rmSync(socket, { force: true });
      }),
  });
}

const says = (e: unknown): string => (e instanceof Error ? e.message : String(e));

function listen(server: net.Server, at: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    try {
      server.listen(at, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before); // the socket file was made inside `listen`
    }
  });
}

/** May we listen there? A socket on which nobody answers is a left-over. Failures as those of `serve`. */
export async function claim(socket: string): Promise<Result<null>> {
  const bytes = Buffer.byteLength(socket);
  if (bytes > MAX_SOCKET_PATH)
    return fail(
      'SOCKET_PATH',
      `The socket's path has ${bytes} bytes, and the kernel takes at most ${MAX_SOCKET_PATH}: ${socket}`,
    );
  const there = lstatSync(socket, { throwIfNoEntry: false });
  if (!there) return ok(null);
  if (!there.isSocket()) return fail('SOCKET_PATH', `${socket} exists and is not a socket; remove it first.`);
  const answers = await new Promise<boolean>((resolve) => {
    const probe = net.connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  return answers ? fail('SOCKET_TAKEN', `Another agent already answers at ${socket}.`) : ok(null);
}

function attend(client: net.Socket, { handlers, log }: ServeOptions): void {
  let inFlight = 0;
  const closing: (() => void)[] = [];
  const write = (value: unknown) => {
    if (client.destroyed) return;
    client.write(`${JSON.stringify(value)}\n`);
    if (client.writableLength > MAX_UNSENT) {
      log.warn('a client does not read what it asked for: it is cut off');
      client.destroy();
    }
  };
  const refuse = (id: number, error: Failure) => write({ id, ok: false, error });

  const onLine = (line: string) => {
    const json = parseJson(line);
    if (json === undefined)
      return refuse(0, { code: 'BAD_REQUEST', message: 'A request is one JSON value on one line.' });
    const request = Request.safeParse(json);
    if (!request.success)
      return refuse(0, {
        code: 'BAD_REQUEST',
        message: 'A request looks like {"id": 1, "op": "hello", "input": {}}.',
      });
    const { id, op, input } = request.data;
    if (!isOperation(op))
      return refuse(id, {
        code: 'UNKNOWN_OPERATION',
        message: `There is no operation ${JSON.stringify(op.slice(0, 50))}.`,
      });
    if (inFlight >= MAX_IN_FLIGHT)
      return refuse(id, {
        code: 'TOO_MANY_REQUESTS',
        message: 'Too many requests are open on this connection.',
      });
    inFlight += 1;
    void answer(op, id, input).finally(() => {
      inFlight -= 1;
    });
  };

  const answer = async <O extends Operation>(op: O, id: number, raw: unknown) => {
    const early: AgentEvent[] = [];
    let answered = false;
    const caller: Caller = {
      send: (event) => (answered ? write(event) : early.push(event)),
      onClose: (then) => (client.destroyed ? then() : closing.push(then)),
    };
    try {
      const input = parseInput(op, raw);
      if (!input.ok) return refuse(id, input.error);
      const result = await handlers[op](input.value, caller);
      if (!result.ok) return refuse(id, result.error);
      const output = parseOutput(op, result.value);
      if (!output.ok) {
        log.error({ op, error: output.error }, 'our own answer does not fit the protocol');
        return refuse(id, { ...output.error, code: 'AGENT_FAULT' });
      }
      write({ id, ok: true, value: output.value });
    } catch (e) {
      log.error({ op, err: e }, 'a request failed unexpectedly');
      refuse(id, { code: 'AGENT_FAULT', message: `The agent has a fault in ${op}: ${says(e)}` });
    } finally {
      answered = true;
      for (const event of early) write(event);
    }
  };

  const lines = lineReader(onLine, () => {
    client.pause();
    const message = `A request has at most ${MAX_LINE / 1024 / 1024} MB.`;
    client.end(`${JSON.stringify({ id: 0, ok: false, error: { code: 'TOO_LONG', message } })}\n`, () =>
      client.destroy(),
    );
  });
  client.on('data', (chunk) => lines.push(chunk));
  client.on('error', () => {}); // it went away; 'close' follows
  client.once('close', () => {
    for (const then of closing) then();
  });
}
