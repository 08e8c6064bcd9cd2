import { defineConfig, devices } from '@playwright/test';
import { findChromium } from './run/prepare.mjs';

const found = await findChromium();
if (found === null)
  throw new Error(
    'There is no Chromium: `npx playwright install chromium` or `apt-get install chromium`, or PATCHBAY_CHROMIUM=/path/to/it',
  );
const root = process.getuid?.() === 0;

/** One application per test file, one file after the other: two machines' worth of Postgres, web and labs is enough. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir:
    process.env.PATCHBAY_TEST_RESULTS ??
    (root ? '../test-results' : `/tmp/patchbay-test-results-${process.getuid?.()}`),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 1,
  retries: 0,
  forbidOnly: process.env.CI !== undefined,
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(found === undefined ? {} : { executablePath: found }),
      args: [...(root ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'],
    },
  },
});
