import { Command, CommanderError } from 'commander';
import { agentVerb, watchdogVerb } from './verb-agent';
import { applyVerb, confirmVerb, planVerb, rollbackVerb, statusVerb } from './verb-change';
import { guestVerb, labVerb } from './verb-lab';
import { observeVerb } from './verb-observe';
import { loginVerb, passwordVerb, upVerb } from './verb-web';

/*
 * The `patchbay` command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage. What a verb needs is loaded when it
 * runs: `observe` and the agent never load the database.
 */

const EXAMPLES = `
Examples:
  patchbay up                          start everything and print a login link
  patchbay observe                     what this machine's network is, now
  patchbay lab create demo             a private network stack to try things in
  patchbay guest add web --lab demo    a guest in it
  patchbay status                      every host, and what waits to be confirmed
`;

const program = new Command('patchbay')
  .description(
    'A dashboard for the virtual networks of KVM hosts: drawn live, changed without cutting anybody off.',
  )
  .helpOption('-h, --help', 'show this help')
  .helpCommand(false)
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError(false);
for (const verb of [
  upVerb(),
  loginVerb(),
  passwordVerb(),
  statusVerb(),
  observeVerb(),
  planVerb(),
  applyVerb(),
  confirmVerb(),
  rollbackVerb(),
  labVerb(),
  guestVerb(),
  agentVerb(),
])
  program.addCommand(verb);
program.addCommand(watchdogVerb(), { hidden: true });
withOwnErrors(program);

/** One sentence on standard error, and the code for wrong usage. */
function withOwnErrors(command: Command): void {
  command.exitOverride();
  command.configureOutput({
    writeErr: (text) => process.stderr.write(text.replace(/^error: /, 'patchbay: ')),
  });
  command.helpOption('-h, --help', 'show this help');
  for (const child of command.commands) withOwnErrors(child);
}

process.stdout.on('error', () => process.exit(0)); // `| head`
try {
  await program.parseAsync(process.argv);
} catch (e) {
  if (e instanceof CommanderError) process.exitCode = e.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`patchbay: ${e instanceof Error ? e.message : String(e)}\n`);
    if (process.env.PATCHBAY_DEBUG && e instanceof Error) process.stderr.write(`${e.stack}\n`);
    process.exitCode = 1;
  }
}
