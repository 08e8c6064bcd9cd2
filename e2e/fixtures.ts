import { test as base, expect, type Page } from '@playwright/test';
import { type Application, newState, removeState, startApplication } from './application';

/** `application`: the real one, started once per worker. `page` is not logged in; `user` is. */
export const test = base.extend<{ user: Page }, { application: Application }>({
  application: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a destructured first argument
    async ({}, use) => {
      const state = newState();
      const application = await startApplication(state);
      await use(application);
      await application.stop();
      removeState(state);
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  user: async ({ application, page }, use) => {
    await logIn(page, application);
    await use(page);
  },
});
export { expect };

/** By a fresh link from the command line: the printed one serves one test only. */
export async function logIn(page: Page, application: Application): Promise<void> {
  const said = await application.patchbay('login');
  const link = /http:\/\/\S+\/login#token=\S+/.exec(said)?.[0];
  if (link === undefined) throw new Error(`no link in: ${said}`);
  await page.goto(link);
  await expect(page).not.toHaveURL(/\/login/);
}
