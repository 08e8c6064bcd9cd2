// Real guests of labs need an image. It is made where QEMU is installed; without it everything else works.
import { build, outdated } from './build.mjs';
import { whichTool } from './host-tools.mjs';
import { NotReady, say } from './progress.mjs';

export async function ensureGuestImage() {
  if (whichTool('qemu-system-x86_64') === undefined || outdated(['guest']).length === 0) return;
  try {
    await build(['guest']);
  } catch (e) {
    if (!(e instanceof NotReady)) throw e;
    say(`Labs have no real guests for now: ${e.message}`);
  }
}
