import { z } from 'zod';
import type { Fact, Qdisc } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, readWith } from './reading';

const TcQdisc = z.object({
  kind: z.string(),
  handle: z.string(),
  dev: z.string(),
  parent: z.string().nullish(),
  root: z.boolean().nullish(),
  options: z.record(z.string(), z.unknown()).nullish(),
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
