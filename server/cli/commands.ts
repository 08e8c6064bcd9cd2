import { Command, CommanderError } from 'commander';
import { adoptVerb } from './verb-adopt';
import { agentVerb, watchdogVerb } from './verb-agent';
import { applyVerb, confirmVerb, planVerb, rollbackVerb, statusVerb } from './verb-change';
import { checkVerb } from './verb-check';
import { exportLinksVerb } from './verb-export-links';
import { findingsVerb } from './verb-findings';
import { guestVerb } from './verb-guest';
import { labVerb } from './verb-lab';
import { nicVerb } from './verb-nic';
import { nicsVerb } from './verb-nics';
import { observeVerb } from './verb-observe';
import { openqaVerb } from './verb-openqa';
import { exportVerb, importVerb, renderVerb } from './verb-render';
import { traceVerb } from './verb-trace';
import { loginVerb, passwordVerb, upVerb } from './verb-web';

/* Every verb. What a verb needs is loaded when it runs: the agent never loads the database. */

const EXAMPLES = `
Examples:
  patchbay up                          start everything and print a login link
  patchbay observe                     what this machine's network is, now
  patchbay trace web 192.0.2.1         whether web gets there, and if not, why
  patchbay lab create demo             a private network stack to try things in
  patchbay guest add web --lab demo    a guest in it
  patchbay status                      every host, and what waits to be confirmed
  patchbay nic list web                the NICs of a domain of libvirt's
  patchbay render net.xml --to nft     the rules that a network of libvirt's becomes
  patchbay nics vm.xml --to qemu       the NICs of a guest of libvirt's for QEMU
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
  traceVerb(),
  findingsVerb(),
  planVerb(),
  applyVerb(),
  confirmVerb(),
  rollbackVerb(),
  adoptVerb(),
  exportLinksVerb(),
  openqaVerb(),
  renderVerb(),
  importVerb(),
  exportVerb(),
  nicVerb(),
  nicsVerb(),
  labVerb(),
  guestVerb(),
  checkVerb(),
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

/** Runs what the command line says. Wrong usage has been told of when it returns; anything else that fails is thrown. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(argv);
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e;
    process.exitCode = e.exitCode === 0 ? 0 : 2;
  }
}
