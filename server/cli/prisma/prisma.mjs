/*
 * Prisma's command line without a download: `node server/cli/prisma/prisma.mjs generate`, `… validate`, `… migrate dev`.
 * Its native schema engine is used where somebody has installed it, else the WebAssembly build from npm.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

function hasNativeEngine() {
  const engines = require.resolve('@prisma/engines/package.json', {
    paths: [require.resolve('prisma/package.json')],
  });
  return readdirSync(dirname(engines)).some((name) => name.startsWith('schema-engine-'));
}

/** The environment in which Prisma's command line finds an engine and asks nobody for news. */
export function prismaEnv() {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  if (!env.PRISMA_SCHEMA_ENGINE_BINARY && !hasNativeEngine())
    env.PRISMA_SCHEMA_ENGINE_BINARY = join(here, 'schema-engine.mjs');
  return env;
}

/** argv that runs Prisma's command line with these arguments. */
export const prismaArgv = (args) => [process.execPath, require.resolve('prisma/build/index.js'), ...args];

/** The checkout, where prisma.config.ts lies. */
export const checkout = join(here, '../../..');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [node, ...args] = prismaArgv(process.argv.slice(2));
  const ran = spawnSync(node, args, { stdio: 'inherit', cwd: checkout, env: prismaEnv() });
  process.exit(ran.status ?? 1);
}
