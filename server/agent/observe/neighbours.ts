import type { Fact, Neighbour } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, type Reader, readWith } from './reading';
import { aText, listOf, maybe, object } from './shape';

const IpNeighbour = object({
  dst: aText,
  dev: aText,
  lladdr: maybe(aText),
  state: maybe(listOf(aText)),
});

/** Text of `ip -j neigh show`, both families. */
export function parseNeighbours(text: string): Parsed<Neighbour> {
  const list = parseList(IpNeighbour, text);
  if (!list.ok) return list;
  return ok(
    keyed(
      list.value.map((raw) => [
        `${raw.dev} ${raw.dst}`,
        { address: raw.dst, device: raw.dev, mac: raw.lladdr ?? null, state: raw.state ?? [] },
      ]),
    ),
  );
}

export const neighboursReader: Reader<Neighbour> = {
  what: 'neighbours',
  argv: ['ip', '-j', 'neigh', 'show'],
  parse: parseNeighbours,
};
export const observeNeighbours = (): Promise<Fact<Neighbour>> => readWith(neighboursReader);
