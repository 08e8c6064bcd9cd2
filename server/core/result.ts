/** An expected failure: a stable code, one sentence for people, and the tool's own words where there are any. */
export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  /** Where the fault lies in the input, when it lies in the input. */
  readonly problems?: readonly Problem[];
};

/** One fault of an input: which field, why, and what would be right. Never thrown. */
export type Problem = {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
};

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const fail = (code: string, message: string, more: Partial<Failure> = {}): Result<never> => ({
  ok: false,
  error: { code, message, ...more },
});

/** Ends a switch over a union: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
