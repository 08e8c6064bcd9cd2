import { expect, type Locator, type Page } from '@playwright/test';

/* The form of a new network, as people go about in it. */

export const formOf = (page: Page): Locator => page.getByRole('dialog', { name: 'New network' });

export async function opened(page: Page, origin: string): Promise<Locator> {
  await page.goto(`${origin}/?panel=new-network`);
  const form = formOf(page);
  // The host is read first, which takes its time where much else runs.
  await expect(form.getByLabel('Name', { exact: true })).toBeVisible({ timeout: 60_000 });
  return form;
}

export async function unfold(form: Locator, title: string): Promise<void> {
  const fold = form.locator('details', { has: form.page().locator('summary', { hasText: title }) }).last();
  if ((await fold.getAttribute('open')) === null) await fold.locator('summary').first().click();
}
