import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fail, ok, type Result } from '@/server/core/result';

/*
 * The only file that starts processes. Everything is an argv array; nothing goes through a shell.
 */

export type Identity = { readonly uid: number; readonly gid: number };

export type RunOptions = {
  readonly stdin?: string;
  /** Milliseconds; default 10,000. */
  readonly timeout?: number;
  readonly env?: Env;
  readonly cwd?: string;
  /** Root runs it as somebody else, who gets nothing of root's environment (see `foreign`). */
  readonly as?: Identity;
  /** It runs as somebody else by its own words (setpriv), and gets nothing of root's environment either. */
  readonly foreign?: boolean;
};

/** Undefined takes a variable of ours away. */
type Env = Readonly<Record<string, string | undefined>>;

export type Ran = { readonly stdout: string; readonly stderr: string };

const PATH = [process.env.PATH, '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  .filter(Boolean)
  .join(':');
const MAX_OUTPUT = 256 * 1024 * 1024;

/** What a process of another user needs of root's environment. Tokens, agents' sockets and homes stay root's. */
const FOR_OTHERS = /^(LANG|LANGUAGE|LC_[A-Z]+|TZ|PATCHBAY_[A-Z_]+)$/;

function inherited(foreign: boolean): NodeJS.ProcessEnv {
  if (!foreign || process.getuid?.() !== 0) return process.env;
  const { NODE_ENV, ...all } = process.env;
  return { NODE_ENV, ...Object.fromEntries(Object.entries(all).filter(([name]) => FOR_OTHERS.test(name))) };
}

/** Tools print for programs: no colours, no translation; administrators' tools are found for ordinary users too. */
export const toolEnv = (extra: Env = {}, foreign = false): NodeJS.ProcessEnv => ({
  ...inherited(foreign),
  PATH,
  LC_ALL: 'C',
  NO_COLOR: '1',
  ...extra,
});

const isForeign = ({ as, foreign }: Pick<RunOptions, 'as' | 'foreign'>) => foreign ?? as !== undefined;

/** How a command is shown to people and can be pasted into a shell. */
export function commandLine(argv: readonly string[]): string {
  return argv
    .map((a) => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(a) ? a : `'${a.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** A tool says at the end what it ended of: of long output the beginning and the end are kept. */
const shortened = (text: string) =>
  text.length <= 4000 ? text : `${text.slice(0, 1500)}\n…\n${text.slice(-2500)}`;

/**
 * Runs a command to its end. Failures: TOOL_MISSING, TOOL_DENIED, TOOL_TIMEOUT, TOOL_FAILED (exit code other than 0;
 * `detail` is what it printed).
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result<Ran>> {
  const [tool, ...args] = argv;
  if (tool === undefined) throw new Error('run: empty argv');
  const timeout = options.timeout ?? 10_000;
  return new Promise((resolve) => {
    if (argv.some((a) => a.includes('\0')))
      return resolve(fail('TOOL_FAILED', `${tool} was not started: an argument has a null byte.`));
    const child = spawn(tool, args, {
      env: toolEnv(options.env, isForeign(options)),
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.as ?? {}),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      // Whatever it started itself may have them open still.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, timeout);
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT) child.kill('SIGKILL');
      else into.push(chunk);
    };
    child.stdout?.on('data', keep(out));
    child.stderr?.on('data', keep(err));
    child.stdin?.on('error', () => {}); // it ended before it read everything: its exit code says why
    child.stdin?.end(options.stdin);
    child.once('error', (e: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (e.code === 'ENOENT') resolve(fail('TOOL_MISSING', `${tool} is not installed.`));
      else resolve(fail('TOOL_DENIED', `${tool} could not be started: ${e.message}.`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out).toString('utf8');
      const stderr = Buffer.concat(err).toString('utf8');
      // What it printed before it ended in time may not have been read any more.
      if (code === 0 && !late) return resolve(ok({ stdout, stderr }));
      const detail = shortened(stderr.trim() || stdout.trim());
      const more = detail === '' ? {} : { detail };
      if (late) return resolve(fail('TOOL_TIMEOUT', `${tool} did not end within ${timeout / 1000} s.`, more));
      const first = detail.split('\n')[0] ?? '';
      const how = code === null ? `was ended by ${signal}` : `ended with ${code}`;
      resolve(fail('TOOL_FAILED', `${tool} ${how}${first ? `: ${first}` : ''}`, more));
    });
  });
}

export type Stream = { readonly stop: () => void };

/** Runs a command that goes on printing (`ip monitor`); `onEnd` says why it ended, unless it was stopped by us. */
export function stream(
  argv: readonly string[],
  onLine: (line: string) => void,
  onEnd: (why: string) => void,
): Stream {
  const [tool, ...args] = argv;
  if (tool === undefined) throw new Error('stream: empty argv');
  const child = spawn(tool, args, { env: toolEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
  let stopped = false;
  let err = '';
  createInterface({ input: child.stdout }).on('line', onLine);
  child.stderr.on('data', (c: Buffer) => {
    err = (err + c.toString('utf8')).slice(-1000);
  });
  const end = (why: string) => {
    if (stopped) return;
    stopped = true;
    onEnd(why);
  };
  child.once('error', (e: NodeJS.ErrnoException) =>
    end(e.code === 'ENOENT' ? `${tool} is not installed` : e.message),
  );
  child.once('close', (code, signal) => end(err.trim() || `${tool} ended with ${code ?? signal}`));
  return {
    stop: () => {
      stopped = true;
      child.kill('SIGTERM');
    },
  };
}

export type StartOptions = {
  /** File that takes its standard output and error; default: none is kept. */
  readonly log?: string;
  readonly env?: Env;
  readonly cwd?: string;
  /** As in `RunOptions`. */
  readonly as?: Identity;
  readonly foreign?: boolean;
  /** A session of its own: it outlives us. Default false. */
  readonly detached?: boolean;
  /** `pipe` gives it an input that closes when we die. Default `ignore`. */
  readonly stdin?: 'pipe' | 'ignore';
  /** `pipe` lets the caller read its standard output; default: it goes where `log` says. */
  readonly stdout?: 'pipe';
  /** Descriptors that it gets as its 3, 4, …; ours stay open. */
  readonly fds?: readonly number[];
};

/** A link in a log's place could lead root, who opens it, to a file of somebody else's choice. */
const LOG_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Starts a long-running child. The caller watches `exit` and `error`. */
export function start(argv: readonly string[], options: StartOptions = {}): ChildProcess {
  const [tool, ...args] = argv;
  if (tool === undefined) throw new Error('start: empty argv');
  const log = options.log === undefined ? 'ignore' : openSync(options.log, LOG_FLAGS, 0o600);
  const child = spawn(tool, args, {
    env: toolEnv(options.env, isForeign(options)),
    stdio: [options.stdin ?? 'ignore', options.stdout ?? log, log, ...(options.fds ?? [])],
    detached: options.detached ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.as ?? {}),
  });
  if (typeof log === 'number') closeSync(log);
  if (options.detached) child.unref();
  return child;
}
