import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compileQemuNic, qemuNicArgs } from '@/server/core/compile/qemu-nic';
import type { GuestName } from '@/server/core/ids';
import { type MicroGuest, microGuestWords } from '@/server/core/kinds/micro-guest';
import type { Nic, NicName } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from '../durable';
import { start } from '../exec';
import { endProcess, ownRef, type ProcessRef, processRef } from '../processes';
import { notYet, tagVde, vdeVlan } from './fit';
import { removeMacvtaps } from './macvtap';
import { isOpened, openNic, openNics } from './open-nic';
import { filesOf, findMachine, type MachinePlace, monitorWord, QEMU } from './place';
import { openQmp, type Qmp } from './qmp';
import { closeAll } from './tap';
import { type Beginning, bringUp, forget, recordOf, seatsOf, setupOf, takeDown } from './tap-life';
import { dropTapRecord, readTapRecord, writeTapRecord } from './tap-record';

/* QEMU guests that the agent starts. */

/** MiB; the kernel unpacks itself and its first files in there. */
const MEMORY = 96;
/** Milliseconds. */
const PATIENCE = 20_000;
/** What `stdio` leaves to the descriptors that we hand over. */
const FIRST_FD = 3;

/** What this agent started last, by the guest's folder. */
const started = new Map<string, ChildProcess>();

/**
 * Starts a guest whose taps are there once this is done, set up as `place.taps` does it; the others are in no bridge and
 * down: plug them in before it asks for its address. Failures: GUEST_RUNS, NO_GUEST_IMAGE, NOT_SUPPORTED, TAP_*,
 * those of the set-up, GUEST_NOT_STARTED (QEMU's own words as `detail`).
 */
export async function startMachine(
  place: MachinePlace,
  guest: MicroGuest,
  beginning: Beginning = 'booting',
): Promise<Result<ProcessRef>> {
  const { name, nics } = guest;
  const files = filesOf(place, name);
  if (findMachine(place, name) !== null) return fail('GUEST_RUNS', `Guest ${name} runs already.`);
  if (!existsSync(path.join(place.image, 'vmlinuz')))
    return fail('NO_GUEST_IMAGE', 'There is no kernel for real guests yet.');
  const unfit = nics.map(notYet).find((why) => why !== null);
  if (unfit) return unfit;
  // Rules of one that ended by itself are still there.
  await takeDown(place, name);
  mkdirSync(files.home, { recursive: true, mode: 0o700 });
  for (const file of [files.monitor, files.serial, files.log]) rmSync(file, { force: true });
  started.delete(files.home);
  await removeMacvtaps(files.home);
  const opened = await openNics(files.home, nics);
  if (!opened.ok) return opened;
  const begun = await begin(place, guest, { taps: opened.value, beginning });
  closeAll([...opened.value.values()].flat()); // QEMU has its own
  if (!begun.ok) await removeMacvtaps(files.home);
  return begun;
}

type Launch = { readonly taps: ReadonlyMap<NicName, readonly number[]>; readonly beginning: Beginning };

async function begin(place: MachinePlace, guest: MicroGuest, how: Launch): Promise<Result<ProcessRef>> {
  const { name } = guest;
  const seats = seatsOf(guest);
  const booting = how.beginning === 'booting';
  // Until QEMU has them, we hold the taps ourselves.
  const up = await bringUp(place, { guest: name, process: ownRef(), seats: booting ? seats : [] });
  const launched = up.ok ? await launch(place, guest, how) : up;
  if (!up.ok || !launched.ok) {
    await takeDown(place, name);
    dropTapRecord(place, name);
    return launched;
  }
  const record = seats.map((seat) =>
    recordOf(seat, booting ? 'set up' : 'waiting', up.value.get(seat.nic.name)),
  );
  writeTapRecord(place, { guest: name, process: launched.value, nics: record });
  return launched;
}

