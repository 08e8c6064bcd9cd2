import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, type Page } from '@playwright/test';
import { until } from '../api';
import { logIn, test } from '../fixtures';
import { labAgentPid } from '../lab-state';
import { addTaps, enterLab } from './lab-taps';
import { groupsOf, linksOfLab, quantile, report, withApplication } from './measure';

/** Resident memory in MiB. */
const resident = (pid: number) =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

/** Clock ticks (a hundredth of a second) that a process has used. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** From the write of `link set … down` to the moment at which the page shows it, in ms. */
async function latencies(page: Page, ip: ChildProcess, tap: string): Promise<number[]> {
  await page.evaluate(() => {
    const table = document.querySelector('main');
    if (table === null) throw new Error('no table');
    const seen = { down: false, at: 0 };
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const down = table.textContent?.includes('set down') ?? false;
      if (down === seen.down) return;
      Object.assign(seen, { down, at: Date.now() });
    }).observe(table, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const times: number[] = [];
  for (let n = 0; n < 60; n++)
    for (const to of ['down', 'up']) {
      await pause(100 + Math.random() * 300);
      const begun = Date.now();
      ip.stdin?.write(`link set ${tap} ${to}\n`);
      const down = to === 'down';
      const shown = await page.waitForFunction(
        (wanted) => {
          const { seen } = window as unknown as { seen: { down: boolean; at: number } };
          return seen.down === wanted && seen.at > 0 ? seen.at : null;
        },
        down,
        { polling: 20, timeout: 10_000 },
      );
      if (down) times.push(Number(await shown.jsonValue()) - begun);
    }
  return times;
}

for (const taps of [200, 1000])
  test(`a link goes down among ${taps} taps`, async ({ page }) => {
    await withApplication(async (application) => {
      const { state } = application;
      const [tap = ''] = addTaps(state, 'br0', taps);
      await until(
        'the agent sees the taps',
        () => linksOfLab(state),
        (n) => n > taps,
        60_000,
      );
      await logIn(page, application);
      await page.goto(`${application.origin}/?mode=table&filter=${tap}`);
      await expect(page.getByRole('row').filter({ hasText: tap })).toContainText('br0');
      const ip = spawn(...enterLab(state, ['ip', '-force', '-batch', '-']), {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      await pause(2000);
      const times = await latencies(page, ip, tap);
      ip.stdin?.end();
      report(
        `link down → browser, ${taps} taps: median / 95th percentile of ${times.length}`,
        `${Math.round(quantile(times, 0.5))} / ${Math.round(quantile(times, 0.95))} ms`,
        '95th ≤ 250 ms',
      );
      if (taps !== 1000) return;
      await page.goto('about:blank');
      await pause(5000);
      const { web, agent } = application.pids();
      const all = { 'machine agent': agent, 'lab agent': labAgentPid(state), web };
      const before = Object.fromEntries(Object.entries(all).map(([name, pid]) => [name, ticks(Number(pid))]));
      await pause(30_000);
      for (const [name, pid] of Object.entries(all)) {
        const used = (ticks(Number(pid)) - Number(before[name])) / 30;
        report(
          `${name}, resident, 1,000 taps`,
          `${resident(Number(pid))} MiB`,
          name === 'web' ? '≤ 350 MB' : '≤ 90 MB',
        );
        report(`${name}, idle, 1,000 taps`, `${used.toFixed(1)} % of a core`, '≤ 1 %');
      }
    });
  });

/** Frames that the page drew in a second while the mouse drags the graph about. */
async function panning(page: Page): Promise<number> {
  const box = await page.getByRole('application', { name: /graph/i }).boundingBox();
  if (box === null) throw new Error('no graph');
  const [x, y] = [box.x + box.width / 2, box.y + box.height - 20];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.evaluate(() => {
    const count = { frames: 0, begun: performance.now() };
    Object.assign(window, { count });
    const tick = () => {
      count.frames++;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  for (let n = 0; n < 120; n++)
    await page.mouse.move(x + 200 * Math.sin(n / 8), y - 60 + 50 * Math.cos(n / 8));
  const fps = await page.evaluate(() => {
    const { count } = window as unknown as { count: { frames: number; begun: number } };
    return (count.frames * 1000) / (performance.now() - count.begun);
  });
  await page.mouse.up();
  return fps;
}

for (const [bridges, ports] of [
  [1, 499],
  [10, 999],
] as const)
  test(`${bridges * (ports + 1) * 2} elements are drawn`, async ({ page }) => {
    await withApplication(async (application) => {
      const { state } = application;
      const elements = (bridges * (ports + 1) * 2).toLocaleString('en');
      for (let n = 0; n < bridges; n++) addTaps(state, `br${n}`, ports);
      await until(
        'the agent sees the taps',
        () => linksOfLab(state),
        (n) => n > bridges * ports,
        120_000,
      );
      await logIn(page, application);
      for (const expanded of bridges === 1 ? [false, true] : [false]) {
        const groups = expanded ? await groupsOf(page, application.origin) : '';
        await page.goto('about:blank');
        const begun = Date.now();
        await page.goto(`${application.origin}/${groups}`);
        await page.waitForFunction(
          () => Number(document.querySelector('[data-nodes]')?.getAttribute('data-nodes')) > 5,
        );
        await page.waitForFunction(() => document.querySelector('.topology-canvas canvas') !== null);
        const drawn = Date.now() - begun;
        const nodes = await page.locator('[data-nodes]').getAttribute('data-nodes');
        const how = expanded ? 'every tap unfolded' : 'folded into groups';
        report(
          `${elements} elements, ${how} (${nodes} nodes drawn): first picture`,
          `${drawn} ms`,
          'first picture within 1 s',
        );
        report(
          `${elements} elements, ${how}: frames per second while panning`,
          (await panning(page)).toFixed(0),
        );
      }
    });
  });
