import { bandwidthProfilesRouter } from './bandwidth-profiles';
import { changesRouter } from './changes';
import { checksRouter } from './checks';
import { guestsRouter } from './guests';
import { hostsRouter } from './hosts-router';
import { labsRouter } from './labs';
import { macsRouter } from './macs';
import { networksRouter } from './networks';
import { openqaRouter } from './openqa';
import { sessionRouter } from './session';
import { settingsRouter } from './settings';
import { topologyRouter } from './topology';
import { router } from './trpc';
import { viewsRouter } from './views';

export const appRouter = router({
  session: sessionRouter,
  topology: topologyRouter,
  hosts: hostsRouter,
  networks: networksRouter,
  changes: changesRouter,
  labs: labsRouter,
  guests: guestsRouter,
  checks: checksRouter,
  macs: macsRouter,
  openqa: openqaRouter,
  settings: settingsRouter,
  views: viewsRouter,
  bandwidthProfiles: bandwidthProfilesRouter,
});
export type AppRouter = typeof appRouter;
