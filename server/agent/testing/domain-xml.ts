import path from 'node:path';

const checkout = path.resolve(import.meta.dirname, '../../..');

/** What a domain is made of, for `virsh define`: a micro guest; its serial line goes into a file, if one is given. */
export const domainXml = (name: string, interfaces: string, serial?: string): string => `<domain type="qemu">
  <name>${name}</name><memory unit="MiB">96</memory><vcpu current="1">2</vcpu>
  <os><type arch="x86_64" machine="pc">hvm</type>
    <kernel>${checkout}/dist/guest/vmlinuz</kernel><initrd>${checkout}/dist/guest/initramfs</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 pb.name=${name}</cmdline></os>
  <features><acpi/></features><on_reboot>destroy</on_reboot>
  <devices>${interfaces}${serial === undefined ? '<serial type="null"/>' : `<serial type="file"><source path="${serial}"/></serial>`}<memballoon model="none"/></devices>
</domain>`;
