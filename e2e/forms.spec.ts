import AxeBuilder from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { expect, logIn, test } from './fixtures';
import { statusOf } from './lab-state';
import { formOf, opened, unfold } from './network-form';
import { picture } from './screenshots';

/*
 * The whole form of a network: every part of it, XML in both directions, and what becomes of it in a lab.
 */

const xmlOf = (form: Locator) => form.getByRole('textbox', { name: "libvirt's XML" });

test('a network is designed with all its parts, in fields and in XML', async ({ application, user }) => {
  test.setTimeout(180_000);
  const form = await opened(user, application.origin);
  const field = (label: string) => form.getByLabel(label, { exact: true });
  await field('Name').fill('full');
  await field('Address of the host (gateway)').fill('192.168.160.1 255.255.255.0');
  await field('Range 1, first address').fill('192.168.160.10');
  await field('Range 1, last address').fill('192.168.160.99');
  await field('Range 1, lease time').fill('12h');
  await expect(field('Address of the host (gateway)')).toHaveValue('192.168.160.1');
  await expect(field('Prefix')).toHaveValue('255.255.255.0');
  await expect(form.getByRole('figure', { name: 'Addresses of 192.168.160.0/24' })).toContainText(
    '90 by DHCP',
  );

  await unfold(form, 'DNS and domain');
  await form.getByRole('button', { name: 'Add a DNS host' }).click();
  await field('DNS host 1, address').fill('192.168.160.5');
  await field('DNS host 1, names').fill('www, www.lab.example');
  await unfold(form, 'VLANs and portgroups');
  await form.getByRole('button', { name: 'Add a portgroup' }).click();
  await field('Portgroup 1, name').fill('blue');
  await form.getByRole('region', { name: 'Portgroup 1' }).getByLabel('VLAN', { exact: true }).fill('10');
  await unfold(form, 'Port forwards');
  await form.getByRole('button', { name: 'Add a port forward' }).click();
  await field('Port forward 1, ports of the host').fill('8080-8081');
  await field('Port forward 1, guest').fill('192.168.160.5');

  await form.getByRole('button', { name: 'XML', exact: true }).click();
  const xml = xmlOf(form);
  for (const part of [
    "<lease expiry='12' unit='hours'/>",
    '<hostname>www.lab.example</hostname>',
    "<portgroup name='blue'>",
    "netmask='255.255.255.0'",
  ])
    await expect(xml).toHaveValue(new RegExp(part.replaceAll('.', '\\.')));
  await expect(form.getByText(/^Not in the XML: the port forward/)).toBeVisible();
  await picture(user, 'form-xml');

  // The other way: what is typed as XML stands in the fields, and what XML cannot say stays.
  const text = await xml.inputValue();
  await xml.fill(text.replace("expiry='12' unit='hours'", "expiry='90' unit='minutes'"));
  await expect(field('Range 1, lease time')).toHaveValue('90 min');
  await expect(field('Port forward 1, ports of the host')).toHaveValue('8080-8081');
  await xml.fill(text.replace("start='192.168.160.10'", "start='nonsense'"));
  await expect(form.getByText(/^Line \d+: .*<range start='nonsense'>/)).toBeVisible();
  await expect(field('Range 1, first address')).toHaveValue('192.168.160.10');
  await form.getByRole('button', { name: 'Back to what the form says' }).click();
  await expect(xml).toHaveValue(/expiry='90' unit='minutes'/);

  // Modes to and fro: nothing is lost, and what does not fit is named.
  await form.getByRole('radio', { name: /Bridged/ }).check();
  await expect(
    form.getByText(/kept here in case you choose another: .*subnets.*port forwards/),
  ).toBeVisible();
  await form.getByRole('radio', { name: /NAT/ }).check();
  await expect(field('Range 1, lease time')).toHaveValue('90 min');

  const review = user.getByRole('region', { name: /^Add network full/ });
  const send = form.getByRole('button', { name: 'Review the change' });
  await send.click();
  const refusal = form.getByRole('alert').first();
  await expect(review.or(refusal).first()).toBeVisible();
  if (await refusal.isVisible()) {
    // Not on every host and every kernel: said before anything runs, and the rest can go on.
    await form.getByRole('button', { name: 'Remove port forward 1' }).click();
    await form.getByRole('button', { name: 'Remove portgroup 1' }).click();
    await send.click();
  }
  await expect(review).toContainText('192.168.160.1/24');
  await user.getByRole('button', { name: /^Apply \d+ steps$/ }).click();
  await user.getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(user.getByText(/Kept: lab/)).toBeVisible();
  const { committed } = await statusOf(application.state);
  expect(committed.desired.networks.find((n) => n.name === 'full')).toMatchObject({
    subnets: [{ dhcp: { ranges: [{ lease: { expiry: 90, unit: 'minutes' } }] } }],
    dns: { hosts: [{ ip: '192.168.160.5', names: ['www', 'www.lab.example'] }] },
  });
});

