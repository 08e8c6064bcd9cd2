import { adoptable } from '@/server/core/adopt-candidates';
import { NOTHING } from '@/server/core/change';
import { items } from '@/server/core/observed';
import { listHosts } from '@/server/store';
import { procedure, router } from './trpc';

export const networksRouter = router({
  /** Every host that is followed, with its committed networks and how the host differs from them now. */
  list: procedure.query(async ({ ctx }) => {
    const records = new Map((await listHosts(ctx.store)).map((r) => [r.host, r]));
    return ctx.hosts.summaries().map(({ host }) => {
      const record = records.get(host);
      const followed = ctx.hosts.find(host);
      const observed = ctx.hosts.facts(host);
      return {
        host,
        version: record?.version ?? 0,
        networks: record?.desired.networks ?? [],
        /** Bridges, VLANs and bonds of the host itself. */
        links: record?.desired.links ?? [],
        /** NICs of libvirt domains. */
        nics: record?.desired.nics ?? [],
        /** Bridges of Open vSwitch on the host, by name; none where it cannot be told. */
        ovsBridges: observed.ok ? items(observed.value.ovsBridges).map((b) => b.name) : [],
        /** What is on the host and could be managed here. */
        unmanaged: observed.ok ? adoptable(observed.value, record?.desired ?? NOTHING) : [],
        /** Null where it cannot be told, or while a change is under way. */
        drift: followed.ok ? followed.value.drift() : null,
      };
    });
  }),
});