async function launch(
  place: MachinePlace,
  guest: MicroGuest,
  { taps, beginning }: Launch,
): Promise<Result<ProcessRef>> {
  const { name, nics } = guest;
  const files = filesOf(place, name);
  const fds = [...taps.values()].flat();
  const numbers = new Map(fds.map((fd, i) => [fd, String(FIRST_FD + i)]));
  const opened = (nic: Nic) => ({
    fds: (taps.get(nic.name) ?? []).map((fd) => numbers.get(fd) ?? ''),
  });
  const argv = [
    ...[QEMU, '-name', `guest=${name}`, '-machine', `pc,usb=off,vmport=off,accel=${accelerator()}`],
    // Room for a second processor: for one alone, QEMU 7.2 emulates no memory barriers, and kicks of queues get lost.
    ...['-smp', 'cpus=1,maxcpus=2'],
    ...['-m', String(MEMORY), '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-qmp', monitorWord(files.monitor), '-serial', `file:${files.serial}`],
    ...['-kernel', path.join(place.image, 'vmlinuz'), '-initrd', path.join(place.image, 'initramfs')],
    ...['-append', [...KERNEL_WORDS, ...microGuestWords(guest)].join(' ')],
    ...qemuNicArgs(nics, opened),
    ...(beginning === 'arriving' ? ['-incoming', 'defer'] : []),
  ];
  const child = start(argv, { detached: true, log: files.log, cwd: '/', fds });
  // Whoever starts it anew takes away what is left before that.
  child.once('exit', () => {
    if (started.get(files.home) === child) void removeMacvtaps(files.home);
  });
  started.set(files.home, child);
  let missing = false;
  child.once('error', () => {
    missing = true;
  });
  for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(20)) {
    if (missing)
      return fail('GUEST_NOT_STARTED', `${QEMU} is not installed (apt-get install qemu-system-x86).`);
    if (child.exitCode !== null || child.signalCode !== null) break;
    const process = child.pid !== undefined && existsSync(files.monitor) ? processRef(child.pid) : null;
    if (process === null) continue;
    const tagged = await tagVde(nics, process.pid);
    if (tagged.ok) return ok(process);
    child.kill('SIGKILL');
    return tagged;
  }
  child.kill('SIGKILL');
  const detail = (readIfThere(files.log) ?? '').trim();
  return fail(
    'GUEST_NOT_STARTED',
    `Guest ${name} does not start: ${detail.split('\n').at(-1) || 'QEMU said nothing'}`,
    {
      detail,
    },
  );
}

const KERNEL_WORDS = [
  ...['console=ttyS0', 'quiet', 'loglevel=3', 'panic=-1', 'net.ifnames=0', 'mitigations=off'],
  // An emulated processor's clock need not be tested; entropy it has at once.
  ...['tsc=reliable', 'no_timer_check', 'random.trust_cpu=on', 'cryptomgr.notests'],
];

/** A processor that a hypervisor gives us has KVM perhaps, but guests in guests were seen to hang with it. */
export function accelerator(): 'kvm' | 'tcg' {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  return /^flags\s*:.*\bhypervisor\b/m.test(readIfThere('/proc/cpuinfo') ?? '') ? 'tcg' : 'kvm';
}

/**
 * Ends a guest at once, as pulling its power would; its taps are taken down before. Done also when it does not run.
 * Answers what failed of its taps. Failure GUEST_NOT_ENDED.
 */
export async function stopMachine(place: MachinePlace, name: GuestName): Promise<Result<string | null>> {
  const failed = await takeDown(place, name);
  const process = findMachine(place, name);
  if (process !== null && !(await endProcess(process)))
    return fail('GUEST_NOT_ENDED', `Guest ${name} (process ${process.pid}) does not end.`);
  await removeMacvtaps(filesOf(place, name).home);
  rmSync(filesOf(place, name).home, { recursive: true, force: true });
  return ok(failed.join(' ') || null);
}

/** Failures GUEST_GONE and those of what is done. */
export async function withMonitor<T>(
  place: MachinePlace,
  name: GuestName,
  use: (qmp: Qmp) => Promise<Result<T>>,
): Promise<Result<T>> {
  const opened = await openQmp(filesOf(place, name).monitor);
  if (!opened.ok)
    return fail('GUEST_GONE', `Guest ${name} does not run, or its monitor does not answer.`, {
      detail: opened.error.message,
    });
  try {
    return await use(opened.value);
  } finally {
    opened.value.close();
  }
}

/**
 * Plugs a NIC into a running guest: its tap is opened, set up and handed over, the card put in, and QEMU asked whether
 * it is there. Nothing of it stays when one of these fails. Failures: GUEST_GONE, NOT_SUPPORTED, TAP_*, those of the
 * set-up, FD_NOT_SENT, QMP_*.
 */
