/*
 * Do the migrations make what the schema says? Part of `npm test`: replays prisma/migrations on a PostgreSQL of its
 * own and compares. One sentence, exit code 0 (they agree) or 1.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { checkout, prismaArgv, prismaEnv } from './prisma.mjs';

/** The supervisor of the embedded server is TypeScript, which Node 20 cannot run. */
async function testDatabase() {
  const bundle = join(checkout, 'dist', `check-${process.pid}.mjs`);
  try {
    await build({
      absWorkingDir: checkout,
      entryPoints: ['server/store/testing/database.ts'],
      outfile: bundle,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    return await (await import(pathToFileURL(bundle).href)).temporaryDatabase({ empty: true });
  } finally {
    rmSync(bundle, { force: true });
  }
}

function prisma(url, ...args) {
  const [node, ...argv] = prismaArgv(args);
  const env = { ...prismaEnv(), DATABASE_URL: url, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(node, argv, { cwd: checkout, env, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}`.replaceAll(/^Loaded Prisma config.*$/gm, '').trim() };
}

function end(code, sentence) {
  console.log(sentence);
  process.exit(code);
}

const { url, drop } = await testDatabase();
const valid = prisma(url, 'validate');
if (valid.status !== 0) end(1, `prisma/schema.prisma is not valid:\n${valid.said}`);
const [schema, migrations] = ['prisma/schema.prisma', 'prisma/migrations'];
const diff = prisma(
  url,
  'migrate',
  'diff',
  '--from-migrations',
  migrations,
  '--to-schema',
  schema,
  '--exit-code',
);
await drop();
if (diff.status === 0) end(0, 'Schema and migrations agree.');
if (diff.status === 2)
  end(1, `The migrations do not make what ${schema} says; a migration is missing for:\n${diff.said}`);
end(1, `Schema and migrations could not be compared:\n${diff.said}`);
