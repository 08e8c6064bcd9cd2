import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { labAgentPid } from './lab-state';

/** Own users, own folders, and one network that is defined: its dnsmasq cannot become another user in a lab. */
const script = (xml: string) => `set -e
for at in /etc/libvirt /var/lib /var/cache /var/log; do mount -t tmpfs libvirt $at; done
mkdir -p /run/libvirt
for file in passwd group; do cp /etc/$file /run/libvirt/$file; done
for name in libvirt-qemu libvirt-dnsmasq; do
  grep -q "^$name:" /run/libvirt/passwd || echo "$name:x:65533:65533::/nonexistent:/usr/sbin/nologin" >> /run/libvirt/passwd
  grep -q "^$name:" /run/libvirt/group || echo "$name:x:65533:" >> /run/libvirt/group
done
for file in passwd group; do mount --bind /run/libvirt/$file /etc/$file; done
printf 'user = "root"\\ngroup = "root"\\n' > /etc/libvirt/qemu.conf
virtlogd & logd=$!
libvirtd & daemon=$!
trap 'kill $daemon $logd' EXIT
until virsh -c network:///system net-list --all; do sleep 0.2; done
cat > /run/libvirt/first.xml <<'XML'
${xml}
XML
virsh -c network:///system net-define /run/libvirt/first.xml
echo DEFINED
read -r _
`;

/** Is libvirt installed here, so that labs can have one? */
export const hasLibvirt = (): boolean =>
  spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/sbin; command -v libvirtd && command -v virsh']).status === 0;

/** How a command is started in the lab, by whom may do everything there. */
export function inLab(state: string, command: readonly string[]): readonly string[] {
  const pid = labAgentPid(state);
  const { uid, gid } = statSync(`/proc/${pid}`);
  // Who made the lab has every right in it; anybody else, root too, is nobody there.
  const asOwner =
    process.getuid?.() === 0
      ? ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups']
      : [];
  const namespaces = ['--user', '--mount', '--net', '--pid', '--preserve-credentials', '--wd=/'];
  return [...asOwner, 'nsenter', '-t', String(pid), ...namespaces, ...command];
}

/** Asks the libvirt that the lab runs by itself. */
export function virshInLab(state: string, words: readonly string[], input = ''): string {
  const [command = '', ...args] = inLab(state, ['virsh', '-c', 'qemu:///system', ...words]);
  return execFileSync(command, args, { input, encoding: 'utf8', timeout: 120_000 });
}

/** A real libvirtd inside of the lab, which has the network of this XML; gives what ends it. */
export async function startLabLibvirt(state: string, xml: string): Promise<() => Promise<void>> {
  const [command = '', ...args] = inLab(state, ['sh', '-c', script(xml)]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.stdin.end(); // its `read` ends, and with it all
    await ended;
  };
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`libvirt does not start: ${said}`)), 60_000);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('DEFINED')) return;
      clearTimeout(late);
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', (code) => {
      clearTimeout(late);
      reject(new Error(`libvirt ended with ${code}: ${said}`));
    });
  });
  return stop;
}