export function addNic(place: MachinePlace, guest: GuestName, nic: Nic): Promise<Result<null>> {
  return withMonitor(place, guest, async (qmp) => {
    const unfit = notYet(nic);
    if (unfit) return unfit;
    if (vdeVlan(nic) !== null)
      return fail('NOT_SUPPORTED', `NIC ${nic.name} can get its VLAN of VDE only when its guest starts.`);
    const { home } = filesOf(place, guest);
    const fds = isOpened(nic) ? await openNic(home, nic) : ok([]);
    if (!fds.ok) return fds;
    const names = fds.value.map((_, i) => `${nic.name}-${i}`);
    const { netdev, device } = compileQemuNic(nic, { fds: names });
    const record = readTapRecord(place, guest);
    const written = record.ok ? record.value : null;
    const seat = { guest, nic, index: (written?.nics.at(-1)?.index ?? -1) + 1 };
    let trouble: string | null = null;
    const undo: (() => Promise<unknown>)[] = [];
    const give = async (): Promise<Result<unknown>> => {
      const up = await setupOf(place).up(seat);
      if (!up.ok) return up;
      trouble = up.value;
      undo.push(() => setupOf(place).down(seat));
      for (const [i, fd] of fds.value.entries()) {
        const given = await qmp.handOver(names[i] ?? '', fd);
        if (!given.ok) return given;
        undo.push(() => qmp.execute('closefd', { fdname: names[i] }));
      }
      const plugged = await qmp.execute('netdev_add', netdev);
      if (!plugged.ok) return plugged;
      undo.push(() => qmp.execute('netdev_del', { id: netdev.id }));
      const put = await qmp.execute('device_add', device);
      return put.ok ? isThere(qmp, nic.name) : put;
    };
    const given = await give();
    closeAll(fds.value);
    if (!given.ok) {
      for (const back of undo.reverse()) await back();
      await removeMacvtaps(home, nic.name);
    } else if (written !== null)
      writeTapRecord(place, { ...written, nics: [...written.nics, recordOf(seat, 'set up', trouble)] });
    return given.ok ? ok(null) : given;
  });
}

const isThere = async (qmp: Qmp, nic: NicName): Promise<Result<unknown>> =>
  qmp.execute('qom-list', { path: `/machine/peripheral/${nic}` });

/**
 * Takes a NIC out of a running guest, which must agree (it gets a moment to let go of it); its tap is taken down, and
 * gone then. Answers what failed of that.
 * Failures: GUEST_GONE, NIC_NOT_RELEASED, QMP_*.
 */
export function removeNic(
  place: MachinePlace,
  guest: GuestName,
  nic: NicName,
): Promise<Result<string | null>> {
  return withMonitor(place, guest, async (qmp) => {
    const unplugged = async (): Promise<Result<string | null>> => {
      const failed = await forget(place, guest, nic);
      const gone = await qmp.execute('netdev_del', { id: `host-${nic}` });
      if (!gone.ok) return gone;
      await removeMacvtaps(filesOf(place, guest).home, nic);
      return ok(failed);
    };
    const gone = qmp.event((e) => e.event === 'DEVICE_DELETED' && e.data.device === nic, PATIENCE);
    const asked = await qmp.execute('device_del', { id: nic });
    if (!asked.ok) {
      // It let go of it when we no longer waited: what is left is the host's half.
      const late = asked.error.detail === 'DeviceNotFound';
      const left = late ? await unplugged() : asked;
      return left.ok ? left : asked;
    }
    const deleted = await gone;
    if (!deleted.ok)
      return fail('NIC_NOT_RELEASED', `Guest ${guest} does not let go of NIC ${nic}: is it still booting?`, {
        detail: deleted.error.message,
      });
    return unplugged();
  });
}

/** Pulls the cable of a NIC, or plugs it in again. Failures: GUEST_GONE, QMP_*. */
export function setCable(
  place: MachinePlace,
  guest: GuestName,
  { nic, plugged }: { readonly nic: NicName; readonly plugged: boolean },
): Promise<Result<null>> {
  return withMonitor(place, guest, async (qmp) => {
    const set = await qmp.execute('set_link', { name: nic, up: plugged });
    return set.ok ? ok(null) : set;
  });
}
