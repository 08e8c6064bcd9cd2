import { apiOf } from './api';
import { expect, test } from './fixtures';
import { commit, freshLab, natNetwork } from './lab-state';

test('a guest is given an address that it keeps; one that DHCP gives to others is refused', async ({
  user,
  application,
}) => {
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1)]);
  await user.goto(`${application.origin}/guests`);
  await user.getByRole('button', { name: 'New guest' }).click();
  const form = user.getByRole('dialog', { name: 'New guest' });
  await form.getByLabel('Name', { exact: true }).fill('still');
  const address = form.getByLabel('Address', { exact: true });
  const add = form.getByRole('button', { name: 'Add the guest' });

  await address.fill('192.168.101');
  await add.click();
  await expect(form.getByText('An address looks like 10.1.0.50, 10.1.0.50/24 or fd00::50/64.')).toBeVisible();
  await address.fill('192.168.101.20');
  await add.click();
  await expect(form.getByText(/lies in the DHCP range 192\.168\.101\.10 to 192\.168\.101\.99/)).toBeVisible();
  await address.fill('192.168.101.5');
  await add.click();
  await expect(form).toBeHidden({ timeout: 30_000 });
  await expect(user.getByRole('row').filter({ hasText: 'still' })).toContainText('192.168.101.5');

  const refused = await application
    .patchbay('guest', 'add', 'other', '--network', 'net1', '--address', '192.168.101.5')
    .catch(String);
  expect(refused).toContain('Address 192.168.101.5 is in use: guest still has it.');
});
