import { Command, InvalidArgumentError, Option } from 'commander';
import { asText } from '@/server/core/export';
import { IfName } from '@/server/core/ids';
import type { Check } from '@/server/core/openqa/facts';
import { poolFiles } from '@/server/core/openqa/files';
import { parsePool } from '@/server/core/openqa/parse-pool';
import { Pool } from '@/server/core/openqa/pool';
import { withPool } from '@/server/core/openqa/things';
import type { Result } from '@/server/core/result';
import { complain, conclude, print } from './say';
import { planOf, planText, secondsOption, tryOut } from './verb-change';
import { writeBelow } from './verb-export-links';
import { hostOf, hostOption, labOption, parsedBy, type WhichHost, withAgent } from './which-host';

/** `patchbay openqa`: a pool of openQA's workers, and what its documentation says to look at. */
export const openqaVerb = (): Command =>
  new Command('openqa')
    .helpCommand(false)
    .description("Plan, make and check the taps and the bridge of openQA's workers.")
    .addCommand(planVerb())
    .addCommand(applyVerb())
    .addCommand(checkVerb());

type PoolFlags = {
  readonly workers: number;
  readonly nics?: number;
  readonly network?: string;
  readonly bridge?: string;
  readonly address?: string;
  readonly masquerade: boolean;
  readonly owner?: string;
  readonly group?: string;
  readonly class?: readonly string[];
  readonly peer?: readonly string[];
};

/** Milliseconds beside those between the two readings; observing takes a while on a host with much. */
const PATIENCE = 30_000;

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}
const oneMore = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const usual = (field: keyof typeof Pool.shape): string => {
  const { [field]: value } = Pool.parse({ workers: 1 });
  return `(usually ${value})`;
};

/** A verb that is told what the pool shall be like. */
const poolVerb = (name: string): Command =>
  new Command(name)
    .addOption(
      new Option('--workers <n>', 'how many workers run multi-machine jobs')
        .argParser(wholeNumber)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--nics <n>', `NICs of each job ${usual('nics')}`).argParser(wholeNumber))
    .option('--network <name>', `what it is called in Patchbay ${usual('network')}`)
    .option('--bridge <name>', `its bridge ${usual('bridge')}`)
    .option('--address <address>', `of the bridge ${usual('address')}; its prefix is always 15`)
    .option('--no-masquerade', 'guests keep their addresses outside')
    .option('--owner <user>', `who may open the taps ${usual('owner')}`)
    .option('--group <group>', `and which group ${usual('group')}`)
    .addOption(
      new Option('--class <word>', `a worker class beside tap, again for more ${usual('classes')}`).argParser(
        oneMore,
      ),
    )
    .addOption(
      new Option('--peer <address>', 'another host to join by GRE, again for more').argParser(oneMore),
    )
    .addOption(hostOption())
    .addOption(labOption());

const poolOf = ({ class: classes, peer: peers, ...flags }: PoolFlags): Result<Pool> => {
  const { workers, nics, network, bridge, address, masquerade, owner, group } = flags;
  const said = { workers, nics, network, bridge, address, masquerade, owner, group, classes, peers };
  return parsePool(said);
};

type PlanFlags = PoolFlags & WhichHost & { readonly print?: true; readonly write?: string };

function planVerb(): Command {
  return poolVerb('plan')
    .description(
      'Show what a pool of workers becomes: the exact commands, or the files that openQA and wicked read.',
    )
    .addOption(new Option('--print', 'print the files; no agent is asked').conflicts('write'))
    .option('--write <folder>', 'write the files below this folder; no agent is asked')
    .action(async (flags: PlanFlags) => {
      const pool = poolOf(flags);
      if (!pool.ok) return complain(pool.error);
      const files = poolFiles(pool.value);
      if (flags.print) return print(asText(files).trimEnd());
      if (flags.write !== undefined)
        return conclude(writeBelow(flags.write, files), (all) => print(all.join('\n')));
      await withAgent(hostOf(flags), async (link) => {
        const status = await link.request('status', {});
        if (!status.ok) return complain(status.error);
        const wanted = withPool(status.value.committed.desired, pool.value);
        conclude(await planOf(wanted, link), ({ plan }) => print(planText(plan)));
      });
    });
}

function applyVerb(): Command {
  return poolVerb('apply')
    .description(
      'Make taps and bridge of a pool, or change those that are there. It is taken back unless you confirm it in time.',
    )
    .addOption(secondsOption())
    .action((flags: PoolFlags & WhichHost & { readonly seconds: number }) =>
      withAgent(hostOf(flags), async (link) => {
        const pool = poolOf(flags);
        if (!pool.ok) return complain(pool.error);
        const status = await link.request('status', {});
        if (!status.ok) return complain(status.error);
        const wanted = withPool(status.value.committed.desired, pool.value);
        await tryOut(wanted, link, { host: hostOf(flags), seconds: flags.seconds });
      }),
    );
}

type CheckFlags = WhichHost & { readonly bridge?: IfName; readonly json?: true };

function checkVerb(): Command {
  return new Command('check')
    .description(
      'Say what is wrong with a pool: taps, tags, rules, counters, forwarding, tunnels. Exit code 1 when something is.',
    )
    .addOption(
      new Option('--bridge <name>', 'whose taps, where several bridges have some').argParser(
        parsedBy(IfName),
      ),
    )
    .option('--json', 'the answers as JSON')
    .addOption(hostOption())
    .addOption(labOption())
    .action((flags: CheckFlags) =>
      withAgent(hostOf(flags), async (link) => {
        const input = { seconds: 3, ...(flags.bridge === undefined ? {} : { bridge: flags.bridge }) };
        const checked = await link.request('openqa.check', input, PATIENCE);
        if (!checked.ok) return complain(checked.error);
        const { bridge, checks } = checked.value;
        print(flags.json ? JSON.stringify(checked.value) : checksText(bridge, checks));
        if (checks.some((c) => c.verdict === 'fault')) process.exitCode = 1;
      }),
    );
}

const checksText = (bridge: string, checks: readonly Check[]): string =>
  [
    `Bridge ${bridge}:`,
    ...checks.flatMap((c) => [
      `${c.verdict.padEnd(8)} ${c.title}`,
      ...c.sentences.map((s) => `         ${s}`),
      ...(c.verdict === 'ok' ? [] : [`         $ ${c.command}`]),
    ]),
  ].join('\n');
