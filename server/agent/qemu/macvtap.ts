import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { IfName } from '@/server/core/ids';
import type { Nic, NicSource } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere } from '../durable';
import { run } from '../exec';
import { MACVLAN_MODES } from '../guests-pool';
import { attach, closeAll, type TapOptions } from './tap';

/*
 * A macvtap that we make on a device of the host, and whose queues we open and hand to QEMU. Unlike a tap it does not go
 * with who holds it: those of a guest are written down in its folder, as files with the NIC's name in them.
 */

export type DirectNic = Pick<Nic, 'name' | 'mac'> & {
  readonly tap: IfName;
  readonly source: Extract<NicSource, { type: 'direct' }>;
};

/** As `ip -j -d link show` prints them. */
const Links = z.array(
  z.object({
    ifname: z.string(),
    /** What it stands on. */
    link: z.string().nullish(),
    master: z.string().optional(),
    linkinfo: z
      .object({
        info_kind: z.string().optional(),
        info_data: z.object({ mode: z.string().optional() }).optional(),
      })
      .optional(),
  }),
);
type Links = z.infer<typeof Links>;

/** Why no macvtap of this NIC can be made on its device, or null. */
export function whyNoMacvtap({ name, tap, source }: DirectNic, links: Links): Result<never> | null {
  const { device, mode } = source;
  const lower = links.find((l) => l.ifname === device);
  if (lower === undefined)
    return fail('NO_SUCH_DEVICE', `NIC ${name} stands on device ${device}, which is not there.`);
  if (links.some((l) => l.ifname === tap))
    return fail('TAP_TAKEN', `NIC ${name} shall be ${tap}, and there is a device of this name already.`);
  if (lower.master !== undefined)
    return fail(
      'DEVICE_TAKEN',
      `NIC ${name} cannot stand on device ${device}: it is plugged into ${lower.master}.`,
    );
  const others = links.filter(
    (l) => l.link === device && /^macv(lan|tap)$/.test(l.linkinfo?.info_kind ?? ''),
  );
  const alone = others.find((l) => l.linkinfo?.info_data?.mode === MACVLAN_MODES.passthrough);
  if (alone !== undefined)
    return fail(
      'DEVICE_TAKEN',
      `NIC ${name} cannot stand on device ${device}: ${alone.ifname} has it alone (passthrough).`,
    );
  if (mode === 'passthrough' && others.length > 0)
    return fail(
      'DEVICE_TAKEN',
      `NIC ${name} cannot have device ${device} alone (passthrough): ${others.map((o) => o.ifname).join(', ')} stand on it already.`,
    );
  return null;
}

/**
 * Makes the macvtap of a NIC, up and with the guest's address, and opens it: one descriptor for each pair of queues,
 * the caller's to close. `home` is the guest's folder. Failures: NO_SUCH_DEVICE, DEVICE_TAKEN, TAP_*.
 */
export async function openMacvtap(
  home: string,
  nic: DirectNic,
  options: TapOptions,
): Promise<Result<readonly number[]>> {
  const { name, mac, tap, source } = nic;
  const seen = await run(['ip', '-j', '-d', 'link', 'show']);
  if (!seen.ok) return seen;
  const links = Links.safeParse(parseJson(seen.value.stdout));
  if (!links.success)
    return fail('TAP_NOT_OPENED', 'What ip says of the devices of the host cannot be read.');
  const refused = whyNoMacvtap(nic, links.data);
  if (refused !== null) return refused;
  note(home, tap, name);
  const mode = MACVLAN_MODES[source.mode];
  for (const words of [
    ['set', 'dev', source.device, 'up'],
    ['add', 'link', source.device, 'name', tap, 'type', 'macvtap', 'mode', mode],
    // Afterwards: in passthrough mode the device's own address becomes the guest's.
    ['set', 'dev', tap, 'address', mac],
    ['set', 'dev', tap, 'up'],
  ]) {
    const ran = await run(['ip', 'link', ...words]);
    if (ran.ok) continue;
    await removeMacvtap(home, tap);
    return fail(
      'TAP_NOT_OPENED',
      `Macvtap ${tap} could not be made on ${source.device}: ${ran.error.message}`,
      {
        detail: ran.error.detail ?? '',
      },
    );
  }
  const opened = await openQueues(home, tap, options);
  if (!opened.ok) await removeMacvtap(home, tap);
  return opened;
}

