import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { layout } from '@/server/core/layout';
import { aLink, crowd } from '@/server/core/testing/crowd';
import type { HostView, Topology } from '@/server/core/topology';
import { toTopology } from '@/server/core/topology-build';
import { diffTopology, patchTopology } from '@/server/core/topology-diff';
import { until } from '../api';
import { logIn, test } from '../fixtures';
import { addTaps, enterLab } from './lab-taps';
import { groupsOf, linksOfLab, quantile, report, withApplication } from './measure';

const TAPS = 1000;
const ROUNDS = 20;

test('one tap more among 1,000 that are drawn one by one', async ({ page }) => {
  await withApplication(async (application) => {
    const { state } = application;
    addTaps(state, 'br0', TAPS);
    await until(
      'the agent sees the taps',
      () => linksOfLab(state),
      (n) => n > TAPS,
      60_000,
    );
    await logIn(page, application);
    await page.goto(`${application.origin}/${await groupsOf(page, application.origin)}`);
    const placed = () =>
      page
        .locator('[data-positions]')
        .getAttribute('data-positions')
        .then((text) => Number(text));
    const before = await until('every tap is drawn', placed, (n) => n > TAPS, 60_000);
    await page.evaluate(() => {
      const stage = document.querySelector('[data-positions]');
      if (stage === null) throw new Error('no graph');
      const seen: Record<string, number> = {};
      Object.assign(window, { seen });
      new MutationObserver(() => {
        seen[stage.getAttribute('data-positions') ?? ''] ??= Date.now();
      }).observe(stage, { attributes: true });
    });
    const ip = spawn(...enterLab(state, ['ip', '-batch', '-']), { stdio: ['pipe', 'ignore', 'inherit'] });
    const times: number[] = [];
    for (let n = 1; n <= ROUNDS; n++) {
      await pause(500 + Math.random() * 300);
      const begun = Date.now();
      ip.stdin?.write(`tuntap add dev more${n} mode tap\nlink set more${n} master br0 up\n`);
      const shown = await page.waitForFunction(
        (count) => (window as unknown as { seen: Record<string, number> }).seen[count] ?? null,
        String(before + n),
        { polling: 20, timeout: 20_000 },
      );
      times.push(Number(await shown.jsonValue()) - begun);
    }
    ip.stdin?.end();
    report(
      `tuntap add → browser, 1,000 taps drawn: median / 95th percentile of ${ROUNDS}`,
      `${Math.round(quantile(times, 0.5))} / ${Math.round(quantile(times, 0.95))} ms`,
    );
  });
});

const views = (hosts: number, taps: number, bridges: number, oneMore: boolean): readonly HostView[] =>
  Array.from({ length: hosts }, (_, h) => {
    const observed = crowd(taps, bridges, h === 0 ? 'machine' : `lab:l${h}`);
    if (oneMore && h === 0 && observed.links.known)
      Object.assign(observed.links.value, {
        'one-more': aLink({ index: 90_000, name: 'one-more', kind: 'tun', master: 'br0' }),
      });
    return { observed, rates: {}, pending: [] };
  });

/** Median of many, in ms. */
function timed(work: () => unknown): string {
  const times = Array.from({ length: 40 }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return quantile(times, 0.5).toFixed(2);
}

for (const { name, hosts, taps, bridges } of [
  { name: '1,000 taps on a bridge', hosts: 1, taps: 1000, bridges: 1 },
  { name: '20 hosts of 100 taps', hosts: 20, taps: 100, bridges: 1 },
  { name: '20,000 taps on 20 bridges', hosts: 1, taps: 1000, bridges: 20 },
])
  test(`the layout of one tap more: ${name}`, () => {
    const with1 = views(hosts, taps, bridges, true);
    const before: Topology = toTopology(views(hosts, taps, bridges, false));
    const built = toTopology(with1);
    const after = patchTopology(before, diffTopology(before, built));
    const places = layout(before);
    const [whole, part] = [timed(() => layout(after)), timed(() => layout(after, places))];
    report(`layout after one tap more, ${name}: from scratch / what changed`, `${whole} / ${part} ms`);
    report(`the topology from the facts, ${name}`, `${timed(() => toTopology(with1))} ms`);
    report(`what differs between two topologies, ${name}`, `${timed(() => diffTopology(before, built))} ms`);
  });
