import { chmodSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Identity, run } from '@/server/agent/exec';
import type { LaunchPrefix } from '@/server/agent/lab';
import { fail, ok, type Result } from '@/server/core/result';
import { checkout } from './checkout';
import { places } from './places';

/** The system user that runs web, Postgres and labs when we are root. */
const SERVICE_USER = 'patchbay';

export type NamedIdentity = Identity & { readonly name: string };
type Say = (line: string) => void;

/**
 * Who runs web, Postgres and labs, and how a command is started as them: `[...launch.argv, tool, ...args]`. As root
 * that is the system user `patchbay`, made after saying so; otherwise ourselves. Failures: NO_SERVICE_USER,
 * CHECKOUT_CLOSED, each with what to type.
 */
export async function prepareIdentity(say: Say): Promise<Result<LaunchPrefix>> {
  const { state } = places();
  const identity = await findIdentity(say, state);
  if (!identity.ok) return identity;
  return identity.value === null
    ? ok(asOurselves())
    : launchAs(identity.value, { checkout: checkout(), node: process.execPath, state });
}

/** Null for an ordinary user, who is everybody. As root the service user, made if there is none. */
export async function findIdentity(say: Say, state: string): Promise<Result<NamedIdentity | null>> {
  if (process.getuid?.() !== 0) return ok(null);
  const found = await lookUp(SERVICE_USER);
  if (found.ok) return found;
  say(`Making the system user ${SERVICE_USER}, who runs web, database and labs; only the agent keeps root`);
  const make = ['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', state];
  const made = await run([...make, '--shell', '/usr/sbin/nologin', SERVICE_USER], { timeout: 30_000 });
  const now = await lookUp(SERVICE_USER);
  if (now.ok) return now;
  return fail(
    'NO_SERVICE_USER',
    `Started as root, Patchbay needs an unprivileged user for everything but the agent, and none could be made: ` +
      `${made.ok ? now.error.message : made.error.message} Make one with: adduser --system --group ${SERVICE_USER}`,
  );
}

/** A user as the system knows it, also from LDAP and the like. */
async function lookUp(name: string): Promise<Result<NamedIdentity>> {
  const entry = await run(['getent', 'passwd', name]);
  if (!entry.ok) return fail('NO_SERVICE_USER', `There is no user ${name}.`);
  const [, , uid, gid] = entry.value.stdout.trim().split(':').map(Number);
  if (!uid || gid === undefined || Number.isNaN(gid))
    return fail('NO_SERVICE_USER', `The user ${name} is root, or its entry cannot be read.`);
  return ok({ name, uid, gid });
}

/** Nothing to put before a command: it runs as the user that we are. */
export function asOurselves(): LaunchPrefix {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return { argv: [], checkout: checkout(), node: process.execPath, uid, gid };
}

export type Seen = {
  readonly checkout: string;
  readonly node: string;
  /** A folder of ours that everybody can enter: where what is closed to the user is mounted. */
  readonly state: string;
};

/**
 * How root starts a command as `identity` (to be run `foreign`: root's environment is not for it). Where that user cannot reach the checkout or node, it gets a mount
 * namespace of its own in which both are seen below `state`. Failure CHECKOUT_CLOSED: the checkout's own permissions
 * keep others out.
 */
export async function launchAs(identity: NamedIdentity, seen: Seen): Promise<Result<LaunchPrefix>> {
  const { uid, gid } = identity;
  const plain = { argv: changeUser(identity, seen), checkout: seen.checkout, node: seen.node, uid, gid };
  if (await reaches(plain)) return ok(plain);

  mkdirSync(seen.state, { recursive: true });
  chmodSync(seen.state, 0o755);
  const there = { ...seen, checkout: path.join(seen.state, 'checkout'), node: path.join(seen.state, 'node') };
  mkdirSync(there.checkout, { recursive: true });
  if (!existsSync(there.node)) writeFileSync(there.node, '');
  const mounts = [seen.checkout, there.checkout, realpathSync(seen.node), there.node];
  const argv = [
    ...['unshare', '--mount', '--propagation', 'slave', '--'],
    ...['/bin/sh', path.join(seen.checkout, 'server', 'cli', 'as-user.sh'), ...mounts],
    ...changeUser(identity, there),
  ];
  const mounted = { ...plain, argv, checkout: there.checkout, node: there.node };
  if (await reaches(mounted)) return ok(mounted);
  return fail(
    'CHECKOUT_CLOSED',
    `The user ${identity.name}, who runs web and labs, cannot read ${seen.checkout} or run ${seen.node}. ` +
      `Let it, with: chmod -R go+rX ${seen.checkout}`,
  );
}

/** Root's groups and privileges are left behind; a set-user-id program gives none back. */
function changeUser({ uid, gid, name }: NamedIdentity, seen: Seen): readonly string[] {
  const of = [
    '--reuid',
    String(uid),
    '--regid',
    String(gid),
    '--clear-groups',
    '--inh-caps=-all',
    '--no-new-privs',
  ];
  return [
    ...['setpriv', ...of, '--'],
    ...['env', `--chdir=${seen.checkout}`],
    ...[`HOME=${seen.state}`, `USER=${name}`, `LOGNAME=${name}`],
  ];
}

/** Can it run node there, and does that node read what web and labs are made of? */
async function reaches(launch: LaunchPrefix): Promise<boolean> {
  const look =
    'const { accessSync, constants } = require("node:fs");' +
    'for (const f of process.argv.slice(1)) accessSync(f, constants.R_OK);';
  const files = [
    'package.json',
    'node_modules/next/package.json',
    'prisma/schema.prisma',
    'server/cli/as-user.sh',
  ];
  const paths = files.map((file) => path.join(launch.checkout, file));
  return (await run([...launch.argv, launch.node, '-e', look, ...paths], { cwd: '/', foreign: true })).ok;
}
