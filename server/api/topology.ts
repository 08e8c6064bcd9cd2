import { z } from 'zod';
import { domainNicsOf } from '@/server/core/domain-nics';
import { HostId } from '@/server/core/ids';
import { facts } from '@/server/core/inspect';
import { getHost } from '@/server/store';
import type { LiveEvent } from './live';
import { procedure, router, unwrap } from './trpc';

/** A browser that does not read for so long that this many events wait starts again with the whole. */
const MOST_WAITING = 1000;

export const topologyRouter = router({
  /** First the whole, then what changes. */
  live: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<LiveEvent> {
    let waiting: LiveEvent[] = [];
    let wake: (() => void) | null = null;
    const nudge = () => {
      wake?.();
      wake = null;
    };
    const stop = ctx.hosts.listen((event) => {
      waiting.push(event);
      nudge();
    });
    signal?.addEventListener('abort', nudge);
    try {
      while (!signal?.aborted) {
        if (waiting.length > MOST_WAITING) return;
        const now = waiting;
        waiting = [];
        yield* now;
        if (waiting.length === 0 && !signal?.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      stop();
    }
  }),
  /** Everything known of one node, in groups as people read it. */
  inspect: procedure
    .input(z.strictObject({ host: HostId, node: z.string().max(300) }))
    .query(({ ctx, input }) => facts(unwrap(ctx.hosts.facts(input.host)), input.node)),
  /** The NICs of a libvirt domain; null where there is none of that name. */
  domainNics: procedure
    .input(z.strictObject({ host: HostId, guest: z.string().max(100) }))
    .query(async ({ ctx, input: { host, guest } }) => {
      const { desired, version } = await getHost(ctx.store, host);
      const nics = domainNicsOf(unwrap(ctx.hosts.facts(host)), desired, guest);
      return nics === null ? null : { ...nics, version };
    }),
  /** Every fact of one host, each section with the command it came from. */
  facts: procedure
    .input(z.strictObject({ host: HostId }))
    .query(({ ctx, input }) => unwrap(ctx.hosts.facts(input.host))),
});