async function openQueues(
  home: string,
  tap: IfName,
  options: TapOptions,
): Promise<Result<readonly number[]>> {
  const node = await nodeOf(home, tap);
  if (!node.ok) return node;
  const fds: number[] = [];
  try {
    for (let n = 0; n < options.queues; n += 1) {
      const fd = openSync(node.value.path, 'r+');
      fds.push(fd);
      const errno = attach(fd, tap, { ...options, queues: 1 });
      if (errno === 0) continue;
      closeAll(fds);
      return fail('TAP_NOT_OPENED', `Macvtap ${tap} could not be opened (errno ${errno}).`);
    }
    return ok(fds);
  } catch (e) {
    closeAll(fds);
    return denied(tap, e instanceof Error ? e.message : String(e));
  } finally {
    if (node.value.ours) rmSync(node.value.path, { force: true });
  }
}

const denied = (tap: string, why: string) =>
  fail(
    'TAP_DENIED',
    `Macvtap ${tap} is opened through a device node that belongs to root: only guests that root starts can have one.`,
    { detail: why },
  );

type Node = { readonly path: string; readonly ours: boolean };

/**
 * The device node of a macvtap. devtmpfs has one by the number of the interface, which several network namespaces may
 * have: where that is another's, or missing, we make one.
 */
async function nodeOf(home: string, tap: IfName): Promise<Result<Node>> {
  const sys = `/sys/class/net/${tap}`;
  const index = (readIfThere(`${sys}/ifindex`) ?? '').trim();
  const [, major, minor] = /^(\d+):(\d+)/.exec(readIfThere(`${sys}/macvtap/tap${index}/dev`) ?? '') ?? [];
  if (major === undefined || minor === undefined)
    return fail('TAP_NOT_OPENED', `The device node of macvtap ${tap} is not known: ${sys} does not tell it.`);
  const there = statSync(`/dev/tap${index}`, { throwIfNoEntry: false });
  if (there?.rdev === deviceNumber(Number(major), Number(minor)))
    return ok({ path: `/dev/tap${index}`, ours: false });
  const own = path.join(home, `node-${tap}`);
  rmSync(own, { force: true });
  const made = await run(['mknod', '-m', '600', '--', own, 'c', major, minor]);
  return made.ok ? ok({ path: own, ours: true }) : denied(tap, made.error.message);
}

/** As the C library puts both numbers into one. */
const deviceNumber = (major: number, minor: number): number =>
  (minor % 256) + major * 256 + Math.floor(minor / 256) * 2 ** 20;

const folderIn = (home: string) => path.join(home, 'macvtaps');

function note(home: string, tap: IfName, nic: string): void {
  mkdirSync(folderIn(home), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folderIn(home), tap), nic);
}

function notedIn(home: string): readonly string[] {
  try {
    return readdirSync(folderIn(home));
  } catch {
    return [];
  }
}

async function removeMacvtap(home: string, tap: string): Promise<void> {
  await run(['ip', 'link', 'del', 'dev', tap]);
  rmSync(path.join(folderIn(home), tap), { force: true });
}

/** Takes away the macvtaps of a guest: all of them, or that of one NIC. Nothing is said where there is none. */
export async function removeMacvtaps(home: string, nic?: string): Promise<void> {
  for (const tap of notedIn(home))
    if (nic === undefined || readFileSync(path.join(folderIn(home), tap), 'utf8') === nic)
      await removeMacvtap(home, tap);
}
