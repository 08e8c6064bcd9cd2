import net from 'node:net';
import { AgentEvent, type Operation, type Output, Response } from '@/server/core/protocol';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { lineReader, MAX_LINE, parseInput, parseJson, parseOutput, type RawInput } from '@/server/core/wire';

type Asked = Exclude<Operation, 'watch'>;

type Watching = {
  /** Also after every reconnection: what was known before is to be replaced. */
  readonly onSnapshot: (snapshot: Output<'watch'>) => void;
  readonly onEvent: (event: AgentEvent) => void;
  /** The connection is lost or cannot be made; it is tried again by itself. Called once per outage and reason. */
  readonly onDown: (why: Failure) => void;
};

type Watch = { readonly stop: () => void };

/** One agent. Connections are made when they are needed and made again when they were lost. */
export type AgentLink = {
  readonly socket: string;
  /**
   * Asks and waits for the answer (`timeout` in milliseconds, 30,000 unless told). Failures besides the agent's own:
   * NO_AGENT, AGENT_DENIED, AGENT_GONE, AGENT_SILENT, BAD_REQUEST, BAD_ANSWER.
   */
  readonly request: <O extends Asked>(
    op: O,
    input: RawInput<O>,
    timeout?: number,
  ) => Promise<Result<Output<O>>>;
  /** Follows the agent until `stop` is called, over any number of its restarts. */
  readonly watch: (what: { readonly rates: boolean }, on: Watching) => Watch;
  readonly close: () => void;
};

const FIRST_RETRY = 100;
const LAST_RETRY = 3000;

export function connectAgent(socket: string): AgentLink {
  let connection: Connection | null = null;
  const watches = new Set<Watch>();
  const request: AgentLink['request'] = (op, input, timeout = 30_000) => {
    connection ??= open(socket, {
      onEvent: () => {},
      onClosed: () => {
        connection = null;
      },
    });
    return connection.ask(op, input, timeout);
  };
  const watch: AgentLink['watch'] = (what, on) => {
    const started = follow(socket, what, on);
    const own: Watch = {
      stop: () => {
        watches.delete(own);
        started.stop();
      },
    };
    watches.add(own);
    return own;
  };
  const close = () => {
    connection?.end();
    for (const w of watches) w.stop();
  };
  return { socket, request, watch, close };
}

type Connection = {
  readonly ask: <O extends Operation>(op: O, input: unknown, timeout: number) => Promise<Result<Output<O>>>;
  readonly end: () => void;
};

type Ends = { readonly onEvent: (event: AgentEvent) => void; readonly onClosed: (why: Failure) => void };

function open(path: string, ends: Ends): Connection {
  const socket = net.connect(path);
  const waiting = new Map<number, (answer: Result<unknown>) => void>();
  let lastId = 0;
  let why: Failure | null = null;
  let closed = false;

  const giveUp = (failure: Failure) => {
    why ??= failure;
    socket.destroy();
  };
  const lines = lineReader(
    (line) => {
      const json = parseJson(line);
      const event = AgentEvent.safeParse(json);
      if (event.success) return ends.onEvent(event.data);
      const response = Response.safeParse(json);
      if (!response.success)
        return giveUp({
          code: 'BAD_ANSWER',
          message: `What answers at ${path} does not speak our protocol.`,
        });
      const { id } = response.data;
      if (id === 0 && !response.data.ok) return giveUp(toFailure(response.data.error));
      const then = waiting.get(id);
      waiting.delete(id);
      then?.(
        response.data.ok ? ok(response.data.value) : { ok: false, error: toFailure(response.data.error) },
      );
    },
    () =>
      giveUp({
        code: 'BAD_ANSWER',
        message: `The agent at ${path} sent more than ${MAX_LINE} bytes at once.`,
      }),
    MAX_LINE * 8,
  );
  socket.on('data', (chunk) => lines.push(chunk));
  socket.on('error', (e: NodeJS.ErrnoException) => {
    why ??= sentence(path, e);
  });
  socket.on('close', () => {
    closed = true;
    const reason = why ?? { code: 'AGENT_GONE', message: `The agent at ${path} closed the connection.` };
    for (const then of waiting.values()) then({ ok: false, error: reason });
    waiting.clear();
    ends.onClosed(reason);
  });

  const ask: Connection['ask'] = async (op, raw, timeout) => {
    const input = parseInput(op, raw);
    if (!input.ok) return input;
    if (closed)
      return { ok: false, error: why ?? { code: 'AGENT_GONE', message: `The agent at ${path} is gone.` } };
    lastId += 1;
    const id = lastId;
    const answer = await new Promise<Result<unknown>>((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        resolve(
          fail('AGENT_SILENT', `The agent at ${path} did not answer ${op} within ${timeout / 1000} s.`),
        );
      }, timeout);
      waiting.set(id, (a) => {
        clearTimeout(timer);
        resolve(a);
      });
      socket.write(`${JSON.stringify({ id, op, input: input.value })}\n`);
    });
    return answer.ok ? parseOutput(op, answer.value) : answer;
  };
  return { ask, end: () => socket.destroy() };
}

function follow(path: string, what: { readonly rates: boolean }, on: Watching): Watch {
  let stopped = false;
  let pause = FIRST_RETRY;
  let told: string | null = null;
  let connection: Connection | null = null;
  let timer: NodeJS.Timeout | null = null;

  const begin = () => {
    // What arrives together with the answer is read before the answer's promise goes on: kept until then.
    let early: AgentEvent[] | null = [];
    const current = open(path, {
      onEvent: (event) => {
        if (stopped) return;
        if (early) early.push(event);
        else on.onEvent(event);
      },
      onClosed: (why) => {
        if (stopped) return;
        if (told !== why.code) on.onDown(why);
        told = why.code;
        timer = setTimeout(begin, pause);
        pause = Math.min(pause * 2, LAST_RETRY);
      },
    });
    connection = current;
    void current.ask('watch', what, 30_000).then((first) => {
      if (stopped) return;
      if (!first.ok) {
        if (told !== first.error.code) on.onDown(first.error);
        told = first.error.code;
        return current.end();
      }
      told = null;
      pause = FIRST_RETRY;
      on.onSnapshot(first.value);
      for (const event of early ?? []) on.onEvent(event);
      early = null;
    });
  };
  begin();
  return {
    stop: () => {
      stopped = true;
      if (timer) clearTimeout(timer);
      connection?.end();
    },
  };
}

function sentence(path: string, e: NodeJS.ErrnoException): Failure {
  switch (e.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { code: 'NO_AGENT', message: `No agent answers at ${path}: start Patchbay with npm run up.` };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'AGENT_DENIED',
        message: `The agent's socket ${path} is not open to this user: use the user that Patchbay runs as, or root.`,
      };
    default:
      return { code: 'AGENT_GONE', message: `The agent at ${path} cannot be reached: ${e.message}.` };
  }
}

/** Absent and undefined are not the same to `Failure`. */
function toFailure(e: {
  code: string;
  message: string;
  detail?: string | undefined;
  problems?: Failure['problems'] | undefined;
}): Failure {
  return {
    code: e.code,
    message: e.message,
    ...(e.detail === undefined ? {} : { detail: e.detail }),
    ...(e.problems === undefined ? {} : { problems: e.problems }),
  };
}
