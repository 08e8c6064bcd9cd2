import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '@/server/agent/exec';
import type { LaunchPrefix } from '@/server/agent/lab';
import { patience } from '@/server/core/testing/patience';
import { temporaryFolder } from '@/server/store/testing/database';
import { checkout } from './checkout';
import { asOurselves, findIdentity, launchAs } from './identity';
import { bundleForTest } from './testing/bundle';

const root = process.getuid?.() === 0;
/** Milliseconds. */
const LONG = 30_000 * patience;
const NOBODY = { uid: 65534, gid: 65534, name: 'nobody' } as const;
let folder: string;
let remove: () => Promise<void>;

beforeAll(() => {
  ({ folder, remove } = temporaryFolder());
});
afterAll(() => remove());

async function output(launch: LaunchPrefix, ...command: string[]): Promise<string> {
  const ran = await run([...launch.argv, ...command], { cwd: '/', timeout: LONG });
  if (!ran.ok) throw new Error(`${ran.error.message}\n${ran.error.detail ?? ''}`);
  return ran.value.stdout;
}

test.skipIf(root)('an ordinary user is everybody, and nothing is put before a command', async () => {
  expect(await findIdentity(() => {}, folder)).toEqual({ ok: true, value: null });
  expect(asOurselves()).toEqual({
    argv: [],
    checkout: checkout(),
    node: process.execPath,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
});

if (!root) console.warn('SKIPPED: starting as another user, and making that user, needs root');
describe.skipIf(!root)('as root', () => {
  const state = () => path.join(folder, 'state');
  /** What a launch needs to find, in a folder that only root can enter. */
  const closedCheckout = (name: string): { inside: string; node: string } => {
    const closed = path.join(folder, name);
    const inside = path.join(closed, 'checkout');
    for (const file of ['package.json', 'node_modules/next/package.json', 'prisma/schema.prisma']) {
      mkdirSync(path.dirname(path.join(inside, file)), { recursive: true });
      writeFileSync(path.join(inside, file), '{"name":"closed"}');
    }
    mkdirSync(path.join(inside, 'server', 'cli'), { recursive: true });
    copyFileSync(path.join(checkout(), 'server/cli/as-user.sh'), path.join(inside, 'server/cli/as-user.sh'));
    const node = path.join(closed, 'node');
    copyFileSync(process.execPath, node);
    chmodSync(closed, 0o700);
    return { inside, node };
  };

  test('a command runs as the user, without groups, privileges or a way back, and finds its home', async () => {
    const launch = await launchAs(NOBODY, { checkout: checkout(), node: process.execPath, state: state() });
    if (!launch.ok) throw new Error(launch.error.message);
    expect(launch.value).toMatchObject({ uid: NOBODY.uid, gid: NOBODY.gid });
    expect(await output(launch.value, 'id')).toBe(
      'uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n',
    );
    const status = await output(launch.value, 'cat', '/proc/self/status');
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^CapEff:\t0{16}$/m);
    expect(status).toMatch(/^CapInh:\t0{16}$/m);
    expect(await output(launch.value, 'sh', '-c', 'echo "$HOME $USER"; pwd')).toBe(
      `${state()} nobody\n${launch.value.checkout}\n`,
    );
    // Arguments stay arguments.
    expect(await output(launch.value, 'printf', '%s\n', '$(id)', "a'b", '--x')).toBe("$(id)\na'b\n--x\n");
  });

  test("root's environment stays root's", async () => {
    process.env.PRIVATE_OF_ROOT = 'x';
    const launch = await launchAs(NOBODY, { checkout: checkout(), node: process.execPath, state: state() });
    if (!launch.ok) throw new Error(launch.error.message);
    const options = {
      cwd: '/',
      foreign: true,
      timeout: LONG,
      env: { DATABASE_URL: 'postgresql://of-its-own' },
    };
    const ran = await run([...launch.value.argv, 'env'], options);
    delete process.env.PRIVATE_OF_ROOT;
    if (!ran.ok) throw new Error(ran.error.message);
    const names = ran.value.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0] ?? '');
    expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'USER', 'DATABASE_URL']));
    const expected =
      /^(PATH|HOME|USER|LOGNAME|DATABASE_URL|LANG|LANGUAGE|LC_\w+|TZ|NO_COLOR|NODE_ENV|PATCHBAY_\w+|PWD|OLDPWD)$/;
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
  });

  test('a checkout and a node that the user cannot reach are seen elsewhere, by that command alone', async () => {
    const { inside, node } = closedCheckout('closed');
    const launch = await launchAs(NOBODY, { checkout: inside, node, state: state() });
    if (!launch.ok) throw new Error(launch.error.message);
    const { checkout: seen, node: seenNode } = launch.value;
    expect([seen, seenNode]).toEqual([path.join(state(), 'checkout'), path.join(state(), 'node')]);
    expect(await output(launch.value, 'cat', path.join(seen, 'package.json'))).toBe('{"name":"closed"}');
    expect(await output(launch.value, seenNode, '-p', 'process.getuid()')).toBe('65534\n');
    expect(await output(launch.value, 'pwd')).toBe(`${seen}\n`);
    expect(await output(launch.value, 'id', '-u')).toBe('65534\n');
    // The machine itself has none of these mounts.
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(state());
  });

  test('a checkout whose own permissions keep others out is named, with what to type', async () => {
    const { inside, node } = closedCheckout('locked');
    chmodSync(path.join(inside, 'prisma', 'schema.prisma'), 0o600);
    expect(await launchAs(NOBODY, { checkout: inside, node, state: state() })).toMatchObject({
      ok: false,
      error: { code: 'CHECKOUT_CLOSED', message: expect.stringContaining(`chmod -R go+rX ${inside}`) },
    });
  });

  test('the system user is made after saying so, once', async () => {
    // In a mount namespace with an /etc of its own, so that this machine gets no user.
    const bundle = await bundleForTest('server/cli/testing/find-identity.ts');
    const script =
      'cp -a /etc "$1" && mount --bind "$1" /etc && sed -i "/^patchbay:/d" /etc/passwd /etc/group /etc/shadow /etc/gshadow' +
      ' && shift && "$@" && "$@" && getent passwd patchbay';
    const ran = await run(
      [
        ...['unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', script, 'sh'],
        ...[path.join(folder, 'etc'), process.execPath, path.join(checkout(), bundle), '/var/lib/patchbay'],
      ],
      { timeout: LONG },
    );
    rmSync(path.join(checkout(), bundle));
    if (!ran.ok) throw new Error(`${ran.error.message}\n${ran.error.detail ?? ''}`);
    const [said, first, second, entry, ...rest] = ran.value.stdout.trim().split('\n');
    expect(said).toMatch(/^say: Making the system user patchbay/);
    expect(first).toMatch(/"name":"patchbay","uid":\d+,"gid":\d+/);
    expect(second).toBe(first);
    expect(entry).toMatch(/^patchbay:x:\d+:\d+::\/var\/lib\/patchbay:\/usr\/sbin\/nologin$/);
    expect(rest).toEqual([]);
  });
});
