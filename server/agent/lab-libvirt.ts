import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from './durable';
import { run } from './exec';
import { LAB_LIBVIRT, LAB_RUN } from './lab-inside';
import { launch, logOf, patiently } from './lab-service';
import { isInstalled } from './observe/installed';
import { turns } from './turns';

/*
 * A lab's own libvirt. It is started when the first thing is done with it, without any network (what was committed is
 * made again when a lab starts), and ends with the lab. Its folders are the lab's, laid over those of the machine where
 * it alone sees it: in a mount namespace below the lab's.
 */

const SOCKET = '/run/libvirt/libvirt-sock';
/** Milliseconds that it has to answer. */
const PATIENCE = 60_000;
/** The same, once what was started ended: another one may be about to answer. */
const AFTERMATH = 3_000;
const FOLDERS = ['etc/libvirt', 'var/lib', 'var/cache', 'var/log'] as const;
const inTurn = turns();

/** Only in a lab: on a machine it is for its administrator to run it. */
export const runsOwnLibvirt = (): boolean => existsSync(LAB_RUN);

/** Why no lab of this machine can have one, without a full stop; null when it can. */
export function whyNoLabLibvirt(): string | null {
  const missing = ['libvirtd', 'virsh'].filter((program) => !isInstalled(program));
  if (missing.length > 0)
    return `no lab has one, because ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed on this machine (apt-get install libvirt-daemon libvirt-clients iptables)`;
  return existsSync('/etc/libvirt')
    ? null
    : 'no lab has one, because this machine has no folder /etc/libvirt (mkdir /etc/libvirt)';
}

/** Starts libvirt in this lab unless it runs. Failures: LIBVIRT_NOT_INSTALLED, LIBVIRT_NOT_STARTED. */
export const ensureLibvirt = (): Promise<Result<null>> => inTurn(startLibvirt);

async function startLibvirt(): Promise<Result<null>> {
  if (await listens()) return ok(null);
  const why = whyNoLabLibvirt();
  if (why !== null) return fail('LIBVIRT_NOT_INSTALLED', `This lab cannot run libvirt: ${why}.`);
  prepare();
  const { child, ended } = launch(
    ['unshare', '--mount', '--propagation=slave', 'sh', '-c', DAEMON, LAB_LIBVIRT],
    {
      ...{ folder: LAB_LIBVIRT, name: 'libvirtd' },
      // The machine's services are not for it.
      env: { DBUS_SYSTEM_BUS_ADDRESS: undefined, NOTIFY_SOCKET: undefined },
    },
  );
  let said = '';
  const answers = async () => {
    if (!existsSync(SOCKET)) return false;
    const asked = await run(['virsh', '-c', 'qemu:///system', 'net-list'], { timeout: PATIENCE });
    if (!asked.ok) said = asked.error.detail ?? asked.error.message;
    return asked.ok;
  };
  let began = await patiently(async () => ended() || (await answers()), PATIENCE);
  if (began && ended()) began = await patiently(answers, AFTERMATH);
  if (began) return ok(null);
  if (child.pid !== undefined && !ended()) process.kill(-child.pid, 'SIGKILL');
  const words = [
    ...(readIfThere(logOf(LAB_LIBVIRT, 'libvirtd')) ?? '').trim().split('\n'),
    ...said.split('\n'),
  ];
  const last = words.findLast((line) => /error|cannot|denied|not /i.test(line)) ?? words.at(-1) ?? '';
  return fail(
    'LIBVIRT_NOT_STARTED',
    `libvirt does not start in this lab: ${(last.trim() || 'it says nothing').replace(/\.?$/, '.')}`,
    {
      detail: words.join('\n').slice(-2000),
    },
  );
}

/** With the lab's folders in place. What ended without being unable to start is started again, and finds its networks. */
const DAEMON = `set -e
cd "$0"
for at in ${FOLDERS.join(' ')}; do mount --bind "$at" "/$at"; done
for file in passwd group; do mount --bind "$file" "/etc/$file"; done
set +e
while :; do
  libvirtd
  ended=$?
  [ $ended -eq 0 ] || [ $ended -gt 128 ] || exit $ended
  sleep 1
done`;

/*
 * A lab's QEMU stays who started it, root of the lab: no user to become (of number -1), whose groups the kernel would
 * refuse to set in user namespaces of ordinary users; no file to give away, no devices to hide, no control groups.
 */
const QEMU_CONF = `user = "+4294967295"
group = "+4294967295"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

function prepare(): void {
  for (const folder of FOLDERS) mkdirSync(path.join(LAB_LIBVIRT, folder), { recursive: true });
  const etc = path.join(LAB_LIBVIRT, 'etc/libvirt');
  // In a lab there is one user, who is root.
  writeFileSync(path.join(etc, 'libvirtd.conf'), 'auth_unix_ro = "none"\nauth_unix_rw = "none"\n');
  writeFileSync(path.join(etc, 'qemu.conf'), QEMU_CONF);
  writeFileSync(path.join(LAB_LIBVIRT, 'passwd'), usersInLab(readFileSync('/etc/passwd', 'utf8')));
  writeFileSync(path.join(LAB_LIBVIRT, 'group'), groupsInLab(readFileSync('/etc/group', 'utf8')));
}

const isNamed = (names: readonly string[]) => (line: string) => names.includes(line.split(':')[0] ?? '');

/*
 * Its dnsmasq becomes the user that its packager chose, and of that one's group or of `dip`. A lab has no users to
 * become: there these are all root, and of a group that does not exist, so that dnsmasq asks for no change of groups,
 * which the kernel refuses in user namespaces of ordinary users.
 */
const DAEMONS = ['nobody', 'dnsmasq', 'libvirt-dnsmasq', 'libvirt-qemu'];
const NO_GROUP = 65533;

export const usersInLab = (passwd: string): string =>
  [
    ...passwd.split('\n').filter((line) => line !== '' && !isNamed(DAEMONS)(line)),
    ...DAEMONS.map((name) => `${name}:x:0:${NO_GROUP}::/:/usr/sbin/nologin`),
    '',
  ].join('\n');

export const groupsInLab = (group: string): string =>
  [
    ...group
      .split('\n')
      .filter((line) => line !== '' && !isNamed([...DAEMONS, 'dip'])(line))
      .filter((line) => line.split(':')[2] !== String(NO_GROUP)),
    'libvirt-qemu:x:0:',
    '',
  ].join('\n');

/** Somebody answers there: libvirt lets who connects wait until it can serve. */
const listens = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(SOCKET);
    const is = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', is(true)).once('error', is(false));
  });

/** Where it writes leases. */
export const libvirtLeaseFolder = (role: 'machine' | 'lab'): string =>
  path.join(role === 'machine' ? '/' : LAB_LIBVIRT, 'var/lib/libvirt/dnsmasq');
