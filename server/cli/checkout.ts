import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this program belongs to, whether it runs bundled in `dist` or from its sources. Absolute. */
export function checkout(): string {
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let at = start; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'prisma', 'schema.prisma'))) return at;
    if (at === path.dirname(at)) throw new Error(`no checkout above ${start}`);
  }
}
