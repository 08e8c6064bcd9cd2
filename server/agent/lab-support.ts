import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from './durable';
import { run } from './exec';

const UNSHARE = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork'] as const;

/** What starts a lab, up to its first process. Killing it kills the lab. */
export const LAB_NAMESPACES = [...UNSHARE, '--kill-child', '--mount-proc'] as const;

/**
 * May this user make the namespaces of a lab? Failure LABS_NOT_PERMITTED names what forbids it and the command that
 * allows it. `prefix` makes the command run as the user that labs run as.
 */
export async function labsPermitted(prefix: readonly string[]): Promise<Result<null>> {
  const tried = await run([...prefix, ...LAB_NAMESPACES, 'true'], { foreign: prefix.length > 0 });
  if (tried.ok) return ok(null);
  const detail = tried.error.detail ?? tried.error.message;
  const no = (why: string) =>
    fail('LABS_NOT_PERMITTED', `Labs cannot run on this machine: ${why}`, { detail });
  if (tried.error.code === 'TOOL_MISSING') return no(`${tried.error.message} (apt-get install util-linux)`);
  const setting = (name: string) => readIfThere(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
  const allow = (name: string, value: string) =>
    no(
      `${name} is ${setting(name)}, so ordinary users may not make namespaces. Allow it with: ` +
        `sudo sysctl -w ${name}=${value} (and put "${name} = ${value}" into /etc/sysctl.d/60-patchbay.conf to keep it).`,
    );
  if (setting('kernel.apparmor_restrict_unprivileged_userns') === '1')
    return allow('kernel.apparmor_restrict_unprivileged_userns', '0');
  if (setting('kernel.unprivileged_userns_clone') === '0')
    return allow('kernel.unprivileged_userns_clone', '1');
  for (const kind of ['user', 'net', 'mnt', 'pid'])
    if (setting(`user.max_${kind}_namespaces`) === '0') return allow(`user.max_${kind}_namespaces`, '10000');
  if (readIfThere('/proc/sys/user/max_user_namespaces') === null)
    return no('this kernel has no user namespaces.');
  if (/Seccomp:\t2/.test(readIfThere('/proc/self/status') ?? ''))
    return no(
      'a seccomp filter forbids namespaces, as container engines set it. Allow them with: ' +
        'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …',
    );
  return no(`the kernel does not let this user make namespaces (${detail.split('\n')[0]}).`);
}
