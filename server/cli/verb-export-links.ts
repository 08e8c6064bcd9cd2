import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import {
  asText,
  type ConfigFile,
  type ExportTarget,
  exportTargetNames,
  exportTargets,
} from '@/server/core/export';
import { exported } from '@/server/core/export/exported';
import { items } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { complain, print } from './say';
import { hostOf, hostOption, labOption, type WhichHost, withAgent } from './which-host';

type Flags = WhichHost & { readonly to: ExportTarget; readonly dir?: string };

/** `patchbay export-links`: the committed bridges, VLANs, bonds and taps as files of the system, for those who want it to own them. */
export function exportLinksVerb(): Command {
  return new Command('export-links')
    .description(
      'Print the committed bridges, VLANs, bonds and taps as files for the system to own, or write them.',
    )
    .addOption(
      new Option('--to <system>', 'whose files').choices(exportTargetNames).makeOptionMandatory(true),
    )
    .option('--dir <folder>', 'write them below this folder instead of printing them')
    .addOption(hostOption())
    .addOption(labOption())
    .action((flags: Flags) =>
      withAgent(hostOf(flags), async (link) => {
        const status = await link.request('status', {});
        if (!status.ok) return complain(status.error);
        const observed = await link.request('observe', {});
        if (!observed.ok) return complain(observed.error);
        const ovsBridges = items(observed.value.ovsBridges).map((b) => b.name);
        const files = exportTargets[flags.to](exported(status.value.committed.desired, ovsBridges));
        if (files.length === 0) return print('This host has no committed bridges, VLANs, bonds or taps.');
        if (flags.dir === undefined) return print(asText(files).trimEnd());
        const written = writeBelow(flags.dir, files);
        if (!written.ok) return complain(written.error);
        for (const file of written.value) print(file);
      }),
    );
}

export function writeBelow(folder: string, files: readonly ConfigFile[]): Result<readonly string[]> {
  try {
    return ok(
      files.map(({ path: at, text }) => {
        const file = path.join(folder, at);
        mkdirSync(path.dirname(file), { recursive: true });
        // wicked runs its scripts as programs.
        writeFileSync(file, text, { mode: at.endsWith('.sh') ? 0o755 : 0o644 });
        return file;
      }),
    );
  } catch (e) {
    return fail('FILE', `The files cannot be written: ${e instanceof Error ? e.message : String(e)}.`);
  }
}
