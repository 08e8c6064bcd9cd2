// A virtual machine that runs one command: a kernel that has everything, and this machine's root file system, which
// it reads and cannot write. What it writes is kept in memory and gone with it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkout } from '../../server/cli/build.mjs';
import { whichTool } from '../../server/cli/host-tools.mjs';
import { makeInitramfs } from '../../server/cli/initramfs.mjs';
import { ensureKernel } from '../../server/cli/kernel-package.mjs';
import { NotReady } from '../../server/cli/progress.mjs';

const QEMU = 'qemu-system-x86_64';
/** Tool, and the Debian or Ubuntu package that has it. */
const TOOLS = { [QEMU]: 'qemu-system-x86', depmod: 'kmod', setpriv: 'util-linux', busybox: 'busybox-static' };
/** Where the machine sees the folder that it shares with us. */
const SHARED = '/run/shared';
/** To reach the files of the host (9p over virtio) and to lay a writable layer over them. */
const PARTS = {
  modules: ['virtio_pci', '9pnet_virtio', '9p', 'overlay'],
  applets: ['mount', 'mkdir', 'switch_root', 'poweroff', 'echo'],
  folders: ['lower', 'upper', 'new', 'keep'],
};
/** MiB. */
const MEMORY = 3072;

/** @returns {string[]} packages without which no machine boots */
export const missingForMachine = () =>
  Object.entries(TOOLS)
    .filter(([tool]) => !whichTool(tool))
    .map(([, pkg]) => pkg);

/**
 * Runs a command as root in the checkout, in a machine with a loopback device only.
 *
 * The machine ends with the command, past its time or when it has said nothing for `silentMinutes`, with us whatever
 * ends us, and when its kernel panics.
 * @param {readonly string[]} argv
 * @param {{minutes: number, silentMinutes?: number, env?: Record<string, string>, onOutput?: (chunk: Buffer) => void}} options
 * @returns {Promise<{code: number | string, output: string, files: Record<string, string>, bootSeconds: number | null}>}
 * the exit code, or a sentence that says why there is none; what it printed; the texts that it wrote into `$RESULTS`
 */
export async function runInMachine(
  argv,
  { minutes, silentMinutes = minutes, env = {}, onOutput = () => {} },
) {
  const missing = missingForMachine();
  if (missing.length > 0)
    throw new NotReady(
      `The virtual machine for kernel tests needs packages that are missing here. Type this, then start again:\n\n    sudo apt-get install -y --no-install-recommends ${missing.join(' ')}\n`,
    );
  removeLeftOvers();
  const kernel = await ensureKernel();
  const job = fs.mkdtempSync(path.join(os.tmpdir(), `patchbay-vm-${process.pid}-`));
  const at = (name) => path.join(job, name);
  fs.mkdirSync(at('shared/results'), { recursive: true });
  fs.chmodSync(at('shared/results'), 0o1777); // an ordinary user in the machine writes there too
  fs.writeFileSync(at('shared/start'), startScript(argv, env));
  fs.writeFileSync(at('initramfs'), makeInitramfs(kernel, { ...PARTS, script: initScript(kernel) }));
  const [tool, ...args] = qemuCommand(kernel, job);
  // The kernel ends the machine when we die, however that happens.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', tool, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const clean = () => {
    child.kill('SIGKILL');
    fs.rmSync(job, { recursive: true, force: true });
  };
  const interrupted = (signal) => {
    clean();
    process.removeListener(signal, interrupted);
    process.kill(process.pid, signal); // end as we would have without a handler
  };
  const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of SIGNALS) process.on(signal, interrupted);
  process.once('exit', clean);
  try {
    const { late, output, said } = await ended(child, { minutes, silentMinutes }, onOutput);
    const text = (name) => (fs.existsSync(at(name)) ? fs.readFileSync(at(name), 'utf8') : '');
    const status = text('shared/status').trim();
    const files = {};
    for (const name of fs.readdirSync(at('shared/results'))) files[name] = text(`shared/results/${name}`);
    const up = Number(text('shared/up').split(' ')[0]);
    const last = `${said}${text('console')}`.trim().split('\n').slice(-15).join('\n');
    const code =
      late ??
      (status === ''
        ? `the virtual machine ended before the command did. Its last words:\n${last}`
        : Number(status));
    return { code, output, files, bootSeconds: up > 0 ? up : null };
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupted);
    process.removeListener('exit', clean);
    clean();
  }
}

/** `late` says which time was up, or is null. */
function ended(child, { minutes, silentMinutes }, onOutput) {
  return new Promise((resolve) => {
    const out = [];
    let said = '';
    let late = null;
    const after = (min, why) =>
      setTimeout(() => {
        late = why;
        child.kill('SIGKILL');
      }, min * 60_000);
    const whole = after(minutes, `There was no end within ${minutes} minutes.`);
    const silence = after(silentMinutes, `Nothing was heard for ${silentMinutes} minutes.`);
    child.stdout.on('data', (chunk) => {
      silence.refresh();
      out.push(chunk);
      onOutput(chunk);
    });
    child.stderr.on('data', (chunk) => {
      said += chunk.toString('utf8');
    });
    child.once('error', (e) => {
      said += `${e.message}\n`;
    });
    child.once('close', () => {
      clearTimeout(whole);
      clearTimeout(silence);
      resolve({ late, output: Buffer.concat(out).toString('utf8'), said });
    });
  });
}

