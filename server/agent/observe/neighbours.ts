import type { Fact, Neighbour } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, type Reader, readWith } from './reading';
import { aText, listOf, maybe, object, unlessGiven } from './shape';

const ipNeighbour = (device?: string) =>
  object({
    dst: aText,
    dev: unlessGiven(aText, device),
    lladdr: maybe(aText),
    state: maybe(listOf(aText)),
  });

/**
 * Text of `ip -j neigh show`, both families.
 * @param device the one that was asked for: then it is not printed
 */
export function parseNeighbours(text: string, device?: string): Parsed<Neighbour> {
  const list = parseList(ipNeighbour(device), text);
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
  parse: (text) => parseNeighbours(text),
};
export const observeNeighbours = (): Promise<Fact<Neighbour>> => readWith(neighboursReader);
