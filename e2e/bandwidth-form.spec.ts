import AxeBuilder from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { apiOf } from './api';
import { expect, logIn, test } from './fixtures';
import { draft, natNetwork } from './lab-state';
import { opened, unfold } from './network-form';
import { picture } from './screenshots';

/*
 * Limits in the form: what is typed in all units, refusals, presets, sliders by keyboard, and what it all means.
 */

const towards = (form: Locator) => form.getByRole('group', { name: 'Towards the guests (inbound)' });
const from = (form: Locator) => form.getByRole('group', { name: 'From the guests (outbound)' });
const field = (group: Locator, label: string) => group.getByLabel(label, { exact: true });

test('what is typed stands there in all units, and is refused in the words of the API', async ({
  application,
  user,
}) => {
  const form = await opened(user, application.origin);
  await unfold(form, 'Bandwidth');
  const inbound = towards(form);
  const average = field(inbound, 'Average');
  for (const [typed, words] of [
    ['10 Mbit/s', '10 Mbit/s · 1.25 MB/s · 1,250 kB/s'],
    ['1.2 MB/s', '9.6 Mbit/s · 1.2 MB/s · 1,200 kB/s'],
    ['1200', '9.6 Mbit/s · 1.2 MB/s · 1,200 kB/s'],
  ] as const) {
    await average.fill(typed);
    await expect(average).toHaveAccessibleDescription(words);
  }

  // Told while it is typed, and as a fault once the field is left.
  await average.fill('10 furlongs');
  await expect(average).toHaveAccessibleDescription(
    /^A rate looks like 10 Mbit\/s, 1.2 MB\/s or 1200 \(kB\/s\); units are /,
  );
  await expect(inbound.getByRole('alert')).toHaveCount(0);
  await average.blur();
  await expect(inbound.getByRole('alert')).toHaveText(/^A rate looks like 10 Mbit\/s/);

  await average.fill('10 Mbit/s');
  const peak = field(inbound, 'Peak');
  await peak.fill('5 Mbit/s');
  const below = 'The inbound limit has a peak of 625 kB/s, below its average of 1250 kB/s.';
  await expect(peak).toHaveAccessibleDescription(`5 Mbit/s · 0.625 MB/s · 625 kB/s ${below}`);
  await peak.blur();
  await expect(inbound.getByRole('alert')).toHaveText(below);
  const { client } = await apiOf(application);
  const refused = draft(client, [{ ...natNetwork(1), bandwidth: { inbound: { average: 1250, peak: 625 } } }]);
  await expect(refused).rejects.toThrow(below);

  await average.fill('');
  await average.blur();
  await expect(inbound.getByRole('alert')).toHaveText(
    'The inbound limit needs an average: a peak or a burst alone limits nothing.',
  );
  await expect(draft(client, [{ ...natNetwork(1), bandwidth: { inbound: { peak: 625 } } }])).rejects.toThrow(
    'The inbound limit needs an average: a peak or a burst alone limits nothing.',
  );
});

