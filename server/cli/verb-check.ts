import { randomUUID } from 'node:crypto';
import { Argument, Command, Option } from 'commander';
import { LabName, labHostId } from '@/server/core/ids';
import { CHECKS, type CheckResult, NicCheck } from '@/server/core/nic-check/request';
import { ok } from '@/server/core/result';
import { complain, conclude, print } from './say';
import { parsedBy, withAgent } from './which-host';

/** Milliseconds; a check takes at most about 60 s. */
const PATIENCE = 90_000;

const TAKES = { any: ' Takes TO.', guest: ' Takes TO.', bridge: ' May take TO.', none: '' } as const;
const about = Object.entries(CHECKS)
  .map(([name, { asks, target }]) => `  ${name.padEnd(11)} ${asks}${TAKES[target]}`)
  .join('\n');

/** `patchbay check`: asks something of a guest's NIC, or of a pair, that real packets answer. */
export function checkVerb(): Command {
  return new Command('check')
    .description(
      'Check a NIC of a lab’s guest, or a pair, with real packets. Exit code 1 when something is wrong.',
    )
    .addArgument(new Argument('<check>', 'what to ask').choices(Object.keys(CHECKS)))
    .argument('<from>', 'guest; a ping may also come from "outside"')
    .argument(
      '[to]',
      'guest; ping and jumbo also take "outside" or an address, limit "outside" or nobody: its bridge',
    )
    .addOption(
      new Option('--lab <name>', 'the lab').argParser(parsedBy(LabName)).default(LabName.parse('lab')),
    )
    .addOption(new Option('--to <peer>', 'the same as TO'))
    .option('--sure', 'of check limit: also where virtual machines at work share the limit')
    .addOption(new Option('--tag <vlan>', 'of check vlan: the tag that the guest itself sends'))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nChecks:\n${about}\n`)
    .action(
      async (
        check: string,
        from: string,
        to: string | undefined,
        options: { lab: LabName; tag?: string; to?: string; sure?: true; json?: true },
      ) => {
        const { lab, tag, json } = options;
        const peer = to ?? options.to;
        if (to !== undefined && options.to !== undefined) {
          process.stderr.write('patchbay: TO is given twice: take it with or without --to.\n');
          process.exitCode = 2;
          return;
        }
        const asked = NicCheck.safeParse({
          ...{ check, from },
          ...(peer === undefined ? {} : { to: peer }),
          ...(options.sure ? { sure: true } : {}),
          ...(tag === undefined ? {} : { vid: Number(tag) }),
        });
        if (!asked.success) {
          const [first] = asked.error.issues;
          const missing = first?.path[0] === 'to' && peer === undefined;
          const sentence = missing ? `Check ${check} takes a second guest: TO is missing.` : first?.message;
          const unknown =
            first?.code === 'unrecognized_keys' ? `Check ${check} does not take that.` : sentence;
          process.stderr.write(`patchbay: ${unknown ?? 'This check is not understood.'}\n`);
          process.exitCode = 2;
          return;
        }
        const id = randomUUID();
        const host = labHostId(lab);
        const done = await withAgent(host, async (link) => {
          const watch = link.watch(
            { rates: false },
            {
              onSnapshot: () => {},
              onEvent: (e) =>
                e.event === 'check' && e.progress.id === id && process.stderr.isTTY
                  ? process.stderr.write(`${e.progress.doing} …\n`)
                  : undefined,
              onDown: () => {},
            },
          );
          const result = await link.request('guest.check', { id, check: asked.data }, PATIENCE);
          watch.stop();
          return result;
        });
        conclude(done, (result) => {
          print(
            json
              ? JSON.stringify(result, null, 2)
              : [result.sentence, ...result.details.map((d) => `  ${d}`)].join('\n'),
          );
          if (result.verdict === 'fault') process.exitCode = 1;
        });
        if (done.ok) await kept(lab, asked.data, done.value);
      },
    );
}

/** Where a Patchbay runs, its records keep the result, and the browser shows it. */
async function kept(lab: LabName, check: NicCheck, result: CheckResult): Promise<void> {
  const { hasRecords } = await import('./guest-macs');
  if (!hasRecords()) return;
  const [{ withStore }, { keepCheck }] = await Promise.all([
    import('./with-store'),
    import('@/server/store'),
  ]);
  const done = await withStore(async (store) => {
    await keepCheck(store, labHostId(lab), check, result);
    return ok(null);
  });
  if (!done.ok) complain(done.error);
}
