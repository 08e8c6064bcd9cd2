import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { Problem } from '../result';

/**
 * The line, from 1, in which the element that a problem of `parseNetworkXml` is about begins; null where the text
 * cannot be read or has no such element.
 */
export function lineOf(source: string, path: Problem['path']): number | null {
  let here: XmlElement | null;
  try {
    here = parseXml(source, { includeOffsets: true }).root;
  } catch {
    return null;
  }
  for (let i = 0; i + 1 < path.length && here !== null; i += 2) {
    const name = localName(String(path[i]));
    const all: readonly XmlElement[] = here.children.filter((c) => c instanceof XmlElement);
    here = all.filter((c) => localName(c.name) === name)[Number(path[i + 1])] ?? null;
  }
  return here === null ? null : source.slice(0, here.start).split('\n').length;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);
