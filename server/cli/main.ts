/*
 * The `patchbay` command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage. `observe --json` is made for scripts
 * that ask often: it is told from all others at once, and loads nothing but the readers.
 */

process.stdout.on('error', () => process.exit(0)); // `| head`
try {
  const [verb, flag, ...more] = process.argv.slice(2);
  if (verb === 'observe' && flag === '--json' && more.length === 0)
    await (await import('./observe-json')).observeJson();
  else await (await import('./commands')).runCommand(process.argv);
} catch (e) {
  process.stderr.write(`patchbay: ${e instanceof Error ? e.message : String(e)}\n`);
  if (process.env.PATCHBAY_DEBUG && e instanceof Error) process.stderr.write(`${e.stack}\n`);
  process.exitCode = 1;
}

export {}; // a module: it may wait
