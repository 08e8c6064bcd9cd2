// `npm run test:kernel`: the kernel tests, with nothing skipped; `npm run test:kernel -- NAME` those whose file has the
// name in it; `npm run test:kernel -- --command COMMAND…` something else in the virtual machine.
import { ensureHostTools } from '../../server/cli/host-tools.mjs';
import { ensurePackages } from '../../server/cli/packages.mjs';
import { say } from '../../server/cli/progress.mjs';
import { runFull, whatIsMissing } from './full.mjs';
import { runInMachine } from './machine.mjs';

process.umask(0o022);
const onOutput = (chunk) => process.stdout.write(chunk);
const words = process.argv.slice(2);
try {
  await ensurePackages();
  if (words[0] === '--command') {
    const ran = await runInMachine(words.slice(1), { minutes: 60, onOutput });
    if (typeof ran.code === 'number') process.exitCode = ran.code;
    else throw Object.assign(new Error(ran.code), { name: 'NotReady' });
  } else {
    await ensureHostTools();
    const { missing, packages } = whatIsMissing();
    if (packages.length > 0) {
      say(
        `The full kernel run needs packages that are missing here. Type this, then start again:\n\n    sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\n`,
      );
      process.exit(1);
    }
    say(
      missing.length > 0
        ? `In a virtual machine, because this kernel lacks: ${missing.join(', ')}.`
        : 'On this kernel, which has everything.',
    );
    const begun = performance.now();
    const outcome = await runFull({ missing, filters: words, onOutput });
    process.stdout.write(`\n${outcome.summary}`);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    say(`\n${outcome.where}: ${outcome.passed} passed, ${outcome.failed} failed in ${seconds} s`);
    process.exitCode = outcome.failed > 0 || outcome.passed === 0 ? 1 : 0;
  }
} catch (e) {
  say(e.name === 'NotReady' ? e.message : e.stack);
  process.exitCode = 1;
}
