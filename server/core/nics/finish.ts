import { MOST_PROBLEMS, refuse, sentence } from '../check-parse';
import { withoutAbsent } from '../libvirt/reading';
import { ok, type Problem, type Result } from '../result';
import { short } from '../short';
import { GuestNics, nicProblems, type ReadNics } from './guest-nics';

/* What was read of a text, judged by the schema: each problem names the place in the text that its field came from. */

/** What a text calls the field of a NIC at `path`, and where that stands: `line 3: mac_nic1`. */
export type Where = (path: Problem['path']) => string;

export type Candidate = {
  readonly guest?: string | undefined;
  readonly nics: readonly { readonly [field: string]: unknown }[];
  readonly notes: readonly string[];
};

export function finishNics({ guest, nics, notes }: Candidate, where: Where): Result<ReadNics> {
  const parsed = GuestNics.safeParse(withoutAbsent({ guest, nics }));
  if (!parsed.success) {
    const problems = new Map<string, Problem>();
    for (const issue of parsed.error.issues) {
      const path = issue.path.map((p) => (typeof p === 'number' ? p : short(String(p))));
      const place = where(path);
      if (!problems.has(place))
        problems.set(place, { path, code: 'MALFORMED', message: `${place}: ${sentence(issue)}` });
    }
    return refuse([...problems.values()].slice(0, MOST_PROBLEMS));
  }
  const problems = nicProblems(parsed.data.nics).map((p) => ({
    ...p,
    message: `${where(p.path)}: ${p.message}`,
  }));
  return problems.length > 0 ? refuse(problems) : ok({ ...parsed.data, notes });
}