/** Folders of runs that were ended without a chance to clean up. */
function removeLeftOvers() {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const pid = /^patchbay-vm-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    try {
      fs.rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Somebody else's; they will.
    }
  }
}

/** The first serial line has what the kernel says, the second what the command prints. */
function qemuCommand(kernel, job) {
  const share = (folder, tag, more) =>
    `local,path=${folder.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,multidevs=remap${more}`;
  return [
    // The plainest processor is the quickest to emulate.
    ...[QEMU, '-machine', 'q35', '-cpu', 'qemu64', '-m', `${MEMORY}`],
    // Not KVM: where it is, the kernel mostly has everything; within another virtual machine it may hang.
    ...['-accel', 'tcg,thread=multi'],
    ...['-smp', `${Math.min(os.availableParallelism(), 4)}`],
    ...['-display', 'none', '-monitor', 'none', '-nic', 'none', '-no-reboot', '-nodefaults'],
    ...['-serial', `file:${path.join(job, 'console')}`],
    ...['-chardev', 'stdio,id=output,signal=off', '-serial', 'chardev:output'],
    ...['-kernel', kernel.image, '-initrd', path.join(job, 'initramfs')],
    ...[
      '-append',
      'console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off tsc=reliable no_timer_check cryptomgr.notests',
    ],
    ...['-virtfs', share('/', 'host', ',readonly=on')],
    ...['-virtfs', share(path.join(job, 'shared'), 'shared', '')],
  ];
}

/** In the shell of busybox: lays the root file system out, and hands over to its own shell. */
function initScript(kernel) {
  const nine = (tag, more) => `-t 9p -o trans=virtio,version=9p2000.L,msize=512000,${more} ${tag}`;
  // What is needed may lie where the machine has folders of its own; what lies beside the checkout is seen there too.
  const own = /^\/(tmp|run)\//;
  const beside = path.dirname(checkout);
  const kept = [own.test(beside) ? beside : checkout, kernel.modules].filter((p) => own.test(p));
  return [
    'set -e',
    'mount -t devtmpfs dev /dev',
    `mount ${nine('host', 'ro,cache=loose')} /lower`,
    'mount -t tmpfs -o size=80% upper /upper',
    'mkdir /upper/files /upper/work',
    'mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /new',
    ...kept.flatMap((p, i) => [`mkdir /keep/${i}`, `mount --bind ${quoted(`/new${p}`)} /keep/${i}`]),
    'mount -t proc proc /new/proc',
    'mount -t sysfs sys /new/sys',
    'mount -t cgroup2 cgroup /new/sys/fs/cgroup',
    'mount --move /dev /new/dev',
    'mkdir -p /new/dev/pts /new/dev/shm',
    'mount -t devpts -o mode=620,ptmxmode=666 pts /new/dev/pts',
    'mount -t tmpfs shm /new/dev/shm',
    'mount -t tmpfs -o mode=755 run /new/run',
    'mount -t tmpfs -o mode=1777 tmp /new/tmp',
    ...kept.flatMap((p, i) => [
      `mkdir -p ${quoted(`/new${p}`)}`,
      `mount --move /keep/${i} ${quoted(`/new${p}`)}`,
    ]),
    `mkdir -p /new/run/lock /new/run/netns /new${SHARED} /new/lib/modules`,
    `mount --bind ${quoted(`/new${kernel.modules}`)} /new/lib/modules`,
    `mount ${nine('shared', 'rw')} /new${SHARED}`,
    `exec switch_root /new /bin/sh ${SHARED}/start`,
  ].join('\n');
}

/** Runs as process 1, which is also the parent of everything orphaned. */
function startScript(argv, env) {
  const exported = {
    PATH: `${path.dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    ...{ HOME: '/root', LC_ALL: 'C.UTF-8', TERM: 'dumb', RESULTS: `${SHARED}/results` },
    ...env,
  };
  return `${[
    ...Object.entries(exported).map(([name, value]) => `export ${name}=${quoted(value)}`),
    'stty -F /dev/ttyS1 raw',
    'hostname vm',
    'ip link set lo up',
    'modprobe tun',
    `cut -d' ' -f1 /proc/uptime >${SHARED}/up`,
    `cd ${quoted(checkout)}`,
    // Through a pipe: for the command, a serial line is a terminal.
    'mkfifo /run/output',
    'cat /run/output >/dev/ttyS1 & printer=$!',
    `( exec ${argv.map(quoted).join(' ')} ) </dev/null >/run/output 2>&1`,
    `echo $? >${SHARED}/status`,
    'timeout 3 tail -f --pid=$printer /dev/null', // something left behind may keep it open
    'busybox poweroff -f',
  ].join('\n')}\n`;
}

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;
