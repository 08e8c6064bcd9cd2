import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A free port of 127.0.0.1: the one noted in the file `note` if possible, so that whoever was connected finds the
 * server again. What was chosen is noted.
 */
export async function lastPort(note: string): Promise<number> {
  const before = existsSync(note) ? Number(readFileSync(note, 'utf8')) : 0;
  const port = (before > 0 ? await bound(before) : null) ?? (await bound(0));
  if (port === null) throw new Error('no port of 127.0.0.1 is free');
  writeFileSync(note, `${port}\n`);
  return port;
}

/** Binds a port of 127.0.0.1 (0: any) for a moment; null when it is taken. */
function bound(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
