import type { BridgePort } from '@/server/core/observed';
import { ok, type Result } from '@/server/core/result';
import { aFlag, anInt, aText, fitted, maybe, object } from './shape';

const Flag = maybe(aFlag);
const SlaveData = object({
  state: maybe(aText),
  cost: maybe(anInt),
  priority: maybe(anInt),
  isolated: Flag,
  learning: Flag,
  flood: Flag,
  locked: Flag,
  hairpin: Flag,
});

/** What a bridge says of its port: `info_slave_data` of `ip -j -d link`. Failure MISFIT. */
export function toBridgePort(port: string, bridge: string, data: unknown): Result<BridgePort> {
  const raw = fitted(SlaveData, data ?? {});
  if (!raw.ok) return raw;
  return ok({
    port,
    bridge,
    state: raw.value.state ?? 'unknown',
    cost: raw.value.cost ?? null,
    priority: raw.value.priority ?? null,
    isolated: raw.value.isolated ?? false,
    learning: raw.value.learning ?? true,
    flood: raw.value.flood ?? true,
    locked: raw.value.locked ?? false,
    hairpin: raw.value.hairpin ?? false,
  });
}
