import type { HostId } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { ok, type Result } from '@/server/core/result';

/** The facts of the network namespace that this is started in: nothing else runs for it. */
export async function observeHere(host: HostId): Promise<Result<Observed>> {
  const [{ observe }, { factsOf }, { places }] = await Promise.all([
    import('@/server/agent/observe'),
    import('@/server/agent/facts'),
    import('./places'),
  ]);
  return ok(await observe(await factsOf({ host, home: places().agentHome })));
}
