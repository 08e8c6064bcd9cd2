import path from 'node:path';
import type { Page } from '@playwright/test';

/** Saves a picture for the README, when asked with PATCHBAY_SCREENSHOTS=1: a test run leaves the tree as it is. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.PATCHBAY_SCREENSHOTS !== '1') return;
  await page.waitForTimeout(400); // what moves for 150 ms has come to rest
  await page.screenshot({ path: path.join(import.meta.dirname, '..', 'docs', 'images', `${name}.png`) });
}
