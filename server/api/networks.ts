import { listHosts } from '@/server/store';
import { procedure, router } from './trpc';

export const networksRouter = router({
  /** Every host that is followed, with its committed networks and how the host differs from them now. */
  list: procedure.query(async ({ ctx }) => {
    const records = new Map((await listHosts(ctx.store)).map((r) => [r.host, r]));
    return ctx.hosts.summaries().map(({ host }) => {
      const record = records.get(host);
      const followed = ctx.hosts.find(host);
      return {
        host,
        version: record?.version ?? 0,
        networks: record?.desired.networks ?? [],
        /** Null where it cannot be told, or while a change is under way. */
        drift: followed.ok ? followed.value.drift() : null,
      };
    });
  }),
});
