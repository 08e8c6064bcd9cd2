import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DnsmasqService, Fact } from '@/server/core/observed';
import { keyed, known, unknown } from './reading';

/** What lies in the run folder for one network, and the command line of the process its pid file names. */
export type DnsmasqFiles = {
  readonly network: string;
  readonly confPath: string;
  readonly conf: string | null;
  readonly hostsFile: string | null;
  readonly dnsHosts: string | null;
  readonly pidFile: string | null;
  /** SHA-256, in hex, of the conf the process was started from. */
  readonly started: string | null;
  /** Null when there is no such process. */
  readonly argv: readonly string[] | null;
};

export const parsePid = (text: string | null): number | null => {
  const pid = Number(text?.trim());
  return text !== null && Number.isInteger(pid) && pid > 0 ? pid : null;
};

/** The text of `/proc/PID/cmdline`; a zombie has none. */
export const parseArgv = (text: string): readonly string[] | null =>
  text === '' ? null : text.replace(/\0$/, '').split('\0');

/** A pid is not enough, it may long be someone else's: the process must be a dnsmasq with this very file. */
export function toDnsmasqService(files: DnsmasqFiles): DnsmasqService {
  const [program, ...options] = files.argv ?? [];
  const ours =
    program !== undefined &&
    basename(program) === 'dnsmasq' &&
    options.includes(`--conf-file=${files.confPath}`);
  const pid = ours ? parsePid(files.pidFile) : null;
  const current =
    pid !== null &&
    files.conf !== null &&
    files.started?.trim() === createHash('sha256').update(files.conf).digest('hex');
  const { network, conf, hostsFile, dnsHosts } = files;
  return { network, pid, conf, hostsFile, dnsHosts, current };
}

/** The dnsmasq of each of our networks. No folder yet means that there is none. */
export async function observeDnsmasq(runDir: string): Promise<Fact<DnsmasqService>> {
  const folder = join(runDir, 'dnsmasq');
  const command = `cat ${folder}/*.{conf,hostsfile,addnhosts,pid}`;
  try {
    const names = new Set(
      (await listFolder(folder)).flatMap((file) => /^(.+)\.(?:conf|pid)$/.exec(file)?.[1] ?? []),
    );
    const services = await Promise.all(
      [...names].sort().map(async (network) => {
        const path = (end: string) => join(folder, `${network}.${end}`);
        const [conf, hostsFile, dnsHosts, pidFile, started] = await Promise.all(
          ['conf', 'hostsfile', 'addnhosts', 'pid', 'started'].map((end) => textOf(path(end))),
        );
        const pid = parsePid(pidFile ?? null);
        const cmdline = pid === null ? null : await textOf(`/proc/${pid}/cmdline`);
        return toDnsmasqService({
          network,
          confPath: path('conf'),
          conf: conf ?? null,
          hostsFile: hostsFile ?? null,
          dnsHosts: dnsHosts ?? null,
          pidFile: pidFile ?? null,
          started: started ?? null,
          argv: cmdline === null ? null : parseArgv(cmdline),
        });
      }),
    );
    return known(command, keyed(services.map((s) => [s.network, s])));
  } catch (e) {
    return unknown(command, `${folder} cannot be read: ${e instanceof Error ? e.message : String(e)}`);
  }
}

const GONE = new Set(['ENOENT', 'ESRCH', 'ENOTDIR']);
const isGone = (e: unknown) => e instanceof Error && 'code' in e && GONE.has(String(e.code));

/** Names in a folder; none when it does not exist. Throws when it may not be read. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (e) {
    if (isGone(e)) return [];
    throw e;
  }
}

/** Text of a file; null when it does not exist. Throws when it may not be read. */
export async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (e) {
    if (isGone(e)) return null;
    throw e;
  }
}
