import { Argument, Command } from 'commander';
import { LabName, MACHINE } from '@/server/core/ids';
import type { LabStatus } from '@/server/core/protocol';
import { conclude, print, table } from './say';
import { parsedBy, withAgent } from './which-host';

/** Booting a lab takes a second, ending and removing a large one some more (ms). */
const PATIENCE = 90_000;

const labName = () => new Argument('<name>', 'name of the lab').argParser(parsedBy(LabName));
const showState = ({ state }: LabStatus): string =>
  state.is === 'stopped'
    ? `stopped: ${state.why}`
    : state.is === 'running'
      ? `running, process ${state.pid}`
      : state.is;

/** `patchbay lab`: asks the machine's agent, which owns the labs. */
export function labVerb(): Command {
  const lab = new Command('lab')
    .helpCommand(false)
    .description('Labs: private network stacks on this kernel, to try everything in.');
  lab
    .command('list')
    .description('Show the labs and whether they run.')
    .action(async () => {
      const labs = await withAgent(MACHINE, (link) => link.request('lab.list', {}));
      conclude(labs, (all) =>
        print(
          table(
            ['lab', 'state'],
            all.map((l) => [l.name, showState(l)]),
          ),
        ),
      );
    });
  lab
    .command('create')
    .description('Make a lab and start it.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const made = await withAgent(MACHINE, (link) => link.request('lab.create', { name }, PATIENCE));
      conclude(made, () => print(`Lab ${name} runs. Look at it with: patchbay observe --lab ${name}`));
    });
  lab
    .command('reset')
    .description('Take everything out of a lab and start it empty.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const made = await withAgent(MACHINE, (link) => link.request('lab.reset', { name }, PATIENCE));
      conclude(made, () => print(`Lab ${name} is empty and runs.`));
    });
  lab
    .command('remove')
    .description('End a lab and remove what it keeps.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const gone = await withAgent(MACHINE, (link) => link.request('lab.remove', { name }, PATIENCE));
      conclude(gone, () => print(`Lab ${name} is gone.`));
    });
  return lab;
}
