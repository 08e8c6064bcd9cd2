import { hasTap, type Nic, type NicName } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { closeAll, openTap } from './tap';

/** By NIC, in their order; all or none. */
export function openTaps(nics: readonly Nic[]): Result<ReadonlyMap<NicName, readonly number[]>> {
  const open = new Map<NicName, readonly number[]>();
  for (const nic of nics) {
    if (!hasTap(nic)) continue;
    const opened = openTapOf(nic);
    if (!opened.ok) {
      closeAll([...open.values()].flat());
      return opened;
    }
    open.set(nic.name, opened.value);
  }
  return ok(open);
}

/** Failures TAP_*. */
export function openTapOf({ name, tap, model, queues = 1 }: Nic): Result<readonly number[]> {
  if (tap === undefined) return fail('TAP_NOT_OPENED', `NIC ${name} has no name for its tap.`);
  return openTap(tap, { queues, vnetHdr: model === undefined || model === 'virtio' });
}
