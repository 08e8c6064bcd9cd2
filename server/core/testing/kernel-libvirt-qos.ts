import { chmodSync, copyFileSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { startLibvirt, startOpenVSwitch } from '@/server/agent/testing/services';
import { ip, must } from './kernel-outside';
import { patience } from './patience';

/*
 * Runs inside namespaces of its own, as root: has libvirt set limits, and tells which commands it ran for that. `tc` does
 * nothing there but to be told of, since some kernels lack what libvirt asks for.
 */

const QosSetting = z.object({
  folder: z.string(),
  /** A network, or a domain; named `limited`. */
  cases: z.array(z.object({ name: z.string(), network: z.boolean(), xml: z.string() })),
});
export type QosSetting = z.infer<typeof QosSetting>;

/** By case: the commands, one a line. */
export type QosRan = Readonly<Record<string, readonly string[]>>;

async function main({ folder, cases }: QosSetting): Promise<QosRan> {
  const log = path.join(folder, 'ran');
  const watch = async (name: string, then: (real: string) => string) => {
    const tool = realpathSync((await must('sh', '-c', `command -v ${name}`)).trim());
    const [real, ours] = [path.join(folder, `${name}.real`), path.join(folder, name)];
    copyFileSync(tool, real);
    writeFileSync(ours, `#!/bin/sh\necho ${name} "$@" >>${log}\n${then(real)}\n`);
    for (const file of [real, ours]) chmodSync(file, 0o755);
    await must('mount', '--bind', ours, tool);
  };
  await watch('tc', () => 'exit 0');
  await watch('ovs-vsctl', (real) => `exec ${real} "$@"`);
  await must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  await ip('link', 'set', 'dev', 'lo', 'up');
  const ovs = await startOpenVSwitch(path.join(folder, 'ovs'));
  const libvirt = await startLibvirt(path.join(folder, 'libvirt'));
  await must('ovs-vsctl', 'add-br', 'ovsbr', '--', 'set', 'bridge', 'ovsbr', `datapath_type=${ovs.datapath}`);
  await ip('link', 'add', 'brx', 'type', 'bridge');
  await ip('link', 'add', 'below', 'type', 'veth', 'peer', 'name', 'beyond');
  await ip('link', 'set', 'dev', 'below', 'up');
  const virsh = async (...words: readonly string[]) => {
    const ran = await run(['virsh', '-c', 'qemu:///system', ...words], { timeout: 60_000 * patience });
    if (!ran.ok) throw new Error(`virsh ${words.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  };
  const ran: Record<string, string[]> = {};
  const file = path.join(folder, 'it.xml');
  for (const { name, network, xml } of cases) {
    writeFileSync(file, xml);
    writeFileSync(log, '');
    await virsh(network ? 'net-create' : 'create', file);
    ran[name] = readFileSync(log, 'utf8').trimEnd().split('\n');
    await virsh(network ? 'net-destroy' : 'destroy', 'limited');
  }
  await libvirt.stop();
  await ovs.stop();
  return ran;
}

process.stdout.write(JSON.stringify(await main(QosSetting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