test('the first field that is wrong gets the focus, in a folded part too', async ({ application, user }) => {
  const form = await opened(user, application.origin);
  await unfold(form, 'Bridge details');
  await form.getByLabel('MTU (bytes)').fill('big');
  await unfold(form, 'Bridge details');
  await form.getByRole('button', { name: 'Review the change' }).click();
  await expect(form.getByLabel('MTU (bytes)')).toBeFocused();
});

test('a network comes in as XML and goes out again', async ({ application, user }) => {
  await user.goto(`${application.origin}/networks`);
  await user.getByRole('button', { name: 'Import', exact: true }).click();
  const panel = user.getByRole('dialog', { name: 'Import a network' });
  await panel.getByLabel('XML', { exact: true }).fill('<network><name>in</name><bogus/></network>');
  await panel.getByRole('button', { name: 'Read the XML' }).click();
  await expect(panel.getByRole('alert')).toContainText('Line 1');
  await panel
    .getByLabel('XML', { exact: true })
    .fill(
      "<network><name>in</name><bridge name='virbr61'/><ip address='192.168.161.1' prefix='24'/></network>",
    );
  await panel.getByRole('button', { name: 'Read the XML' }).click();
  const form = formOf(user);
  await expect(form.getByLabel('Name', { exact: true })).toHaveValue('in');
  await expect(form.getByLabel('Bridge', { exact: true })).toHaveValue('virbr61');
  await form.getByRole('button', { name: 'XML', exact: true }).click();
  const saved = user.waitForEvent('download');
  await form.getByRole('button', { name: 'Save', exact: true }).click();
  expect((await saved).suggestedFilename()).toBe('in.xml');
});

for (const theme of ['light', 'dark'] as const)
  for (const width of [1440, 390])
    test(`axe finds nothing serious with everything unfolded, ${theme}, ${width} px`, async ({
      application,
      page,
    }) => {
      test.setTimeout(120_000);
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await logIn(page, application);
      const form = await opened(page, application.origin);
      await form.getByRole('button', { name: 'Add a reservation' }).click();
      for (const part of ['DNS and domain', 'VLANs and portgroups', 'Port forwards', 'Static routes'])
        await unfold(form, part);
      for (const noun of [
        'forwarder',
        'DNS host',
        'TXT record',
        'SRV record',
        'portgroup',
        'port forward',
        'route',
      ])
        await form.getByRole('button', { name: new RegExp(`^Add an? ${noun}$`) }).click();
      await form.locator('details:not([open])').evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '');
      });
      const check = async (where: string) => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
        expect(
          serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`),
          where,
        ).toEqual([]);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wider, where).toBeLessThanOrEqual(0);
      };
      await check('the fields');
      await form.getByRole('radio', { name: /PCI passthrough/ }).check();
      await check('PCI passthrough');
      await form.getByRole('radio', { name: /NAT/ }).check();
      await form.getByRole('button', { name: 'XML', exact: true }).click();
      await expect(xmlOf(form)).toBeVisible();
      await check('the XML');
    });
