import { Command } from 'commander';
import { findings } from '@/server/core/reach/findings';
import { complain, print } from './say';
import { readFacts } from './verb-trace';
import { hostOption, labOption, type WhichHost } from './which-host';

/** `patchbay findings`: exit code 1 where there are any, for scripts. */
export function findingsVerb(): Command {
  return new Command('findings')
    .description(
      'List what is wrong on a host without being asked, or in the namespace that this is started in.',
    )
    .option('--json', 'as JSON (see docs/trace.md)')
    .addOption(hostOption())
    .addOption(labOption())
    .action(async (flags: WhichHost & { readonly json?: boolean }) => {
      const observed = await readFacts(flags);
      if (!observed.ok) return complain(observed.error);
      const found = findings(observed.value);
      if (flags.json) print(JSON.stringify(found));
      else if (found.length === 0) print('Nothing is found wrong.');
      for (const { code, sentence, evidence } of flags.json ? [] : found) {
        print(`${code}: ${sentence}`);
        for (const e of evidence) print(`    ${e.command}\n      ${e.output}`);
      }
      process.exitCode = found.length > 0 ? 1 : 0;
    });
}
