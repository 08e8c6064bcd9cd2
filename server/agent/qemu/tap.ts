import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import type { IfName } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { libc } from '../libc';

/*
 * A tap that we open and hand to QEMU: nothing else can open it in between, QEMU needs no privileges, and who holds it
 * is known. It is gone with the last who holds it.
 */

/* linux/if_tun.h */
const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_MULTI_QUEUE = 0x0100;
/** `struct ifreq`: the name in 16 bytes, then what is asked for. */
const IFREQ = 40;

const ioctl = libc.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)');

export type TapOptions = {
  /** Pairs of queues, one descriptor each; at least 1. */
  readonly queues: number;
  /** Frames bear virtio's header: the guest may leave checksums and segmentation to its NIC. */
  readonly vnetHdr: boolean;
};

/**
 * Opens a tap, which is made where there is none of this name. Gives one descriptor for each pair of queues; they are
 * the caller's to close. Failures: TAP_DENIED, TAP_TAKEN, TAP_NOT_OPENED.
 */
export function openTap(name: IfName, { queues, vnetHdr }: TapOptions): Result<readonly number[]> {
  const fds: number[] = [];
  for (let n = 0; n < queues; n += 1) {
    const opened = openQueue(name, { queues, vnetHdr });
    if (!opened.ok) {
      closeAll(fds);
      return opened;
    }
    fds.push(opened.value);
  }
  return ok(fds);
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}

/** Tells the kernel which tap a descriptor is of, and what frames look like there. Answers 0, or the error's number. */
export function attach(fd: number, name: IfName, { queues, vnetHdr }: TapOptions): number {
  const flags = IFF_TAP | IFF_NO_PI | (vnetHdr ? IFF_VNET_HDR : 0) | (queues > 1 ? IFF_MULTI_QUEUE : 0);
  const request = Buffer.alloc(IFREQ);
  request.write(name, 'utf8');
  request.writeUInt16LE(flags, 16);
  return ioctl(fd, TUNSETIFF, request) === 0 ? 0 : koffi.errno();
}

function openQueue(name: IfName, options: TapOptions): Result<number> {
  let fd: number;
  try {
    fd = openSync('/dev/net/tun', 'r+');
  } catch (e) {
    return fail('TAP_DENIED', `Taps cannot be made here: ${e instanceof Error ? e.message : e}.`);
  }
  const errno = attach(fd, name, options);
  if (errno === 0) return ok(fd);
  const { EBUSY, EPERM, EINVAL } = koffi.os.errno;
  closeSync(fd);
  if (errno === EBUSY) return fail('TAP_TAKEN', `Another program has tap ${name} open.`);
  if (errno === EPERM)
    return fail('TAP_DENIED', `Tap ${name} belongs to somebody else, or taps may not be made here.`);
  if (errno === EINVAL)
    return fail(
      'TAP_TAKEN',
      `${name} is not a tap, or one that was made with other settings (queues, header).`,
    );
  return fail('TAP_NOT_OPENED', `Tap ${name} could not be opened (errno ${errno}).`);
}
