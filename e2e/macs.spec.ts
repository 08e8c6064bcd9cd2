import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { apiOf, labSocket, until, withAgent } from './api';
import type { Application } from './application';
import { enterLab } from './bench/lab-taps';
import { expect, test } from './fixtures';
import { freshLab } from './lab-state';

/*
 * MAC addresses of guests: the beginning of one is completed, the same one twice is refused, and two NICs that have one
 * all the same are drawn as a conflict.
 */
test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ application }) => {
  await freshLab(application);
});

/** As the lab's kernel has it. */
const macOf = ({ state }: Application, guest: string) =>
  withAgent(labSocket(state), async (agent) => {
    const observed = await agent.request('observe', {});
    if (!observed.ok || !observed.value.namespaces.known) throw new Error('the lab cannot be read');
    return observed.value.namespaces.value[guest]?.links.eth0?.mac ?? null;
  });

async function newGuest(page: Page, { origin }: Application, name: string) {
  await page.goto(`${origin}/?panel=new-guest&host=lab%3Alab`);
  const form = page.getByRole('dialog', { name: 'New guest' });
  await form.getByLabel('Name', { exact: true }).fill(name);
  return { form, mac: form.getByLabel('MAC address') };
}

test('a beginning is completed in sequence, and the same address twice is refused', async ({
  user,
  application,
}) => {
  const first = await newGuest(user, application, 'one');
  // Shown before anything is typed: what the pool would give.
  await expect(first.form.getByText(/^Empty: 52:54:00(:[0-9a-f]{2}){3}\./)).toBeVisible();
  await first.mac.fill('11:22');
  await expect(first.form.getByRole('alert')).toHaveText(/begin with 11 are multicast/);
  await first.mac.fill('52-54-00-AA-00');
  await expect(first.form.getByText('Completed below 52:54:00:aa:00.')).toBeVisible();
  await first.form.getByRole('button', { name: 'Add the guest' }).click();
  await expect(first.form).toBeHidden();
  const one = (await macOf(application, 'one')) ?? '';
  expect(one).toMatch(/^52:54:00:aa:00:[0-9a-f]{2}$/);

  const next = `52:54:00:aa:00:${((Number.parseInt(one.slice(-2), 16) + 1) % 256).toString(16).padStart(2, '0')}`;
  const second = await newGuest(user, application, 'two');
  await second.mac.fill('52:54:00:aa:00');
  await expect(second.form.getByText(`Completed to ${next}.`)).toBeVisible();
  await second.form.getByRole('button', { name: 'Add the guest' }).click();
  await expect(second.form).toBeHidden();
  expect(await macOf(application, 'two')).toBe(next);

  const third = await newGuest(user, application, 'three');
  await third.mac.fill(one.toUpperCase());
  const sentence = `The MAC address ${one} is given already: guest one in lab lab has it.`;
  await expect(third.form.getByRole('alert')).toHaveText(sentence);
  await third.form.getByRole('button', { name: 'Add the guest' }).click();
  await expect(third.form.getByText(sentence)).toHaveCount(2);
  expect(await macOf(application, 'three')).toBeNull();
  await expect(application.patchbay('guest', 'add', 'three', '--lab', 'lab', '--mac', one)).rejects.toThrow(
    sentence,
  );

  // From the command line the sequence goes on.
  const said = await application.patchbay('guest', 'add', 'four', '--lab', 'lab', '--mac', '5254.00aa.00');
  const four = (await macOf(application, 'four')) ?? '';
  expect(said).toContain(four);
  expect(Number.parseInt(four.slice(-2), 16)).toBe((Number.parseInt(next.slice(-2), 16) + 1) % 256);
});

test('two NICs with one address are a conflict in the picture, in the table and on the page of guests', async ({
  user,
  application,
}) => {
  const one = (await macOf(application, 'one')) ?? '';
  // By somebody who does not ask us.
  const [tool, args] = enterLab(application.state, [
    '-m',
    'ip',
    '-n',
    'two',
    'link',
    'set',
    'dev',
    'eth0',
    'address',
    one,
  ]);
  execFileSync(tool, args);
  for (const [name, other] of [
    ['one', 'two'],
    ['two', 'one'],
  ] as const) {
    await user.goto(`${application.origin}/?select=${encodeURIComponent(`lab:lab/guest/${name}`)}`);
    const inspector = user.getByRole('complementary', { name: `Inspector: ${name}` });
    await expect(inspector.getByText('MAC conflict')).toBeVisible();
    await expect(
      inspector.getByText(
        `NIC eth0 of guest ${name} in lab lab has the MAC address ${one}, and so has NIC eth0 of guest ${other} in lab lab`,
      ),
    ).toBeVisible();
    // The picture, as a screen reader has it.
    await expect(
      user.getByRole('treeitem', { name: new RegExp(`^${name}, guest.*MAC conflict`) }),
    ).toBeAttached();
  }
  await user.goto(`${application.origin}/?mode=table`);
  await expect(user.getByRole('row').filter({ hasText: 'MAC conflict' })).toHaveCount(2);
  await user.goto(`${application.origin}/guests`);
  await expect(user.getByRole('row').filter({ hasText: 'MAC conflict' })).toHaveCount(2);
});

test('a pool of ones own is added, comes first, and is removed; a removed guest gives its address back', async ({
  user,
  application,
}) => {
  await user.goto(`${application.origin}/settings`);
  const pools = user.getByRole('region', { name: 'MAC addresses' });
  const prefix = pools.getByLabel('Prefix of a new pool');
  await prefix.fill('00:11:22');
  await expect(pools.getByRole('alert')).toHaveText(/00:11:22 is for makers of network cards/);
  await prefix.fill('02-AB-CD-00-00');
  await pools.getByRole('button', { name: 'Add the pool' }).click();
  const own = pools.getByRole('listitem').filter({ hasText: '02:ab:cd:00:00' });
  await expect(own.getByText('256 of 256 free')).toBeVisible();
  await expect(own.getByText('comes first')).toBeVisible();

  const { client } = await apiOf(application);
  const five = await client.guests.add.mutate({ host: 'lab:lab', name: 'five', bridge: null });
  expect(five.mac).toMatch(/^02:ab:cd:00:00:/);
  await user.reload();
  await expect(own.getByText('255 of 256 free')).toBeVisible();
  await client.guests.remove.mutate({ host: 'lab:lab', name: 'five' });
  await until(
    'it is free again',
    () => client.macs.pools.query(),
    (all) => all.find((p) => p.prefix === '02:ab:cd:00:00')?.free === 256,
  );
  await own.getByRole('button', { name: 'Remove 02:ab:cd:00:00' }).click();
  await expect(own).toBeHidden();
  await expect(pools.getByText('comes first')).toHaveCount(2);
});
