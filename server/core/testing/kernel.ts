import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { run } from '@/server/agent/exec';

/*
 * For kernel tests: code that runs in user, network, mount and process namespaces of its own, as any user. When it
 * ends, the kernel ends everything in there.
 */

const NAMESPACES = [
  ...['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork'],
  ...['--kill-child', '--mount-proc'],
] as const;

const root = path.join(import.meta.dirname, '../../..');

/** Null when namespaces can be made here, or else why not. */
export async function whyNoNamespaces(): Promise<string | null> {
  const tried = await run([...NAMESPACES, 'true']);
  return tried.ok ? null : (tried.error.detail ?? tried.error.message);
}

export type Inside = {
  /** Absolute; made when it is first asked for, removed by `close`. */
  readonly folder: () => string;
  /** Bundles a TypeScript file; gives the path of the bundle. */
  readonly bundle: (entry: string) => Promise<string>;
  /** Runs a command in fresh namespaces; gives its standard output, throws what it says when it fails. */
  readonly run: (argv: readonly string[], stdin: string) => Promise<string>;
  readonly close: () => void;
};

export function inside(): Inside {
  let made: string | null = null;
  const folder = () => {
    made ??= mkdtempSync(path.join(tmpdir(), 'patchbay-kernel-'));
    return made;
  };
  return {
    folder,
    bundle: async (entry) => {
      const outfile = path.join(folder(), `${path.basename(entry, '.ts')}.mjs`);
      await build({
        entryPoints: [entry],
        outfile,
        ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
        alias: { '@': root },
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
      });
      return outfile;
    },
    run: async (argv, stdin) => {
      const ran = await run([...NAMESPACES, ...argv], { stdin, timeout: 110_000 });
      if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
      return ran.value.stdout;
    },
    close: () => {
      if (made !== null) rmSync(made, { recursive: true, force: true });
    },
  };
}
