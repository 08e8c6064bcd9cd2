import { readdirSync } from 'node:fs';
import type { Fact, Link, Namespace, Route } from '@/server/core/observed';
import { ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { parseLinks } from './links';
import { known, parseList, unknown, whyNot } from './reading';
import { parseRoutes } from './routes';
import { anInt, aText, maybe, object } from './shape';

const LIST = ['ip', '-j', 'netns', 'list'];
const IpNetns = object({ name: aText, id: maybe(anInt) });

const FOLDER = '/run/netns';

/** How many namespaces are entered at a time: each is one process. */
const AT_ONCE = 4;

/** Text of `ip -j netns list`: name and, where one was given, the id by which links name it. */
export function parseNamespaceNames(text: string): Result<{ name: string; nsid: number | null }[]> {
  const list = parseList(IpNetns, text);
  return list.ok ? ok(list.value.map((raw) => ({ name: raw.name, nsid: raw.id ?? null }))) : list;
}

/** Two documents, one a line: addresses, and the routes of both families, as one `ip -batch` prints them. */
export function parseNamespaceInside(
  text: string,
): Result<{ links: Readonly<Record<string, Link>>; routes: readonly Route[] }> {
  const [first = '', second = ''] = text.split('\n').filter((line) => line.trim() !== '');
  const links = parseLinks(first);
  if (!links.ok) return links;
  const routes = parseRoutes(second);
  if (!routes.ok) return routes;
  return ok({ links: links.value, routes: Object.values(routes.value) });
}

/** One namespace, entered by one process. What cannot be entered says so in `unreadable`. */
async function readInside(name: string, nsid: number | null): Promise<Namespace> {
  const closed = (why: string): Namespace => ({ name, nsid, links: {}, routes: [], unreadable: why });
  // A name that looks like an option, or climbs out of the folder, is nothing that `ip netns add` made.
  if (name.startsWith('-') || name.includes('/')) return closed('its name cannot be given to ip');
  const ran = await run(['ip', '-j', '-d', '-n', name, '-batch', '-'], {
    stdin: 'addr show\nroute show table all\n',
  });
  if (!ran.ok) return closed(whyNot(ran.error, `namespace ${name}`));
  const inside = parseNamespaceInside(ran.value.stdout);
  if (!inside.ok) return closed(inside.error.message);
  return { name, nsid, links: inside.value.links, routes: [...inside.value.routes] };
}

/**
 * Named namespaces and what is inside. With `only`, the inside of the others is taken from `before`.
 * @param only names to enter
 */
export async function observeNamespaces(
  only?: ReadonlySet<string>,
  before?: Fact<Namespace>,
): Promise<Fact<Namespace>> {
  const command = `${commandLine(LIST)}; ip -j -d -n NAME addr show; ip -j -d -n NAME route show table all`;
  // Most machines have none, and looking into the folder needs no process.
  if (isEmptyFolder(FOLDER)) return known(command, {});
  const ran = await run(LIST);
  if (!ran.ok) return unknown(command, whyNot(ran.error, 'network namespaces'));
  const names = parseNamespaceNames(ran.value.stdout);
  if (!names.ok) return unknown(command, names.error.message);
  const queue = [...names.value];
  const found = new Map<string, Namespace>();
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const old = before?.known ? before.value[next.name] : undefined;
      const keep = only !== undefined && !only.has(next.name) && old !== undefined;
      found.set(next.name, keep ? withId(old, next.nsid) : await readInside(next.name, next.nsid));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const inOrder = names.value.flatMap(({ name }) => {
    const one = found.get(name);
    return one === undefined ? [] : [[name, one] as const];
  });
  return known(command, Object.fromEntries(inOrder));
}

const withId = (namespace: Namespace, nsid: number | null): Namespace =>
  namespace.nsid === nsid ? namespace : { ...namespace, nsid };

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (e) {
    return e instanceof Error && 'code' in e && e.code === 'ENOENT';
  }
}
