import { readdirSync } from 'node:fs';
import type { Fact, Listener } from '@/server/core/observed';
import { fail, ok } from '@/server/core/result';
import { linkOf, nameOf } from '../processes';
import { keyed, known, type Parsed, type Reader, readWith } from './reading';

/** Where a program waits; `inode` is by what the program is found. */
type Socket = Pick<Listener, 'protocol' | 'address' | 'port' | 'device'> & { readonly inode: string };

const LINE = /^(tcp|udp)\s+(\w+)\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s.*\bino:(\d+)/;
const ADDRESS = /^\[?([^\]%]+)\]?(?:%(.+))?$/;

/** Text of `ss -H -O -tulne`. One of several sockets at the same place stands for all. */
export function parseListeners(text: string): Parsed<Socket> {
  const found: [string, Socket][] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, protocol, , place = '', port = '', inode = ''] = LINE.exec(line) ?? [];
    const [, address, device = null] = ADDRESS.exec(place) ?? [];
    if ((protocol !== 'tcp' && protocol !== 'udp') || address === undefined)
      return fail('NOT_UNDERSTOOD', `a line of ss cannot be understood: ${line.slice(0, 200)}`);
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
    const socket: Socket = { protocol, address: plain, port: Number(port), device, inode };
    found.push([`${protocol} ${place} ${port}`, socket]);
  }
  return ok(keyed(found));
}

/** Asked of the kernel by its netlink, which goes through sockets that listen alone; /proc/net goes through all. */
const reader: Reader<Socket> = {
  what: 'listening sockets',
  argv: ['ss', '-H', '-O', '-tulne'],
  parse: parseListeners,
};

/**
 * Where programs of this host wait. Which programs, is looked for only when there is a socket that was not there
 * before: that goes through the descriptors of all processes.
 */
export async function observeListeners(): Promise<Fact<Listener>> {
  const sockets = await readWith(reader);
  if (!sockets.known) return sockets;
  const all = Object.entries(sockets.value);
  lookForHolders(all.map(([, s]) => s));
  return known(
    sockets.command,
    keyed(
      all.map(([key, { inode, ...socket }]) => {
        const holder = holders.get(inode) ?? NOBODY;
        return [key, { ...socket, ...holder }] as const;
      }),
    ),
  );
}

type Holder = Pick<Listener, 'program' | 'pid'>;
const NOBODY: Holder = { program: null, pid: null };

/** By inode, of the sockets of the last reading; where nobody is told, that is kept as well. */
const holders = new Map<string, Holder>();

/** Who asks something by UDP waits for the answer at a port of his own from here on, and is gone at once. */
const PASSING = 32_768;

function lookForHolders(sockets: readonly Socket[]): void {
  const inodes = new Set(sockets.map((s) => s.inode));
  for (const inode of holders.keys()) if (!inodes.has(inode)) holders.delete(inode);
  const fresh = new Set([...inodes].filter((inode) => !holders.has(inode)));
  if (!sockets.some((s) => fresh.has(s.inode) && (s.protocol === 'tcp' || s.port < PASSING))) return;
  const own = linkOf('/proc/self/ns/net');
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || linkOf(`/proc/${pid}/ns/net`) !== own) continue;
    for (const inode of socketsOf(pid)) {
      // What starts services holds their sockets too.
      const other = holders.get(inode)?.pid ?? null;
      if (fresh.has(inode) && (other === null || other === 1))
        holders.set(inode, { program: nameOf(pid), pid });
    }
  }
  for (const inode of fresh) if (!holders.has(inode)) holders.set(inode, NOBODY);
}

/** Processes come and go while we look, and those of others are not shown to everybody. */
function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`) ?? '')?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}
