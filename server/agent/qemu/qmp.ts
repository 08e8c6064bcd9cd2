import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { sendFd } from './send-fd';

/* QEMU's monitor (QMP, docs/interop/qmp-spec.rst of QEMU): JSON, one object a line. */

const Reply = z.union([
  z.object({ return: z.unknown(), id: z.int() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.int().optional() }),
]);
const Event = z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).default({}) });
export type QmpEvent = z.infer<typeof Event>;
const Greeting = z.object({ QMP: z.object({}) });

/** Milliseconds. QEMU answers at once; an emulated machine on a busy host does not. */
const PATIENCE = 20_000;

export type Qmp = {
  /** Failures: QMP_REFUSED (`detail` is QEMU's class of error), QMP_TIMEOUT, QMP_GONE. */
  readonly execute: (command: string, args?: object) => Promise<Result<unknown>>;
  /** Gives QEMU a copy of a descriptor under this name. Failures as above, FD_NOT_SENT. */
  readonly handOver: (name: string, fd: number) => Promise<Result<unknown>>;
  /** The next event that fits; ask before the command that causes it. Milliseconds. Failures: QMP_TIMEOUT, QMP_GONE. */
  readonly event: (fits: (event: QmpEvent) => boolean, patience?: number) => Promise<Result<QmpEvent>>;
  readonly close: () => void;
};

/** Connects to the monitor at this socket, which takes one client at a time. Failure QMP_GONE. */
export async function openQmp(socket: string): Promise<Result<Qmp>> {
  const stream = await connected(socket);
  if (!stream.ok) return stream;
  const monitor = monitorOf(stream.value);
  const greeted = await monitor.greeted;
  const ready = greeted.ok ? await monitor.qmp.execute('qmp_capabilities') : greeted;
  if (ready.ok) return ok(monitor.qmp);
  monitor.qmp.close();
  return ready;
}

const gone = (why: string) => fail('QMP_GONE', `The monitor of the virtual machine does not answer: ${why}.`);

function connected(path: string): Promise<Result<Socket>> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', (e) => resolve(gone(e.message)));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(ok(socket));
    });
  });
}

type Waiter = { readonly settle: (result: Result<unknown>) => void };

function monitorOf(socket: Socket): { readonly qmp: Qmp; readonly greeted: Promise<Result<unknown>> } {
  const waiting = new Map<number, Waiter>();
  const listeners = new Set<{
    readonly fits: (e: QmpEvent) => boolean;
    readonly settle: (r: Result<QmpEvent>) => void;
  }>();
  let next = 1;
  let ended: string | null = null;
  /** Settles once: with what comes, with the end of the monitor, or when patience is over. */
  const inTime = <T>(patience: number, what: string, begin: (settle: (r: Result<T>) => void) => () => void) =>
    new Promise<Result<T>>((resolve) => {
      const settle = (result: Result<T>) => {
        clearTimeout(timer);
        forget();
        resolve(result);
      };
      const late = () => settle(fail('QMP_TIMEOUT', `${what} did not come within ${patience / 1000} s.`));
      const timer = setTimeout(late, patience);
      const forget = begin(settle);
    });

  const end = (why: string) => {
    ended ??= why;
    for (const { settle } of [...waiting.values()]) settle(gone(why));
    for (const { settle } of [...listeners]) settle(gone(why));
  };
  socket.on('error', (e) => end(e.message));
  socket.once('close', () => end('it closed the connection'));
  createInterface({ input: socket }).on('line', (line) => {
    const said = parseJson(line);
    if (Greeting.safeParse(said).success) return waiting.get(0)?.settle(ok(null));
    const event = Event.safeParse(said);
    if (event.success) {
      for (const l of [...listeners]) if (l.fits(event.data)) l.settle(ok(event.data));
      return;
    }
    const reply = Reply.safeParse(said);
    if (!reply.success) return;
    const waiter = waiting.get(reply.data.id ?? -1);
    if ('error' in reply.data) {
      const { class: detail, desc } = reply.data.error;
      waiter?.settle(fail('QMP_REFUSED', `QEMU refuses: ${desc}`, { detail }));
    } else waiter?.settle(ok(reply.data.return));
  });

  const answer = (id: number, what: string) =>
    inTime<unknown>(PATIENCE, what, (settle) => {
      if (ended !== null) queueMicrotask(() => settle(gone(ended ?? '')));
      waiting.set(id, { settle });
      return () => waiting.delete(id);
    });
  const request = (command: string, args?: object) => {
    const id = next++;
    const words = { execute: command, id, ...(args === undefined ? {} : { arguments: args }) };
    return { text: `${JSON.stringify(words)}\n`, answered: answer(id, `QEMU's answer to ${command}`) };
  };
  return {
    greeted: answer(0, 'The greeting of the monitor'),
    qmp: {
      execute: (command, args) => {
        const { text, answered } = request(command, args);
        socket.write(text);
        return answered;
      },
      handOver: (name, fd) => {
        const { text, answered } = request('getfd', { fdname: name });
        const sent = sendFd(socket, text, fd);
        if (!sent.ok) end(sent.error.message);
        return answered;
      },
      event: (fits, patience = PATIENCE) =>
        inTime<QmpEvent>(patience, 'What was waited for', (settle) => {
          if (ended !== null) queueMicrotask(() => settle(gone(ended ?? '')));
          const listener = { fits, settle };
          listeners.add(listener);
          return () => listeners.delete(listener);
        }),
      close: () => socket.destroy(),
    },
  };
}
