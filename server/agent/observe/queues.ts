import { ok } from '@/server/core/result';
import { run } from '../exec';
import { keyed, type Parsed, parseList } from './reading';
import { aFlag, anInt, aText, maybe, object } from './shape';

/* What went through the queues of devices, for as long as somebody looks at rates. */

const ARGV = ['tc', '-s', '-j', 'qdisc', 'show'] as const;

/** Since the queue was made; `backlog` is what waits in it now. Sizes in bytes. */
export type QueueCounters = {
  readonly bytes: number;
  readonly packets: number;
  readonly drops: number;
  readonly overlimits: number;
  readonly backlog: number;
};

/** What a device sends, where HTB shapes it, and what comes in, where something looks at it. */
export type DeviceQueues = { readonly root?: QueueCounters; readonly ingress?: QueueCounters };

const TcQueue = object({
  kind: aText,
  dev: aText,
  root: maybe(aFlag),
  bytes: maybe(anInt),
  packets: maybe(anInt),
  drops: maybe(anInt),
  overlimits: maybe(anInt),
  backlog: maybe(anInt),
});

/** Text of `tc -s -j qdisc show`, by device: only of queues that may be a limit's. */
export function parseQueues(text: string): Parsed<DeviceQueues> {
  const list = parseList(TcQueue, text);
  if (!list.ok) return list;
  const queues = new Map<string, DeviceQueues>();
  for (const { kind, dev, root, bytes, packets, drops = 0, overlimits = 0, backlog = 0 } of list.value) {
    const which = kind === 'ingress' ? 'ingress' : kind === 'htb' && root === true ? 'root' : null;
    if (which === null || bytes === undefined || packets === undefined) continue;
    queues.set(dev, { ...queues.get(dev), [which]: { bytes, packets, drops, overlimits, backlog } });
  }
  return ok(keyed(queues));
}

/** Null where they cannot be read: rates are then those of the interfaces alone. */
export async function readQueues(): Promise<Readonly<Record<string, DeviceQueues>> | null> {
  const ran = await run(ARGV);
  const parsed = ran.ok ? parseQueues(ran.value.stdout) : ran;
  return parsed.ok ? parsed.value : null;
}
