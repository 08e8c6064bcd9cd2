import AxeBuilder from '@axe-core/playwright';
import { apiOf, labHost, until } from './api';
import { expect, test } from './fixtures';
import { commit, freshLab, natNetwork } from './lab-state';
import { picture } from './screenshots';

test('two guests get one limit at once, what cannot be is told, and it is taken away again', async ({
  application,
  user,
}) => {
  test.setTimeout(300_000);
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1)]);
  for (const guest of ['db', 'spare', 'web'])
    await application.patchbay('guest', 'add', guest, '--network', 'net1');
  const limited = async () => {
    const { limits } = await client.topology.facts.query({ host: labHost() });
    return limits.known
      ? Object.entries(limits.value)
          .filter(([device]) => !device.startsWith('pbin-'))
          .map(([, { sent }]) => sent?.classes[0]?.rate ?? 0)
      : [];
  };
  await user.goto(`${application.origin}/guests`);
  const form = user.getByRole('dialog', { name: 'Limit NICs' });
  const open = () => user.getByRole('button', { name: 'Limit NICs' }).click();
  const average = form
    .getByRole('group', { name: 'Towards the guests (inbound)' })
    .getByLabel('Average', { exact: true });
  const floor = form.getByLabel('Floor', { exact: true });

  await open();
  await expect(form.getByRole('checkbox')).toHaveCount(3);
  await form.getByRole('checkbox', { name: /^spare/ }).uncheck();
  await average.fill('10 Mbit/s');
  await floor.fill('1 Mbit/s');
  await picture(user, 'limit-nics');
  const { violations } = await new AxeBuilder({ page: user }).include('[role=dialog]').analyze();
  expect(violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')).toEqual([]);
  await form.getByRole('button', { name: 'Limit 2 NICs' }).click();
  await expect(form).toContainText('Network net1 has no inbound average');
  await floor.fill('');
  await form.getByRole('button', { name: 'Limit 2 NICs' }).click();
  await expect(form).toBeHidden();
  await expect(user.getByRole('row').filter({ hasText: 'web' })).toContainText('limited');
  await expect(user.getByRole('row').filter({ hasText: 'spare' })).not.toContainText('limited');
  await until('both are limited in the kernel', limited, (all) => all.join() === '1250000,1250000');

  await user.setViewportSize({ width: 390, height: 844 });
  await open();
  await expect(form).toContainText('gets at most 10 Mbit/s');
  await expect(average).toHaveValue('10 Mbit/s');
  await picture(user, 'limit-nics-narrow');
  await average.fill('');
  await form.getByRole('button', { name: 'Limit 3 NICs' }).click();
  await expect(form).toBeHidden();
  await until('nobody is limited', limited, (all) => all.length === 0);
});
