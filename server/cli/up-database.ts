import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ok, type Result } from '@/server/core/result';
import { checkout } from './checkout';
import { type Ending, unexpected } from './ending';
import { migrate } from './migrate';
import { type Database, type DatabaseOptions, startDatabase } from './postgres';

type Run = { readonly ending: Ending; readonly tell: (line: string) => void };

type KeptDatabase = {
  /** Its address now. */
  readonly url: () => string;
  /** It came back under another address: somebody had taken its port. */
  readonly onMove: (listener: () => void) => void;
};

/** The records' server, started again when it ends; `ending` stops it. Failures as those of `startDatabase`. */
export async function beginDatabase(run: Run, options: DatabaseOptions): Promise<Result<KeptDatabase>> {
  const { ending, tell } = run;
  const begun = await startDatabase(options);
  if (!begun.ok) return begun;
  let current: Database = begun.value;
  let moved = () => {};
  ending.add({
    what: current.embedded ? 'database' : null,
    end: () => current.stop(),
    force: () => current.pid !== null && process.kill(current.pid, 'SIGQUIT'),
  });
  const kind = current.embedded
    ? current.adopted
      ? 'still ran, adopted'
      : 'embedded PostgreSQL'
    : 'your own';
  const migrated = await migrate(current.url, path.join(checkout(), 'prisma', 'migrations'));
  if (!migrated.ok) return migrated;
  const count = migrated.value.length;
  tell(
    `Database: ${kind}${count > 0 ? `, ${count} ${count === 1 ? 'migration' : 'migrations'} applied` : ''}`,
  );
  // The embedded server keeps its password, and its port if nobody took it: web finds it again by itself.
  const watch = async (): Promise<void> => {
    for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
      await current.gone;
      if (ending.asked()) return;
      tell('Database ended; starting it again');
      const again = await startDatabase(options).catch(unexpected);
      if (again.ok) {
        const other = again.value.url !== current.url;
        current = again.value;
        wait = 250;
        if (!other) continue;
        tell('Database: on another port, because its own was taken; starting web again');
        moved();
      } else {
        tell(`Database does not start: ${again.error.message}`);
        await pause(wait);
      }
    }
  };
  if (current.embedded) void watch();
  return ok({
    url: () => current.url,
    onMove: (listener) => {
      moved = listener;
    },
  });
}
