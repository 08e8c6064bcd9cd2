import { hasTap, type Nic, type NicName } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { openMacvtap } from './macvtap';
import { closeAll, openTap } from './tap';

/** Does QEMU get descriptors for it? */
export const isOpened = (nic: Nic): boolean => hasTap(nic) || nic.source.type === 'direct';

type Opened = ReadonlyMap<NicName, readonly number[]>;

/** The descriptors of a guest's NICs, in their order; all or none. `home` is its folder. */
export async function openNics(home: string, nics: readonly Nic[]): Promise<Result<Opened>> {
  const open = new Map<NicName, readonly number[]>();
  for (const nic of nics) {
    if (!isOpened(nic)) continue;
    const opened = await openNic(home, nic);
    if (!opened.ok) {
      closeAll([...open.values()].flat());
      return opened;
    }
    open.set(nic.name, opened.value);
  }
  return ok(open);
}

/** Those of one NIC, whose tap or macvtap is made. Failures: TAP_*, NO_SUCH_DEVICE, DEVICE_TAKEN. */
export async function openNic(home: string, nic: Nic): Promise<Result<readonly number[]>> {
  const { name, mac, tap, model, queues = 1, source } = nic;
  if (tap === undefined) return fail('TAP_NOT_OPENED', `NIC ${name} has no name for its tap.`);
  const options = { queues, vnetHdr: model === undefined || model === 'virtio' };
  return source.type === 'direct'
    ? openMacvtap(home, { name, mac, tap, source }, options)
    : openTap(tap, options);
}
