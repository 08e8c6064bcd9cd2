import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

/** The same browser and application, measured instead of tested. */
export default defineConfig(tests, {
  testDir: import.meta.dirname,
  testMatch: '*.bench.ts',
  outputDir: '../../test-results/bench',
  timeout: 300_000,
  use: { trace: 'off', screenshot: 'off' },
});
