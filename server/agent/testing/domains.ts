import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../exec';
import { labAgentPid } from './machine';
import { checkout } from './machines';

/* Domains of a lab's own libvirt: real QEMU in software emulation, with the kernel and the files of micro guests. */

/** What a domain is made of, for `virsh define`; its serial line goes into a file. */
const domainXml = (name: string, interfaces: string, serial: string) => `<domain type="qemu">
  <name>${name}</name><memory unit="MiB">96</memory><vcpu>1</vcpu>
  <os><type arch="x86_64" machine="pc">hvm</type>
    <kernel>${checkout}/dist/guest/vmlinuz</kernel><initrd>${checkout}/dist/guest/initramfs</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 pb.name=${name}</cmdline></os>
  <features><acpi/></features><on_reboot>destroy</on_reboot>
  <devices>${interfaces}<serial type="file"><source path="${serial}"/></serial><memballoon model="none"/></devices>
</domain>`;

/** Domains of the lab whose machine keeps its state there. */
export function labDomains(state: string) {
  const virsh = async (...words: readonly string[]): Promise<string> => {
    const into = ['--user', '--net', '--mount', '--pid', '--preserve-credentials', '--wd=/'];
    const argv = ['nsenter', '-t', String(labAgentPid(state, 'lab')), ...into, 'virsh', ...words];
    const ran = await run(argv, { timeout: 120_000 });
    if (!ran.ok) throw new Error(`virsh ${words.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
    return ran.value.stdout;
  };
  return {
    virsh,
    /** Defines a domain with these `<interface>` elements. */
    define: async (name: string, interfaces: string): Promise<void> => {
      const file = path.join(state, `${name}.xml`);
      writeFileSync(file, domainXml(name, interfaces, path.join(state, `${name}.serial`)));
      await virsh('define', file);
    },
  };
}
