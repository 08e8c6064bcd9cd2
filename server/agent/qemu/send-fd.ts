import type { Socket } from 'node:net';
import koffi from 'koffi';
import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { libc } from '../libc';

/* A descriptor goes to another process beside the bytes of a message (unix(7), SCM_RIGHTS), which Node cannot send. */

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** `struct cmsghdr` with one descriptor, for 64 bits: length, level, type, the number, and what aligns it. */
const CMSG_LEN = 20;
const CMSG_SPACE = 24;

koffi.struct('iovec', { base: 'const uint8_t *', length: 'size_t' });
koffi.struct('msghdr', {
  ...{ name: 'void *', nameLength: 'uint32_t', iov: 'iovec *', iovLength: 'size_t' },
  ...{ control: 'const uint8_t *', controlLength: 'size_t', flags: 'int' },
});
const sendmsg = libc.func('int64_t sendmsg(int fd, const msghdr *message, int flags)');

/** What Node's sockets have inside. */
const WithFd = z.object({ _handle: z.object({ fd: z.int().min(0) }) });

/** Sends this text and, with its first byte, this descriptor, which stays the caller's. Failure FD_NOT_SENT. */
export function sendFd(socket: Socket, text: string, fd: number): Result<null> {
  const open = WithFd.safeParse(socket);
  if (!open.success)
    return fail('FD_NOT_SENT', 'A descriptor could not be handed over: the socket is closed.');
  const control = Buffer.alloc(CMSG_SPACE);
  control.writeBigUInt64LE(BigInt(CMSG_LEN), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  const base = Buffer.from(text);
  const message = {
    ...{ name: null, nameLength: 0, iov: { base, length: base.length }, iovLength: 1 },
    ...{ control, controlLength: control.length, flags: 0 },
  };
  const sent = Number(sendmsg(open.data._handle.fd, message, 0));
  return sent === base.length
    ? ok(null)
    : fail('FD_NOT_SENT', `A descriptor could not be handed over (errno ${koffi.errno()}).`);
}
