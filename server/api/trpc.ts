import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { problemsOf } from '@/server/core/check-parse';
import type { Failure, Result } from '@/server/core/result';
import type { Session, Store } from '@/server/store';
import type { Hosts } from './hosts';
import type { Log } from './log';

/** How the API speaks to the one who asks; `server/web` makes it from cookies and headers. */
export type Visitor = {
  readonly session: Session | null;
  /** Browser and system in a few words, for the list of sessions and the author of changes. */
  readonly label: string;
  /** Gives the browser the secret of a session. */
  readonly keep: (secret: string) => void;
  /** Ends the session everywhere: in the records, in the browser, in open streams. */
  readonly leave: () => Promise<void>;
};

/** What makes a login by password slow for guessers; of the client that asks. */
type Attempts = {
  readonly wait: (now: number) => number;
  readonly failed: (now: number) => void;
  readonly succeeded: () => void;
};

export type Context = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly log: Log;
  readonly attempts: Attempts;
  readonly visitor: Visitor;
};

/** Calls that a browser may send as one request; a page makes a handful. */
export const MAX_BATCH = 50;

/** Carries an expected failure through tRPC to the one place that translates it. */
class Refusal extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

const CODES: Readonly<Record<string, TRPCError['code']>> = {
  NOT_FOUND: 'NOT_FOUND',
  HOST_UNKNOWN: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  TAKEN: 'CONFLICT',
  STALE: 'CONFLICT',
  BUSY: 'CONFLICT',
  WRONG_STATE: 'CONFLICT',
  INVALID: 'BAD_REQUEST',
  BAD_REQUEST: 'BAD_REQUEST',
  LOGGED_OUT: 'UNAUTHORIZED',
  LOGIN_REFUSED: 'FORBIDDEN',
  READ_ONLY: 'FORBIDDEN',
  TOO_MANY: 'TOO_MANY_REQUESTS',
  AGENT_SILENT: 'TIMEOUT',
};

export const refuse = (failure: Failure): TRPCError =>
  new TRPCError({
    code: CODES[failure.code] ?? 'PRECONDITION_FAILED',
    message: failure.message,
    cause: new Refusal(failure),
  });

/** The value, or the failure thrown as tRPC wants it. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw refuse(result.error);
}

function failureOf(error: TRPCError): Failure {
  const { cause } = error;
  if (cause instanceof Refusal) return cause.failure;
  if (cause instanceof ZodError) {
    const problems = problemsOf(cause);
    return { code: 'INVALID', message: problems[0]?.message ?? 'This input is not understood.', problems };
  }
  if (error.code === 'INTERNAL_SERVER_ERROR')
    return {
      code: 'BUG',
      message:
        'Something went wrong inside Patchbay; its log says what. Try again, and report it if it stays.',
    };
  return { code: error.code, message: error.message === TOO_LARGE ? MANY_CALLS : error.message };
}

/** What tRPC itself says of a batch that is larger. */
const TOO_LARGE = 'Batch call exceeds maximum size';
const MANY_CALLS = `One request has too many calls: at most ${MAX_BATCH} are taken together.`;

const t = initTRPC.context<Context>().create({
  isDev: false,
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
  errorFormatter: ({ shape, error }) => {
    const failure = failureOf(error);
    return { ...shape, message: failure.message, data: { code: shape.data.code, failure } };
  },
});

export const router = t.router;
/** For those who are not logged in yet. */
export const open = t.procedure;
/** Everything else. */
export const procedure = t.procedure.use(({ ctx, next }) => {
  const { session } = ctx.visitor;
  if (session === null) throw refuse({ code: 'LOGGED_OUT', message: 'You are not logged in.' });
  return next({ ctx: { ...ctx, session } });
});
