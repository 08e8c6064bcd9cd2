import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { run } from '@/server/agent/exec';
import { patience } from './patience';

/*
 * For kernel tests: code that runs in user, network, mount and process namespaces of its own, as any user. When it
 * ends, the kernel ends everything in there.
 */

const NAMESPACES = [
  ...['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork'],
  ...['--kill-child', '--mount-proc'],
] as const;

/**
 * libvirt waits for the end of orphans that it kills: the first process must take their leave, which Node does not. It
 * would run applets of its own for commands without a path that it knows, such as `sh`.
 */
const REAPER = ['busybox', 'sh', '-c', 'exec 3<&0; "$0" "$@" <&3 & wait $!'] as const;

const OWN_USERS: readonly string[] = ['--user', '--map-root-user'];

const root = path.join(import.meta.dirname, '../../..');
const KOFFI = path.join(root, 'node_modules/koffi/index.js');

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
  /** Runs a command in fresh namespaces; gives its standard output, throws what it says when it fails. Milliseconds. */
  readonly run: (argv: readonly string[], stdin: string, timeout?: number) => Promise<string>;
  readonly close: () => void;
};

/** `as: 'root'` keeps the ids of the machine, for services that become other users; only for root. */
export function inside(as: 'anybody' | 'root' = 'anybody'): Inside {
  const namespaces = as === 'root' ? NAMESPACES.filter((n) => !OWN_USERS.includes(n)) : NAMESPACES;
  let made: string | null = null;
  const folder = () => {
    if (made !== null) return made;
    made = mkdtempSync(path.join(tmpdir(), 'patchbay-kernel-'));
    // There dnsmasq becomes a user of its own, and reads its files again as that.
    if (as === 'root') chmodSync(made, 0o755);
    return made;
  };
  return {
    folder,
    bundle: async (entry) => {
      // The runner of kernel tests in a virtual machine bundles beforehand: it is slow in there.
      const made = process.env.PATCHBAY_TEST_BUNDLES ?? '';
      const ready = path.join(made, path.relative(root, entry).replace(/\.ts$/, '.mjs'));
      if (made !== '' && existsSync(ready)) return ready;
      const outfile = path.join(folder(), `${path.basename(entry, '.ts')}.mjs`);
      await build({
        entryPoints: [entry],
        outfile,
        ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
        // It has a library of its own beside it that it looks for.
        alias: { '@': root, koffi: KOFFI },
        external: [KOFFI],
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
      });
      return outfile;
    },
    run: async (argv, stdin, timeout = 110_000) => {
      const reaped = as === 'root' ? [...REAPER, ...argv] : argv;
      const ran = await run([...namespaces, ...reaped], { stdin, timeout: timeout * patience });
      if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.message} ${ran.error.detail ?? ''}`);
      return ran.value.stdout;
    },
    close: () => {
      if (made !== null) rmSync(made, { recursive: true, force: true });
    },
  };
}
