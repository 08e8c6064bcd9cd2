import type { Problem } from '../result';
import { short } from '../short';

/* The lines of a KVM autotest configuration, and which parameter applies to which NIC. */

export type Parameter = { readonly key: string; readonly value: string; readonly line: number };

export type Parameters = {
  readonly all: readonly Parameter[];
  readonly problems: readonly Problem[];
};

const problem = (line: number, message: string): Problem => ({
  path: ['line', line],
  code: 'AUTOTEST',
  message: `Line ${line}: ${message}`,
});

/** `key = value`, one a line; a `#` begins a comment; a later line takes the place of an earlier one. */
export function readParameters(text: string): Parameters {
  const byKey = new Map<string, Parameter>();
  const problems: Problem[] = [];
  text.split(/\r?\n/).forEach((whole, i) => {
    const line = i + 1;
    const said = whole.replace(/(^|\s)#.*$/, '').trim();
    if (said === '') return;
    const [, key = '', value = ''] = /^([A-Za-z0-9_.-]+)\s*=\s*(.*)$/.exec(said) ?? [];
    if (key !== '') byKey.set(key, { key, value: unquoted(value), line });
    else if (/^(variants\b.*:|only\b|no\b|include\b|- )|:$/.test(said))
      problems.push(
        problem(
          line,
          `"${short(said)}" chooses among configurations: give the parameters of one, as autotest prints them.`,
        ),
      );
    else if (/^\S+\s*[+<?~]=/.test(said))
      problems.push(
        problem(line, `"${short(said)}" changes a value that stands elsewhere: give the whole value.`),
      );
    else problems.push(problem(line, `"${short(said)}" is not written as key = value.`));
  });
  return { all: [...byKey.values()], problems };
}

const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;

/** A parameter with the words that follow its name: of which guest and NIC it is. */
export type Scoped = Parameter & {
  readonly base: string;
  /** Null: of all NICs. */
  readonly nic: string | null;
};

/**
 * As autotest looks up: `mac_nic1_vm1`, `mac_nic1`, `mac_vm1` and `mac` in this order. Null for a parameter of no known
 * name; `unknownNic` when only the NIC is not known.
 */
export function scopeOf(
  parameter: Parameter,
  known: ReadonlySet<string>,
  { nics, guest }: { readonly nics: readonly string[]; readonly guest: string | undefined },
): Scoped | { readonly unknownNic: string } | null {
  const { key } = parameter;
  const mine = guest !== undefined && key.endsWith(`_${guest}`) ? key.slice(0, -guest.length - 1) : key;
  if (known.has(mine)) return { ...parameter, base: mine, nic: null };
  const nic = nics.find((n) => mine.endsWith(`_${n}`) && known.has(mine.slice(0, -n.length - 1)));
  if (nic !== undefined) return { ...parameter, base: mine.slice(0, -nic.length - 1), nic };
  const base = [...known].filter((k) => mine.startsWith(`${k}_`)).sort((a, b) => b.length - a.length)[0];
  return base === undefined ? null : { unknownNic: mine.slice(base.length + 1) };
}

/** What applies to a NIC: what is said of it alone stands before what is said of all, and the guest's before anybody's. */
export function valueFor(scoped: readonly Scoped[], base: string, nic: string): Scoped | undefined {
  const of = scoped.filter((s) => s.base === base && (s.nic === nic || s.nic === null));
  const rank = (s: Scoped) =>
    (s.nic === null ? 2 : 0) + (s.key === (s.nic === null ? base : `${base}_${nic}`) ? 1 : 0);
  return of.sort((a, b) => rank(a) - rank(b))[0];
}

export const lineProblem = problem;
