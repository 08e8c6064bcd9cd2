import { appendFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { labSocket, withAgent } from '../api';
import { type Application, newState, removeState, startApplication } from '../application';

/** One row of docs/measured.md. */
export const report = (what: string, value: string, wanted = '') => {
  const file = process.env.PATCHBAY_BENCH_RESULTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, value, wanted })}\n`);
};

export const quantile = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

export async function withApplication(work: (application: Application) => Promise<void>): Promise<void> {
  const state = newState();
  const application = await startApplication(state);
  try {
    await work(application);
  } finally {
    await application.stop();
    removeState(state);
  }
}

export const linksOfLab = (state: string) =>
  withAgent(labSocket(state), async (agent) => {
    const observed = await agent.request('observe', {}, 60_000);
    return observed.ok && observed.value.links.known ? Object.keys(observed.value.links.value).length : 0;
  });

/** The address at which every group is unfolded. */
export async function groupsOf(page: Page, origin: string): Promise<string> {
  await page.goto(`${origin}/`);
  const groups = page.locator('[role="treeitem"][data-id*="group"]');
  await groups.first().waitFor({ state: 'attached', timeout: 20_000 });
  const ids = await groups.evaluateAll((all) => all.map((el) => el.getAttribute('data-id') ?? ''));
  return `?expand=${encodeURIComponent(ids.join(' '))}`;
}
