import { expect, test } from './fixtures';
import { hasLibvirt } from './lab-libvirt';
import { freshLab, statusOf } from './lab-state';

/* A network that the lab's own libvirt makes: designed in the form, reviewed, applied, with a guest that has its lease. */

const missing = !hasLibvirt();
if (missing) console.warn('SKIPPED: no network was made by libvirt in the browser, it is not installed');

test('a network on libvirt takes a guest of the lab, who gets its lease', async ({ application, user }) => {
  test.skip(missing, 'libvirt is not installed');
  test.setTimeout(180_000);
  await freshLab(application);
  await user.goto(`${application.origin}/?panel=new-network&host=lab%3Alab`);
  const form = user.getByRole('dialog', { name: 'New network' });
  await form.getByLabel('Name', { exact: true }).fill('virt');
  await form.getByLabel('Made by', { exact: true }).selectOption('libvirt');
  await form.getByLabel('Bridge', { exact: true }).fill('virbr8');
  await form.getByLabel('Address of the host (gateway)').fill('192.168.158.1');
  await form.getByLabel('Range 1, first address').fill('192.168.158.10');
  await form.getByLabel('Range 1, last address').fill('192.168.158.99');
  await form.getByRole('button', { name: 'Review the change' }).click();
  const review = user.getByRole('region', { name: /^Add network virt/ });
  await expect(review).toContainText('Define and start network virt in libvirt');
  await expect(review).toContainText('virsh -c qemu:///system net-start virt');
  await review.getByRole('button', { name: /^Apply \d+ steps?$/ }).click();
  const confirm = user.getByRole('region', { name: 'A change waits to be confirmed' });
  await expect(confirm).toBeVisible({ timeout: 60_000 });

  await user.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Guests' }).click();
  await user.getByRole('button', { name: 'New guest' }).click();
  const guest = user.getByRole('dialog', { name: 'New guest' });
  await guest.getByLabel('Name', { exact: true }).fill('tenant');
  await guest.getByLabel('Network').selectOption({ label: 'virt (virbr8)' });
  await guest.getByRole('button', { name: 'Add the guest' }).click();
  await expect(guest).toBeHidden();
  const row = user.getByRole('row').filter({ hasText: 'tenant' });
  await expect(row).toContainText(/192\.168\.158\.\d+/, { timeout: 30_000 });
  await confirm.getByRole('button', { name: 'Keep' }).click();
  await expect(user.getByText(/Kept: lab/)).toBeVisible();
  expect((await statusOf(application.state)).committed.desired.networks).toMatchObject([
    { name: 'virt', footing: 'libvirt' },
  ]);
  // The lease is libvirt's word, not only the guest's own.
  await user.goto(`${application.origin}/`);
  const rail = user.getByRole('complementary').getByRole('region', { name: 'lab', exact: true });
  await rail.getByRole('button', { name: 'tenant' }).click();
  const inspector = user.getByRole('complementary', { name: 'Inspector: tenant' });
  const addresses = inspector.getByRole('region', { name: 'Addresses' });
  await expect(addresses).toContainText(/192\.168\.158\.\d+/);
  await expect(addresses).toContainText('virt');
});
