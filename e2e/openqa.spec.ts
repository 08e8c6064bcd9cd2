import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { hasOvs } from '@/server/core/testing/available';
import { enterLab } from './bench/lab-taps';
import { expect, test } from './fixtures';
import { freshLab } from './lab-state';

/* A pool of openQA's workers, planned, made and checked in the browser, on a real Open vSwitch in the lab. */
test.describe.configure({ mode: 'serial' });

let taps = false;
test.beforeAll(async ({ application }) => {
  await freshLab(application);
  taps = letLabMakeTaps(application.state);
});

/** Where /dev/net/tun is root's alone, root gives the lab one that is everybody's. */
function letLabMakeTaps(state: string): boolean {
  const tun = '/dev/net/tun';
  if ((statSync(tun).mode & 0o006) === 0o006) return true;
  if (process.getuid?.() !== 0) return false;
  const node = path.join(state, 'tun');
  execFileSync('mknod', ['-m', '666', node, 'c', '10', '200']);
  const [tool, [, pid = '']] = enterLab(state, []);
  execFileSync(tool, ['-t', pid, '--mount', '--wd=/', 'mount', '--bind', node, tun]);
  return true;
}

test('a plan of a pool has its files, and says at a field what cannot be', async ({ user, application }) => {
  await user.goto(`${application.origin}/openqa?host=lab%3Alab`);
  const form = user.getByRole('form', { name: 'Pool of workers' });
  await form.getByLabel('Workers', { exact: true }).fill('65');
  await expect(form.getByRole('alert')).toHaveText(/A pool has at most 64 workers/);
  await expect(form.getByRole('button', { name: /^Review/ })).toBeDisabled();
  await form.getByLabel('Workers', { exact: true }).fill('2');
  await form.getByLabel('NICs of a job').fill('2');
  await form.getByLabel('Other hosts').fill('192.0.2.11');
  await expect(user.getByRole('listitem').filter({ hasText: 'Worker 2' })).toContainText('tap1 tap65');
  const files = user.getByRole('region', { name: 'Files for openQA' });
  await files.getByText('/etc/openqa/workers.ini').click();
  await expect(files.locator('pre').first()).toContainText('[2]\nWORKER_CLASS=qemu_x86_64,tap');
  const wicked = user.getByRole('region', { name: 'Files for wicked' });
  await wicked.getByText('/etc/wicked/scripts/gre_tunnel_preup.sh').click();
  await expect(wicked).toContainText('options:remote_ip=192.0.2.11');
  const [download] = await Promise.all([
    user.waitForEvent('download'),
    files.getByRole('button', { name: 'Download /etc/openqa/workers.ini' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('workers.ini');
});

test('it is reviewed, kept and checked', async ({ user, application }) => {
  test.skip(!(await hasOvs()), 'Open vSwitch is not installed');
  test.skip(!taps, 'SKIPPED: /dev/net/tun is closed to ordinary users, whose labs make no taps');
  await user.goto(`${application.origin}/openqa?host=lab%3Alab`);
  const form = user.getByRole('form', { name: 'Pool of workers' });
  await user.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(user.getByRole('region', { name: 'Checks' }).getByRole('alert')).toContainText(
    "No bridge of Open vSwitch here has taps of openQA's numbering",
  );
  await form.getByLabel('Workers', { exact: true }).fill('2');
  await form.getByRole('button', { name: /^Review \d+ steps$/ }).click();
  await expect(user.getByRole('heading', { level: 1 })).toContainText('openqa');
  await user.getByRole('button', { name: /^Apply \d+ steps$/ }).click();
  const bar = user.getByRole('region', { name: 'A change waits to be confirmed' });
  await bar.getByRole('button', { name: 'Keep' }).click({ timeout: 60_000 });
  await expect(user.getByText(/Kept: lab is at version 1/)).toBeVisible();

  await user.goto(`${application.origin}/openqa?host=lab%3Alab`);
  await expect(form.getByLabel('Workers', { exact: true })).toHaveValue('2');
  await expect(form.getByRole('button', { name: 'Nothing to review' })).toBeDisabled();
  await user.getByRole('button', { name: 'Check', exact: true }).click();
  const checks = user.getByRole('list', { name: 'Checks of br1' });
  await expect(checks.getByRole('listitem').filter({ hasText: 'Every worker has its taps' })).toContainText(
    '2 taps for 2 workers, 1 NIC for each job.',
    { timeout: 30_000 },
  );
  const rules = checks.getByRole('listitem').filter({ hasText: 'os-autoinst-openvswitch has put its rules' });
  await expect(rules).toContainText('fault');
  await expect(rules.getByText('ovs-ofctl dump-flows br1')).toBeVisible();
});
