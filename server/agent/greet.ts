import net from 'node:net';
import { z } from 'zod';
import type { HostId } from '@/server/core/ids';
import { operations } from '@/server/core/protocol';
import { lineReader, parseJson } from '@/server/core/wire';

const Hello = z.object({ id: z.literal(1), ok: z.literal(true), value: operations.hello.output });

/** Does an agent for this host answer there? */
export function answersAt(socket: string, host: HostId): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    const done = (answer: boolean) => {
      resolve(answer);
      connection.destroy();
    };
    connection.setTimeout(3000, () => done(false));
    connection.once('error', () => done(false));
    connection.once('close', () => resolve(false));
    const lines = lineReader(
      (line) => {
        const hello = Hello.safeParse(parseJson(line));
        done(hello.success && hello.data.value.agent.host === host);
      },
      () => done(false),
    );
    connection.on('data', (chunk) => lines.push(chunk));
    connection.once('connect', () => connection.write('{"id":1,"op":"hello","input":{}}\n'));
  });
}
