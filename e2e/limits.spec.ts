import { apiOf, labHost, until } from './api';
import { expect, test } from './fixtures';
import { commit, freshLab, natNetwork } from './lab-state';
import { picture } from './screenshots';

test('a limit is typed into the form, put into the kernel, drawn, and taken away', async ({
  application,
  user,
}) => {
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1)]);
  await application.patchbay('guest', 'add', 'web', '--network', 'net1');
  const limits = async () => {
    const { limits: fact } = await client.topology.facts.query({ host: labHost() });
    return fact.known ? fact.value : {};
  };
  const edit = async (fill: (form: ReturnType<typeof user.getByRole>) => Promise<void>) => {
    await user.goto(`${application.origin}/networks`);
    await user.getByRole('row').filter({ hasText: 'net1' }).getByRole('button', { name: 'Edit' }).click();
    const form = user.getByRole('dialog', { name: 'Edit net1' });
    await fill(form);
    await form.getByRole('button', { name: 'Review the change' }).click();
  };
  const keep = async () => {
    await user.getByRole('button', { name: /^Apply \d+ steps?$/ }).click();
    await user.getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
    await expect(user.getByText(/Kept: lab/)).toBeVisible();
  };

  await edit(async (form) => {
    await form.getByText('Bandwidth', { exact: true }).click();
    const inbound = form.getByRole('group', { name: 'Towards the guests (inbound)' });
    await inbound.getByLabel('Average', { exact: true }).fill('10 Mbit/s');
  });
  const review = user.getByRole('region', { name: /net1/ });
  await expect(review).toContainText('Limit what is sent into virbr1 to 10 Mbit/s');
  await expect(review).toContainText('traffic between its guests does not pass there');
  await expect(review).toContainText('With the others it gets at most 10 Mbit/s from outside the network.');
  await picture(user, 'limit-review');
  await keep();
  await until('the kernel has it', limits, (all) => all.virbr1?.sent?.classes[1]?.rate === 1_250_000);
  await user.goto(application.origin);
  await user.getByRole('button', { name: 'Table' }).click();
  await expect(user.getByRole('row').filter({ hasText: 'virbr1' }).first()).toContainText('≤ 10 Mbit/s');

  await edit(async (form) => {
    await form
      .getByRole('group', { name: 'Towards the guests (inbound)' })
      .getByLabel('Average', { exact: true })
      .fill('');
  });
  await expect(review).toContainText('No longer limit what is sent into virbr1');
  await keep();
  await until('nothing is left of it', limits, (all) => all.virbr1 === undefined);
});
