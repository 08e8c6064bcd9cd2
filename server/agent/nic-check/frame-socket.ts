import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { fail, ok, type Result } from '@/server/core/result';
import { libc } from '../libc';

/*
 * Sockets for whole Ethernet frames (packet(7)) in a guest's namespace: whatever arrives at its NIC is seen, whether or
 * not anything in there wants it.
 */

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x4000_0000;
const ETH_P_ALL = 0x0003;
/** `struct sockaddr_ll`. */
const SOCKADDR_LL = 20;
/** Larger than any frame that a device here can have. */
const MOST = 70_000;

const setns = libc.func('int setns(int fd, int kind)');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const swapped = (n: number) => ((n & 255) << 8) | (n >> 8);

export type FrameSocket = {
  readonly send: (frame: Uint8Array) => Result<null>;
  /** What has come since the last time. */
  readonly read: () => readonly Uint8Array[];
  readonly close: () => void;
};

/**
 * Opens one at this device (by its number in there) of the namespace of this name. Failure NO_FRAME_SOCKET.
 *
 * A socket stays in the namespace in which it was made, so this thread is in there for two calls and back at once; no
 * other code of ours runs in between, and no process is started.
 */
export function openFrameSocket(namespace: string, index: number): Result<FrameSocket> {
  let home: number | null = null;
  let there: number | null = null;
  try {
    home = openSync('/proc/thread-self/ns/net', 'r');
    there = openSync(`/run/netns/${namespace}`, 'r');
    if (setns(there, CLONE_NEWNET) !== 0) return noSocket(namespace);
    const fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, swapped(ETH_P_ALL));
    const made = fd < 0 ? noSocket(namespace) : ok(Number(fd));
    // In the wrong namespace everything that comes would be wrong.
    if (setns(home, CLONE_NEWNET) !== 0) process.abort();
    return made.ok ? bound(namespace, made.value, index) : made;
  } catch (e) {
    return fail('NO_FRAME_SOCKET', `Guest ${namespace} cannot be entered: ${says(e)}.`);
  } finally {
    for (const fd of [home, there]) if (fd !== null) closeSync(fd);
  }
}

const says = (e: unknown) => (e instanceof Error ? e.message : String(e));

const noSocket = (namespace: string) =>
  fail('NO_FRAME_SOCKET', `Frames of guest ${namespace} cannot be read here (errno ${koffi.errno()}).`);

function bound(namespace: string, fd: number, index: number): Result<FrameSocket> {
  const address = Buffer.alloc(SOCKADDR_LL);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  if (bind(fd, address, address.length) !== 0) {
    const none = noSocket(namespace);
    closeSync(fd);
    return none;
  }
  const space = Buffer.alloc(MOST);
  return ok({
    send: (frame) => {
      try {
        writeSync(fd, frame);
        return ok(null);
      } catch (e) {
        return fail('NOT_SENT', `Guest ${namespace} could not send: ${says(e)}.`);
      }
    },
    read: () => {
      const frames: Uint8Array[] = [];
      for (;;) {
        try {
          const length = readSync(fd, space);
          frames.push(Uint8Array.from(space.subarray(0, length)));
        } catch {
          return frames; // nothing more there, or the device went down
        }
      }
    },
    close: () => closeSync(fd),
  });
}
