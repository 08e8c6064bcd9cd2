import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../exec';
import { startLibvirt, startOpenVSwitch } from '../../testing/services';
import { observeLibvirtNetworks } from '../libvirt';
import { observeOvs } from '../ovs';

/*
 * Runs inside fresh namespaces (see `services.kernel.test.ts`): starts a real service, makes something with its own
 * tool and prints what the agent's reader makes of it. The first argument names the service, the second a folder.
 */

const folder = process.argv[3] ?? '';

async function must(...argv: string[]): Promise<void> {
  const ran = await run(argv, { timeout: 60_000 });
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
}

async function openVSwitch(): Promise<unknown> {
  const { datapath, stop } = await startOpenVSwitch(join(folder, 'ovs'));
  try {
    await must('ip', 'link', 'add', 'tap0', 'type', 'veth', 'peer', 'name', 'guest0');
    const bridge = ['--', 'set', 'Bridge', 'ovsbr0', `datapath_type=${datapath}`, 'fail_mode=standalone'];
    await must('ovs-vsctl', '--timeout=50', 'add-br', 'ovsbr0', ...bridge);
    await must('ovs-vsctl', '--timeout=50', 'add-port', 'ovsbr0', 'tap0', 'tag=20');
    return { datapath, read: (await observeOvs()).ovsBridges };
  } finally {
    await stop();
  }
}

async function libvirt(): Promise<unknown> {
  const { stop } = await startLibvirt(join(folder, 'libvirt'));
  try {
    // Without DNS and DHCP: dnsmasq would want to become another user, who does not exist in here.
    const xml = join(folder, 'network.xml');
    writeFileSync(
      xml,
      "<network><name>demo</name><bridge name='virbr7'/><dns enable='no'/><ip address='192.168.77.1' netmask='255.255.255.0'/></network>",
    );
    const virsh = (...words: string[]) => must('virsh', '-c', 'network:///system', ...words);
    await virsh('net-define', xml);
    const defined = await observeLibvirtNetworks();
    await virsh('net-start', 'demo');
    const started = await observeLibvirtNetworks();
    await virsh('net-destroy', 'demo');
    return { defined, started };
  } finally {
    await stop();
  }
}

const services: Readonly<Record<string, () => Promise<unknown>>> = { openVSwitch, libvirt };
const play = services[process.argv[2] ?? ''];
if (play === undefined) throw new Error(`no service called ${process.argv[2]}`);
await run(['ip', 'link', 'set', 'lo', 'up']);
await must('mount', '-t', 'tmpfs', 'run', '/run');
process.stdout.write(JSON.stringify(await play()), () => process.exit(0));
