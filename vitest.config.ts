import { defineConfig } from 'vitest/config';

const elsewhere = ['**/node_modules/**', 'dist/**', '.next/**', 'e2e/**/*.spec.ts'];

/** An emulated machine is slow as a whole; see server/core/testing/patience.ts. */
const patience = Number(process.env.PATCHBAY_TEST_PATIENCE ?? '1');

/** unit: pure and fast. db: with a real Postgres. kernel: in namespaces of their own, one file after the other. */
export default defineConfig({
  resolve: { alias: { '@': import.meta.dirname } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...elsewhere, '**/*.db.test.ts', '**/*.kernel.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: ['**/*.db.test.ts'],
          exclude: elsewhere,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: ['**/*.kernel.test.ts'],
          exclude: elsewhere,
          fileParallelism: false,
          testTimeout: 120_000 * patience,
          hookTimeout: 120_000 * patience,
        },
      },
    ],
  },
});
