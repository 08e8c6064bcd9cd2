import { setTimeout as pause } from 'node:timers/promises';
import type { WayLimit } from '@/server/core/limits-on-way';
import {
  type Blast,
  blastFor,
  burstSeen,
  DATAGRAM,
  longTerm,
  overhead,
  refill,
} from '@/server/core/nic-check/limit-figures';
import type { Evidence } from '@/server/core/nic-check/request';
import { ok, type Result } from '@/server/core/result';
import { turns } from '../turns';
import { countDatagrams } from './datagrams';
import { type End, type Received, type Stream, sendAndCount } from './traffic';

/* What gets through in one direction, against the narrowest limit on that way: over UDP, then over TCP. */

/** Seconds that are counted; TCP needs some before that to find its rate. */
const COUNTED = { udp: 3, tcp: 4 } as const;
const FINDS = 1.5;
/** Without a limit there is nothing to be exact about. */
const UNLIMITED = 3;

/** Bytes per second as the limit counts them; null: not tried. */
export type Measured = {
  readonly tcp: number;
  /** Segments sent again. */
  readonly again: number;
  readonly udp: { readonly rate: number; readonly sent: number; readonly lost: number } | null;
  /** Bytes. */
  readonly burst: number | null;
  readonly evidence: readonly Evidence[];
};

export type Way = Pick<Stream, 'client' | 'server' | 'way' | 'allow'> & {
  /** Those on this way, the narrowest first. */
  readonly limits: readonly WayLimit[];
};

/** `say` is told what is being done. */
export async function measureWay(way: Way, say: (doing: string) => void): Promise<Result<Measured>> {
  const [limit, next] = way.limits;
  const [from, to] = way.way === 'there' ? [way.client, way.server] : [way.server, way.client];
  const cap = next !== undefined && next.rate > (limit?.rate ?? 0) ? next.rate : null;
  const blast = limit === undefined ? null : blastFor(limit, cap);
  const tell = (over: string, seconds: number) =>
    say(`${from.name} sends to ${to.name} over ${over} for ${Math.ceil(seconds)} s`);
  let blasted: Awaited<ReturnType<typeof blastOnce>> | null = null;
  if (limit !== undefined && blast !== null) {
    if (blast.provesBurst) {
      say(`nobody sends for ${Math.ceil(refill(limit) + 0.2)} s, so that ${limit.device} may take a burst`);
      await pause(1000 * (refill(limit) + 0.2));
    }
    tell('UDP', COUNTED.udp + blast.empty);
    blasted = await oneByOne(() => blastOnce(way, { limit, blast, to }));
    if (!blasted.ok) return blasted;
  }
  const settle = limit === undefined ? 1 : FINDS + emptyOf(limit);
  const seconds = limit === undefined ? UNLIMITED : settle + COUNTED.tcp;
  tell('TCP', seconds);
  const tcp = await sendAndCount({ ...way, seconds: Math.ceil(seconds) });
  if (!tcp.ok) return tcp;
  const carried = { protocol: 'tcp', payload: tcp.value.payload, v6: to.address.includes(':') } as const;
  return ok({
    tcp:
      longTerm(tcp.value.intervals, settle, Math.ceil(seconds) - 0.05) * overhead(limit?.by ?? null, carried),
    again: tcp.value.again,
    udp: blasted?.value.udp ?? null,
    burst: blasted?.value.burst ?? null,
    evidence: [...(blasted?.value.evidence ?? []), tcp.value.evidence],
  });
}

/** TCP finds a full bucket as well, and sends as fast as it is let through. */
const emptyOf = (limit: WayLimit): number =>
  limit.burst === null || limit.peak === null || limit.peak <= limit.rate
    ? 0
    : Math.min(6, limit.burst / (limit.peak - limit.rate));

/** Datagrams are counted by namespace: those of two blasts could not be told apart. */
const oneByOne = turns();

type Shot = { readonly limit: WayLimit; readonly blast: Blast; readonly to: End };

async function blastOnce(way: Way, { limit, blast, to }: Shot) {
  const size =
    DATAGRAM * overhead(limit.by, { protocol: 'udp', payload: DATAGRAM, v6: to.address.includes(':') });
  const seconds = Math.ceil(blast.empty + COUNTED.udp);
  const counting = blast.provesBurst ? await countDatagrams(to.enter) : null;
  let sent: Result<Received>;
  let counts: ReturnType<NonNullable<typeof counting>['stop']> = [];
  try {
    sent = await sendAndCount({ ...way, seconds, udp: ((blast.speed * DATAGRAM) / size) * 8 });
  } finally {
    counts = counting?.stop() ?? [];
  }
  if (!sent.ok) return sent;
  const { intervals, sent: packets, lost, evidence } = sent.value;
  const whole = { size, speed: blast.speed, rate: limit.rate, empty: blast.empty + 0.05, seconds };
  return ok({
    udp: {
      rate: (longTerm(intervals, blast.empty + 0.2, seconds - 0.05) * size) / DATAGRAM,
      ...{ sent: packets, lost },
    },
    burst: counting === null ? null : burstSeen(counts, whole),
    evidence: [evidence],
  });
}
