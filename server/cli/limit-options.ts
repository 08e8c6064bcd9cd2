import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Bandwidth } from '@/server/core/kinds/port';
import { parseLimitWords } from '@/server/core/limit-text';

/* How a NIC is limited, as options of a command. */

function words(text: string): NonNullable<Bandwidth['outbound']> {
  const limit = parseLimitWords(text);
  if (!limit.ok) throw new InvalidArgumentError(limit.error.message);
  return limit.value;
}

function rate(text: string): number {
  const limit = words(text);
  if (limit.average === undefined || text.includes(','))
    throw new InvalidArgumentError('A floor is one whole number of kilobytes per second.');
  return limit.average;
}

export const withLimits = (command: Command): Command =>
  command
    .addOption(
      new Option('--inbound <limit>', 'towards the guest: AVERAGE[,PEAK[,BURST]] in kB/s and KiB').argParser(
        words,
      ),
    )
    .addOption(
      new Option('--outbound <limit>', 'from the guest: AVERAGE[,PEAK[,BURST]] in kB/s and KiB').argParser(
        words,
      ),
    )
    .addOption(new Option('--floor <rate>', 'guaranteed towards the guest, in kB/s').argParser(rate));
