import type { CheckContext } from '@/server/core/check';
import type { Network } from '@/server/core/kinds/network';
import { lineOf } from '@/server/core/libvirt/lines';
import { parseNetworkXml } from '@/server/core/libvirt/parse-network';
import { items } from '@/server/core/observed';

export type XmlProblem = {
  /** From 1; null where the message says it, or there is none. */
  readonly line: number | null;
  readonly message: string;
};

type Read =
  | { readonly ok: true; readonly network: Network }
  | { readonly ok: false; readonly problems: readonly XmlProblem[] };

/** The network that XML says, with what XML cannot say as it was `before`. */
export function readXmlFor(xml: string, before: Network | null, context: CheckContext): Read {
  const taken = [
    ...context.others.flatMap((n) => n.bridge?.name ?? []),
    ...(context.observed === null ? [] : items(context.observed.links).map((l) => l.name)),
  ].filter((name) => name !== before?.bridge?.name);
  const read = parseNetworkXml(xml, {
    taken,
    anyFooting: true,
    // What has a bridge already keeps its name.
    known: () => before?.bridge?.name,
  });
  if (read.ok) return { ok: true, network: { ...read.value, ...unsaid(before) } };
  const { problems = [], message } = read.error;
  return {
    ok: false,
    problems:
      problems.length === 0
        ? [{ line: null, message }]
        : problems.map((p) => ({
            line: /in line \d+/.test(p.message) ? null : lineOf(xml, p.path),
            message: p.message,
          })),
  };
}

const unsaid = (before: Network | null): Pick<Network, 'portForwards' | 'footing' | 'adopted'> => ({
  ...(before?.portForwards === undefined ? {} : { portForwards: before.portForwards }),
  ...(before?.footing === undefined ? {} : { footing: before.footing }),
  ...(before?.adopted === undefined ? {} : { adopted: before.adopted }),
});
