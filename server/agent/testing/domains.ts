import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../exec';
import { domainXml } from './domain-xml';
import { labAgentPid } from './machine';

/* Domains of a lab's own libvirt: real QEMU in software emulation, with the kernel and the files of micro guests. */

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
