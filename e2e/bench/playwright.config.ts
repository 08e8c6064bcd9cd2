import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

/** The same browser and application, measured instead of tested. */
export default defineConfig(tests, {
  testDir: import.meta.dirname,
  testMatch: '*.bench.ts',
  timeout: 900_000,
  use: { trace: 'off', screenshot: 'off' },
});
