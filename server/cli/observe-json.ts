import { agentFacts, observeSections } from '@/server/agent/observe';
import { VERSION } from '@/server/agent/version';
import { places } from './places';
import { print } from './say';

/**
 * `patchbay observe --json` of the network namespace that it is started in: needs no agent and no schema library.
 * Everything is read while we find out what we are ourselves.
 */
export async function observeJson(): Promise<void> {
  const self = { role: 'machine', runDir: places().agentHome, version: VERSION } as const;
  const read = observeSections(self);
  const agent = await agentFacts({ ...self, host: 'machine' });
  print(JSON.stringify({ agent, ...(await read) }));
}
