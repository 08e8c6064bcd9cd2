import { writeFileSync } from 'node:fs';
import { startLibvirt } from '@/server/agent/testing/services';
import type { Desired } from '@/server/core/change';
import { formatNetworkXml } from '@/server/core/libvirt/format-network';
import { network } from '@/server/core/testing/sample-network';
import { change, hostIn, median, must, NOTHING, type Parts, timed } from './inside';

/*
 * Runs in namespaces of its own: NAT networks with DHCP and DNS natively, in one change, against `virsh net-define` and
 * `net-start` for each, with a libvirtd of its own. Arguments: folder, networks, rounds. Prints one JSON value.
 */

const [folder = '', count = '1', rounds = '1'] = process.argv.slice(2);
const numbers = Array.from({ length: Number(count) }, (_, i) => i + 1);
const networks = numbers.map((n) => network(n));

await must('mount', '-t', 'tmpfs', 'run', '/run');
await must('ip', 'link', 'set', 'dev', 'lo', 'up');
const libvirt = await startLibvirt(`${folder}/libvirt`);
const files = networks.map((n) => `${folder}/${n.name}.xml`);
for (const [i, n] of networks.entries()) writeFileSync(files[i] ?? '', formatNetworkXml(n));
const names = networks.map((n) => n.name);

async function byVirsh(): Promise<number> {
  const spent = await timed(async () => {
    for (const [i, name] of names.entries()) {
      await must('virsh', '-q', 'net-define', files[i] ?? '');
      await must('virsh', '-q', 'net-start', name);
    }
  });
  for (const name of names) {
    await must('virsh', '-q', 'net-destroy', name);
    await must('virsh', '-q', 'net-undefine', name);
  }
  return spent;
}

const desired: Desired = { ...NOTHING, networks };
const host = await hostIn(`${folder}/run`);
const native: Parts[] = [];
const virsh: number[] = [];
// The first of each loads modules and makes chains, for both.
for (let round = 0; round <= Number(rounds); round++) {
  const parts = await change(host, desired);
  await change(host, NOTHING);
  const spent = await byVirsh();
  if (round === 0 && Number(rounds) > 0) continue;
  native.push(parts);
  virsh.push(spent);
}
await libvirt.stop();
const of = (part: keyof Parts) => Math.round(median(native.map((p) => p[part])));
process.stdout.write(
  JSON.stringify({
    native: { read: of('read'), plan: of('plan'), apply: of('apply'), verify: of('verify') },
    virsh: Math.round(median(virsh)),
  }),
);
