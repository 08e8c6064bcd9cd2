import type { Action } from './change';
import type { Draft } from './plan-situation';

/** From so many on, steps of one kind become one: a process for each is what takes the time. */
export const MANY = 16;

type Lines = { readonly tool: 'ip' | 'bridge'; readonly lines: readonly string[] };

/** What an action says as lines of `ip -batch` or `bridge -batch`, with the same words; null where it cannot. */
function linesOf(action: Action): Lines | null {
  if (action.do !== 'run') return null;
  const { tool, args, stdin } = action;
  if (tool !== 'ip' && tool !== 'bridge') return null;
  if (stdin !== undefined)
    return args.at(-2) === '-batch' ? { tool, lines: stdin.trimEnd().split('\n') } : null;
  const plain = args.every((word) => /^[A-Za-z0-9_.:@/+][A-Za-z0-9_.:@/+-]*$/.test(word));
  return plain ? { tool, lines: [args.join(' ')] } : null;
}

/** After a rollback, plugs and routes are judged by their commands: these stay what they are. */
const isJudged = (action: Action): boolean =>
  action.do === 'run' && action.stdin === undefined && /\b(master|route)\b/.test(action.args.join(' '));

/** "Create tap tap0" among others of its kind. */
function titleOf({ title, touches: [subject = ''] }: Draft, many: string): string {
  const [, name = ''] = subject.split(' ');
  return title.includes(subject) ? title.replace(subject, many) : title.replace(name, many);
}

/** Steps of one kind whose commands follow each other with the same tools can be one; null for one that cannot. */
function shapeOf(draft: Draft): string | null {
  const { actions, inverse } = draft;
  const all = [...actions, ...inverse].map(linesOf);
  if (all.includes(null) || inverse.some(isJudged)) return null;
  return `${actions.length} ${all.map((l) => l?.tool).join(' ')} ${titleOf(draft, '')}`;
}

/** The same place in the sequences of several steps, as one batch. */
function merged(sequences: readonly (readonly Action[])[], options: readonly string[]): readonly Action[] {
  const [first = []] = sequences;
  return first.flatMap((action, i): readonly Action[] => {
    const tool = linesOf(action)?.tool;
    if (tool === undefined) return [];
    const lines = sequences.flatMap((s) => {
      const at = s[i];
      return at === undefined ? [] : (linesOf(at)?.lines ?? []);
    });
    return [{ do: 'run', tool, args: [...options, '-batch', '-'], stdin: `${lines.join('\n')}\n` }];
  });
}

/**
 * Steps for taps, of which none depends on another: many of one kind become one, whose batch has the same commands. What
 * cannot be put together stays as it is, after them.
 */
export function gathered(drafts: readonly Draft[]): readonly Draft[] {
  const byShape = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const shape = shapeOf(draft);
    if (shape === null) continue;
    const list = byShape.get(shape);
    if (list === undefined) byShape.set(shape, [draft]);
    else list.push(draft);
  }
  const many = [...byShape.values()].filter((list) => list.length >= MANY);
  const taken = new Set(many.flat());
  return [
    ...many.map(
      (list): Draft => ({
        title: list.map((d) => titleOf(d, `${list.length} taps`))[0] ?? '',
        touches: [...new Set(list.flatMap((d) => d.touches))],
        actions: merged(
          list.map((d) => d.actions),
          [],
        ),
        inverse: merged(list.map((d) => d.inverse).reverse(), ['-force']),
      }),
    ),
    ...drafts.filter((d) => !taken.has(d)),
  ];
}
