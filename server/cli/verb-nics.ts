import { Command, Option } from 'commander';
import { allSightings } from '@/server/core/mac-sightings';
import type { ReadNics } from '@/server/core/nics/guest-nics';
import { NIC_FORMATS, type NicFormat, readNics } from '@/server/core/nics/read';
import { NIC_RENDERINGS, type NicRendering, renderNics } from '@/server/core/nics/render';
import { ok, type Result } from '@/server/core/result';
import { observeAll } from './guest-macs';
import { completeFrom } from './nic-macs';
import { complainEach, readText } from './read-text';
import { withStore } from './with-store';

type Flags = { readonly to: NicRendering; readonly from?: NicFormat };

const HELP = `
What is read:
  libvirt   a domain's XML, or <interface> elements alone
  autotest  parameters of KVM autotest: lines like mac_nic1 = 52:54:00:12:34:56
  ganeti    gnt-instance info, an instance of RAPI as JSON, or --net 0:mode=bridged,link=br0 …
What is not understood is refused. What is left out because its maker makes it anew, and what has to be done beside what is
printed, is said on standard error.

Examples:
  virsh dumpxml web | patchbay nics - --to json
  patchbay nics tests.cfg --to interfaces
  qemu-system-x86_64 -m 1G $(patchbay nics web.xml --to qemu) …
`;

/** `patchbay nics`: needs no agent, and changes nothing but the records of MAC addresses that it completes. */
export function nicsVerb(): Command {
  return new Command('nics')
    .description('Show the NICs of a guest of libvirt, KVM autotest or Ganeti in another way.')
    .argument('<file>', 'what describes the guest; "-" is standard input')
    .addOption(new Option('--to <what>', 'what to show').choices(NIC_RENDERINGS).makeOptionMandatory())
    .addOption(
      new Option('--from <what>', 'whose description it is; guessed when absent').choices(NIC_FORMATS),
    )
    .addHelpText('after', HELP)
    .action(async (file: string, { to, from }: Flags) => {
      const text = readText(file);
      const read = text.ok ? readNics(text.value, from) : text;
      if (!read.ok) return complainEach(read.error);
      const nics = await completed(read.value);
      if (!nics.ok) return complainEach(nics.error);
      const shown = renderNics(nics.value, to);
      if (!shown.ok) return complainEach(shown.error);
      process.stdout.write(shown.value.text);
      for (const note of [...nics.value.notes, ...shown.value.notes]) process.stderr.write(`Note: ${note}\n`);
    });
}

/** The records are asked only where a MAC address has to be completed. */
async function completed(read: ReadNics): Promise<Result<ReadNics>> {
  if (read.partial === undefined) return ok(read);
  return withStore(async (store) => completeFrom(store, read, allSightings(await observeAll())));
}
