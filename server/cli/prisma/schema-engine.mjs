#!/usr/bin/env node
/*
 * Stands in for Prisma's native schema engine, for development and for the drift check: the same JSON-RPC, one message
 * a line on stdin and stdout, answered by the WebAssembly engine from npm over node-postgres. Prisma starts it because
 * PRISMA_SCHEMA_ENGINE_BINARY names it (see prisma.mjs). The application itself never does.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const argv = process.argv.slice(2);
const option = (name) => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
};
const options = (name) => argv.flatMap((arg, i) => (arg === name ? [argv[i + 1]] : []));

if (argv.includes('--version')) {
  console.log('schema-engine-cli wasm');
  process.exit(0);
}

const url = JSON.parse(option('--datasource') ?? '{}').url ?? process.env.DATABASE_URL;
const cliCommand = argv.includes('cli') ? argv[argv.indexOf('cli') + 1] : undefined;
if (cliCommand === undefined) serve();
else await runCliCommand(cliCommand);

/**
 * Host, user and database apart: node-postgres lets a connection string win over `database`, and a shadow database
 * made by changing only `database` would then be the real one.
 */
function clientConfig(address) {
  if (!address) return {};
  const parsed = new URL(address);
  const sslMode = parsed.searchParams.get('sslmode') ?? 'disable';
  return {
    host: parsed.hostname,
    port: Number(parsed.port || 5432),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)) || 'postgres',
    ...(sslMode === 'disable' ? {} : { ssl: { rejectUnauthorized: sslMode.startsWith('verify') } }),
  };
}

/** Oid of the catalogues' internal "char", which adapter-pg cannot read and the engine's introspection selects. */
const INTERNAL_CHAR = 18;
const TEXT = 25;

function adaptedForMigrations(adapter) {
  const { queryRaw } = adapter;
  adapter.queryRaw = async (query) => {
    let isChar = [];
    const reader = Object.create(adapter, {
      performIO: {
        value: async (io) => {
          const result = await adapter.performIO(io);
          isChar = result.fields.map((field) => field.dataTypeID === INTERNAL_CHAR);
          const fields = result.fields.map((field, i) =>
            isChar[i] ? { ...field, dataTypeID: TEXT } : field,
          );
          return { ...result, fields };
        },
      },
    });
    const read = await queryRaw.call(reader, query);
    const columnTypes = read.columnTypes.map((type, i) => (isChar[i] ? ColumnTypeEnum.Character : type));
    return { ...read, columnTypes };
  };
  // The adapter's own splits at every semicolon, also those in comments and strings. Postgres takes the whole script.
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(script);
  };
  return adapter;
}

class MigrationFactory extends PrismaPg {
  constructor(config) {
    super(config);
    this.clientConfig = config;
  }
  async connect() {
    return adaptedForMigrations(await super.connect());
  }
  /** A database beside the real one, dropped only after the connections to it are closed. */
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    const admin = await this.connect();
    await admin.executeScript(`CREATE DATABASE "${database}"`);
    const shadow = adaptedForMigrations(await new PrismaPg({ ...this.clientConfig, database }).connect());
    const close = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await close();
      await admin.executeScript(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
      await admin.dispose();
    };
    return shadow;
  }
}

async function loadEngine() {
  const folder = dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  // Node 20 cannot import .wasm, so the glue is tied to the module by hand.
  const glue = await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href);
  const module = new WebAssembly.Module(readFileSync(join(folder, 'schema_engine_bg.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  const models = options('--datamodels').map((path) => [path, readFileSync(path, 'utf8')]);
  return glue.SchemaEngine.new(
    models.length > 0 ? { datamodels: models } : {},
    (line) => process.stderr.write(`${line}\n`),
    bindMigrationAwareSqlAdapterFactory(new MigrationFactory(clientConfig(url))),
  );
}

function serve() {
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let engine;
  const answer = async ({ id, method, params }) => {
    if (method === undefined) return; // an answer to something we printed
    try {
      engine ??= loadEngine();
      const name = method === 'getDatabaseVersion' ? 'version' : method;
      const result = await (await engine)[name](Array.isArray(params) ? params[0] : params);
      if (method === 'diff') {
        if (result.stdout) send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } });
        send({ id, result: { exitCode: result.exitCode } });
      } else send({ id, result: result ?? {} });
    } catch (error) {
      const data = {
        is_panic: false,
        message: String(error?.message ?? error),
        error_code: error?.code,
        meta: error?.meta,
      };
      send({ id, error: { code: 4466, message: 'An error happened.', data } });
    }
  };
  let last = Promise.resolve();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    last = last.then(() => answer(JSON.parse(line)));
  });
  lines.on('close', () => last.then(() => process.exit(0)));
}

/** `can-connect-to-database`, `create-database`, `drop-database`: one command, then the end. */
async function runCliCommand(command) {
  const config = clientConfig(url);
  const client = new pg.Client(
    command === 'can-connect-to-database' ? config : { ...config, database: 'postgres' },
  );
  try {
    await client.connect();
    const name = client.escapeIdentifier(config.database);
    if (command === 'create-database') await client.query(`CREATE DATABASE ${name}`);
    if (command === 'drop-database') {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      process.stderr.write('The database was successfully dropped\n');
    }
    await client.end();
    process.stdout.write('Connection successful\n');
    process.exit(0);
  } catch (error) {
    const fields = {
      is_panic: false,
      error_code: error.code === '3D000' ? 'P1003' : 'P1001',
      message: error.message || String(error.code),
      meta: {},
    };
    process.stderr.write(`${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}\n`);
    process.exit(1);
  }
}
