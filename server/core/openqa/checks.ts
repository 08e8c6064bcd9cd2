import type { Observed } from '../observed';
import { checkCounters, checkFlows, checkHost } from './check-flows';
import { checkTags, checkTaps } from './check-seats';
import { checkForwarding, checkTunnels } from './check-ways';
import type { Check, PoolFacts } from './facts';
import type { SeenPool } from './seats';

/** Everything that openQA's documentation says to look at when jobs do not find each other, in this order. */
export const checkPool = (pool: SeenPool, observed: Observed, facts: PoolFacts): readonly Check[] => [
  checkTaps(pool),
  checkTags(pool, facts),
  checkFlows(pool, observed, facts),
  checkHost(pool, facts),
  checkCounters(pool, facts),
  checkForwarding(pool, observed),
  checkTunnels(pool, observed),
];
