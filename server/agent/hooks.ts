import { readdirSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { fail, ok, type Result } from '@/server/core/result';
import { run } from './exec';

/*
 * What people add to the way taps come up and go down: programs in `hooks` of the agent's home (docs/hooks.md). They
 * have the agent's rights, so only files that nobody else can change are run.
 */

type Moment = 'pre-up' | 'post-up' | 'pre-down' | 'post-down';
type Way = 'up' | 'down';

/** The environment of hooks, named as Ganeti's. */
export type HookEnv = {
  readonly INSTANCE: string;
  readonly MAC: string;
  readonly MODE: 'bridged' | 'openvswitch' | 'routed' | 'ethernet' | 'macvtap';
  readonly INTERFACE: string;
  /** Its place among the guest's NICs, from 0. */
  readonly INTERFACE_INDEX: string;
  readonly TAGS: string;
  readonly IP?: string;
  readonly LINK?: string;
  readonly BRIDGE?: string;
  readonly VLAN?: string;
};

/** A step of bringing a tap up; a file of its name takes its place. `undo` is its way back, at the end too. */
export type Part = {
  readonly name: 'address' | 'script' | 'bridge' | 'up' | 'routed';
  readonly usual: () => Promise<Result<unknown>>;
  readonly undo?: () => Promise<Result<unknown>>;
};

export type Hooks = {
  /**
   * What fails before the tap is up undoes what was done; answers what failed afterwards, which stays up. Failures
   * HOOK_REFUSED, HOOK_FAILED, and those of the parts.
   */
  readonly bringUp: (env: HookEnv, parts: readonly Part[]) => Promise<Result<string | null>>;
  /** Goes on whatever fails; answers that. */
  readonly takeDown: (env: HookEnv, parts: readonly Part[]) => Promise<string | null>;
};

/** Milliseconds. */
const PATIENCE = 30_000;
const NAME = /^\d\d-[A-Za-z0-9_-]+$/;

/** The hooks in this folder, which need not be there; null: there are none. `heard` gets what they print. */
export function openHooks(
  folder: string | null,
  heard: (hook: string, output: string) => void = () => {},
): Hooks {
  const execute = async (file: string, env: HookEnv, argument?: Way): Promise<Result<null>> => {
    const hook = path.relative(folder ?? '/', file);
    const safe = checked(file, hook);
    if (!safe.ok) return safe;
    const argv = argument === undefined ? [file] : [file, argument];
    // What is not known is not there: it would be the agent's own otherwise.
    const known = { ...{ IP: undefined, LINK: undefined, BRIDGE: undefined, VLAN: undefined }, ...env };
    const ran = await run(argv, { env: known, cwd: '/', timeout: PATIENCE });
    const output = ran.ok ? `${ran.value.stdout}${ran.value.stderr}`.trim() : (ran.error.detail ?? '');
    if (output !== '') heard(hook, output);
    if (ran.ok) return ok(null);
    return fail('HOOK_FAILED', `Hook ${hook} failed at ${env.INTERFACE}: ${lastWords(ran.error)}`, {
      detail: output,
    });
  };

  const at = async (moment: Moment, env: HookEnv): Promise<Result<null>> => {
    if (folder === null) return ok(null);
    const own = path.join(folder, `${moment}.d`);
    const names = namesIn(own);
    if (!names.ok) return names;
    for (const name of names.value) {
      const ran = await execute(path.join(own, name), env);
      if (!ran.ok) return ran;
    }
    return ok(null);
  };

  const part = async ({ name, usual, undo }: Part, way: Way, env: HookEnv): Promise<Result<unknown>> => {
    const own = folder === null ? null : path.join(folder, 'parts', name);
    if (own !== null && statSync(own, { throwIfNoEntry: false }) !== undefined) return execute(own, env, way);
    return way === 'up' ? usual() : (undo?.() ?? ok(null));
  };

  /** Back in reverse, whatever fails. */
  const back = async (parts: readonly Part[], env: HookEnv): Promise<readonly string[]> => {
    const failed: string[] = [];
    for (const one of parts.toReversed()) {
      const undone = await part(one, 'down', env);
      if (!undone.ok) failed.push(undone.error.message);
    }
    return failed;
  };

  return {
    bringUp: async (env, parts) => {
      const before = await at('pre-up', env);
      if (!before.ok) return before;
      for (const [i, one] of parts.entries()) {
        const done = await part(one, 'up', env);
        if (done.ok) continue;
        await back(parts.slice(0, i), env);
        return done;
      }
      const after = await at('post-up', env);
      return ok(after.ok ? null : after.error.message);
    },
    takeDown: async (env, parts) => {
      const before = await at('pre-down', env);
      const failed = await back(parts, env);
      const after = await at('post-down', env);
      const all = [before, after].flatMap((r) => (r.ok ? [] : [r.error.message]));
      return [...all, ...failed].join(' ') || null;
    },
  };
}

/** A program's own last words, or else how it ended. */
export function lastWords({
  message,
  detail,
}: {
  readonly message: string;
  readonly detail?: string;
}): string {
  const said = detail?.trim().split('\n').at(-1) ?? '';
  return said === '' || message.includes(said) ? message : `${message.replace(/: .*$/s, '')}: ${said}`;
}

function namesIn(folder: string): Result<readonly string[]> {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return ok([]);
  return ok(
    readdirSync(folder)
      .filter((name) => NAME.test(name))
      .sort(),
  );
}

/** Only root, or we ourselves, can have written it; the same for its two folders, where it could be exchanged. */
function checked(file: string, hook: string): Result<null> {
  const refuse = (why: string) => fail('HOOK_REFUSED', `Hook ${hook} is not run: ${why}.`);
  const places = [file, path.dirname(file), path.dirname(path.dirname(file))];
  for (const [i, place] of places.entries()) {
    const what = i === 0 ? 'it' : `its folder ${place}`;
    const stats: Stats | undefined = statSync(place, { throwIfNoEntry: false });
    if (stats === undefined) return refuse(`${what} is gone`);
    if (stats.uid !== 0 && stats.uid !== process.getuid?.())
      return refuse(`${what} belongs to user ${stats.uid}, neither to root nor to the agent`);
    if ((stats.mode & 0o022) !== 0) return refuse(`others than its owner may write ${what}`);
    if (i === 0 && !stats.isFile()) return refuse('it is not a file');
    if (i === 0 && (stats.mode & 0o111) === 0) return refuse('it is not executable (chmod +x)');
  }
  return ok(null);
}
