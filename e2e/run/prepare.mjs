// What tests need beyond the application: npm packages, host tools, a Chromium.
import fs from 'node:fs';
import { ensureDebianPackages, ensureHostTools, whichTool } from '../../server/cli/host-tools.mjs';
import { ensurePackages } from '../../server/cli/packages.mjs';
import { NotReady } from '../../server/cli/progress.mjs';

/** @param {readonly import('./stages.mjs').Stage[]} stages */
export async function prepareTests(stages) {
  await ensurePackages();
  if (stages.some((s) => s.needs.includes('tools'))) await ensureHostTools();
  if (stages.some((s) => s.needs.includes('chromium'))) await ensureChromium();
}

/** Names that browsers of distributions go by. */
const SYSTEM = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @returns {Promise<string | undefined | null>} a Chromium; undefined when it is Playwright's own; null when there is none */
export async function findChromium() {
  const { chromium } = await import('@playwright/test');
  if (process.env.PATCHBAY_CHROMIUM) return process.env.PATCHBAY_CHROMIUM;
  if (fs.existsSync(chromium.executablePath())) return undefined;
  return SYSTEM.map((name) => whichTool(name)).find((f) => f !== undefined) ?? null;
}

async function ensureChromium() {
  if ((await findChromium()) !== null) return;
  const ubuntu =
    fs.existsSync('/etc/os-release') && /^ID=ubuntu$/m.test(fs.readFileSync('/etc/os-release', 'utf8'));
  // Ubuntu's package only fetches a snap, which does not run everywhere.
  if (ubuntu)
    throw new NotReady(
      'The browser tests need a Chromium. Type this, then start again:\n\n    npx playwright install --with-deps chromium\n',
    );
  await ensureDebianPackages(['chromium'], 'The browser tests use');
}
