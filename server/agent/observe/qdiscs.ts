import type { Fact, Qdisc } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, readWith } from './reading';
import { aFlag, aText, maybe, object, record } from './shape';

const TcQdisc = object({
  kind: aText,
  handle: aText,
  dev: aText,
  parent: maybe(aText),
  root: maybe(aFlag),
  options: maybe(record),
});

/** Text of `tc -j qdisc show`. */
export function parseQdiscs(text: string): Parsed<Qdisc> {
  const list = parseList(TcQdisc, text);
  if (!list.ok) return list;
  return ok(
    keyed(
      list.value.map((raw) => {
        const parent = raw.parent ?? 'root';
        const qdisc: Qdisc = {
          device: raw.dev,
          kind: raw.kind,
          handle: raw.handle,
          parent,
          options: raw.options ?? {},
        };
        return [`${raw.dev} ${raw.handle} ${parent}`, qdisc] as const;
      }),
    ),
  );
}

export const observeQdiscs = (): Promise<Fact<Qdisc>> =>
  readWith({ what: 'queueing disciplines', argv: ['tc', '-j', 'qdisc', 'show'], parse: parseQdiscs });