test('presets fill both directions, and what a limit means is drawn and told', async ({
  application,
  user,
}) => {
  const form = await opened(user, application.origin);
  await unfold(form, 'Bandwidth');
  const [inbound, outbound] = [towards(form), from(form)];
  await form.getByRole('button', { name: 'Limit both directions to 10 Mbit/s' }).click();
  for (const group of [inbound, outbound]) await expect(field(group, 'Average')).toHaveValue('10 Mbit/s');
  await expect(form.getByText('traffic between its guests does not pass there')).toBeVisible();

  const means = inbound.getByRole('region', { name: 'What the inbound limit means' });
  await expect(means).toContainText('10 Mbit/s all the time, without a burst.');
  await expect(means.getByText(/^takes /)).toHaveText('takes 84 s at best.');
  await inbound.getByRole('button', { name: 'Allow ten seconds above the average' }).click();
  await expect(field(inbound, 'Peak')).toHaveValue('20 Mbit/s');
  await expect(field(inbound, 'Burst')).toHaveValue('12207 KiB');
  await expect(
    means.getByRole('img', {
      name: 'At full speed towards the guests: 20 Mbit/s for 10 s, which are 23.8 MiB; then 10 Mbit/s.',
    }),
  ).toBeVisible();
  await expect(means.locator('canvas')).toBeVisible();
  await means.getByLabel('A download of').selectOption('1 GiB');
  await expect(means.getByText(/^takes /)).toHaveText('takes 14 min 9 s at best.');

  await field(outbound, 'Peak').fill('20 Mbit/s');
  await expect(outbound).toContainText('An outbound peak has no effect');
  await field(outbound, 'Burst').fill('4 KiB');
  await expect(outbound).toContainText('TCP stays far below the average, give it 64 KiB or more.');
  await outbound.getByRole('button', { name: 'Clear outbound' }).click();
  for (const label of ['Average', 'Peak', 'Burst']) await expect(field(outbound, label)).toHaveValue('');
  await expect(outbound.getByRole('region')).toHaveCount(0);

  await form.getByLabel('Name of a new profile').fill('Office');
  await user.keyboard.press('Enter');
  await expect(user.getByText('The profile is saved.')).toBeVisible();
  await form.getByLabel('Name of a new profile').fill(' Office ');
  await form.getByRole('button', { name: 'Save the profile' }).click();
  await expect(form.getByRole('alert')).toHaveText('There is a profile of this name already.');
  await form.getByRole('button', { name: 'Limit both directions to 1 Gbit/s' }).click();
  await form.getByLabel('Limit as in a profile').selectOption('Office');
  await expect(field(inbound, 'Peak')).toHaveValue('20 Mbit/s');
  await expect(field(outbound, 'Average')).toHaveValue('');

  await user.goto(`${application.origin}/settings`);
  const profiles = user.getByRole('list', { name: 'Profiles' });
  await expect(profiles).toContainText('inbound 10 Mbit/s, peak 20 Mbit/s, burst 12,207 KiB');
  await user.getByRole('button', { name: 'Delete Office' }).click();
  await expect(profiles.getByRole('listitem')).toHaveCount(0);
});

test('a limit is set with the keyboard alone', async ({ application, user }) => {
  const form = await opened(user, application.origin);
  await unfold(form, 'Bandwidth');
  const inbound = towards(form);
  const slider = inbound.getByRole('slider', { name: 'Average on a scale' });
  const average = field(inbound, 'Average');
  await expect(slider).toHaveAttribute('aria-valuetext', 'none');
  await average.fill('9 Mbit/s');
  await expect(inbound.locator('canvas')).toBeVisible();
  await user.keyboard.press('Tab');
  await expect(slider).toBeFocused();
  await user.keyboard.press('ArrowRight');
  await expect(average).toHaveValue('10 Mbit/s');
  await expect(slider).toHaveAttribute('aria-valuetext', '10 Mbit/s');
  await user.keyboard.press('ArrowRight');
  await expect(average).toHaveValue('20 Mbit/s');
  await user.keyboard.press('End');
  await expect(average).toHaveValue('10 Gbit/s');
  await user.keyboard.press('Home');
  await expect(average).toHaveValue('');
});

for (const theme of ['light', 'dark'] as const)
  for (const width of [1440, 390])
    test(`axe finds nothing serious, ${theme}, ${width} px`, async ({ application, page }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await logIn(page, application);
      const form = await opened(page, application.origin);
      await unfold(form, 'Bandwidth');
      await form.getByRole('button', { name: 'Limit both directions to 10 Mbit/s' }).click();
      await form.getByRole('button', { name: 'Allow ten seconds above the average' }).click();
      await field(from(form), 'Peak').fill('5 Mbit/s');
      await expect(form.locator('canvas')).toHaveCount(2);
      await towards(form).scrollIntoViewIfNeeded();
      await form.getByText('Limit both directions to').scrollIntoViewIfNeeded();
      if (theme === 'light' && width === 1440) await picture(page, 'bandwidth-form');
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
      expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`)).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider).toBeLessThanOrEqual(0);
    });
