import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { Network } from '@/server/core/kinds/network';
import { type Api, apiOf, labHost, until } from './api';
import { expect, test } from './fixtures';
import { hold, restsAt } from './graph';
import { hasLibvirt, startLabLibvirt } from './lab-libvirt';
import { commit, freshLab, labAgentPid, natNetwork, statusOf } from './lab-state';
import { picture } from './screenshots';

/*
 * Guests plugged into networks and portgroups from the browser, and what they notice of a change, told before it runs.
 */
test.describe.configure({ mode: 'serial' });

const first = Network.parse({ ...natNetwork(1), portgroups: [{ name: 'front' }, { name: 'back' }] });

const installed = hasLibvirt();

let client: Api;
test.beforeAll(async ({ application }) => {
  await freshLab(application);
  client = (await apiOf(application)).client;
  await commit(client, application.state, [first, natNetwork(2)]);
});

/** By which each port says where it belongs, and where it hangs. */
async function ports(): Promise<readonly string[]> {
  const { links } = await client.topology.facts.query({ host: labHost() });
  if (!links.known) throw new Error(links.why);
  return Object.values(links.value)
    .filter((l) => l.name.startsWith('vnet'))
    .map((l) => `${l.master} ${l.alias}`);
}
const portIs = (what: string) => until(`the port is ${what}`, ports, (p) => p.join() === what);

test('a guest is plugged into a portgroup, moved by its list, and moved by dropping it', async ({
  application,
  user,
}) => {
  await user.goto(`${application.origin}/guests`);
  await user.getByRole('button', { name: 'New guest' }).click();
  const form = user.getByRole('dialog', { name: 'New guest' });
  await form.getByLabel('Name', { exact: true }).fill('web');
  await form.getByLabel('Network').selectOption({ label: 'net1, portgroup front (virbr1)' });
  await form.getByRole('button', { name: 'Add the guest' }).click();
  await expect(form).toBeHidden();
  await portIs('virbr1 patchbay:port:net1:front');
  const plug = user.getByRole('row').filter({ hasText: 'web' }).getByLabel('web is plugged into');
  await expect(plug.locator('option:checked')).toHaveText('net1, portgroup front (virbr1)');

  await plug.selectOption({ label: 'net2 (virbr2)' });
  await expect(user.getByText('web is plugged into net2.')).toBeVisible();
  await portIs('virbr2 patchbay:port:net2:');
  await expect(plug.locator('option:checked')).toHaveText('net2 (virbr2)');

  await user.goto(application.origin);
  const bar = await restsAt(user, 'lab:lab/link/virbr1');
  await hold(user, 'lab:lab/guest/web', { x: bar.x, y: bar.y + 20 });
  await user.mouse.up();
  const question = user.getByRole('dialog', { name: 'Plug web into net1?' });
  await question.getByLabel('As').selectOption({ label: 'net1, portgroup back (virbr1)' });
  await expect(question).toContainText('alias patchbay:port:net1:back');
  await question.getByRole('button', { name: 'Plug web into net1' }).click();
  await portIs('virbr1 patchbay:port:net1:back');
});

test('the review tells what that guest notices, and is quiet when none does', async ({
  application,
  user,
}) => {
  const { version } = (await statusOf(application.state)).committed;
  const leased = until(
    'web has a lease',
    () => client.topology.facts.query({ host: labHost() }),
    ({ leases }) => leases.known && Object.values(leases.value).some((l) => l.network === 'net1'),
  );
  const facts = await leased;
  const had = facts.leases.known ? Object.values(facts.leases.value) : [];
  const mac = had.find((l) => l.network === 'net1')?.mac;
  const [subnet] = first.subnets;
  if (!subnet?.dhcp || mac == null) throw new Error('the network serves DHCP, and the guest has a lease');
  const hosts = [{ mac, ip: '192.168.101.77', name: 'web' }];
  const after = Network.parse({
    ...first,
    domain: { name: 'lab.example' },
    subnets: [{ ...subnet, dhcp: { ...subnet.dhcp, hosts } }],
  });
  const change = await client.changes.draft.mutate({
    host: labHost(),
    baseVersion: version,
    items: [{ op: 'update', before: first, after }],
  });
  const noticed = user.getByRole('region', { name: 'What guests notice' });
  const expectNoticed = async () => {
    await expect(noticed.getByRole('heading', { level: 4 })).toHaveText('web (vnet0) in net1');
    await expect(noticed).toContainText('Gets 192.168.101.77, which is reserved for it');
    await expect(noticed).toContainText('within 30 min');
    await expect(noticed).toContainText('DNS and DHCP of the network do not answer');
  };
  await user.goto(`${application.origin}/changes/${change.id}`);
  await expectNoticed();
  for (const theme of ['light', 'dark'] as const)
    for (const width of [1440, 390]) {
      await user.emulateMedia({ colorScheme: theme });
      await user.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await picture(user, `notice-${theme}-${width}`);
      const { violations } = await new AxeBuilder({ page: user }).analyze();
      expect(violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')).toEqual([]);
      const wide = await user.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide, 'nothing sticks out').toBeLessThanOrEqual(0);
    }
  await user.setViewportSize({ width: 1440, height: 900 });
  await user.goto(`${application.origin}/?change=${change.id}`);
  await expectNoticed();

  const file = path.join(application.state, 'wanted.json');
  const { networks } = (await statusOf(application.state)).committed.desired;
  const desired = (changed: Network) => ({
    networks: networks.map((n) => (n.name === changed.name ? changed : n)),
  });
  writeFileSync(file, JSON.stringify(desired(after)));
  const said = await application.patchbay('plan', file, '--lab', 'lab');
  expect(said).toContain('What guests notice:\n  web (vnet0) in net1\n');
  await client.changes.discard.mutate({ id: change.id });

  const quiet = await client.changes.draft.mutate({
    host: labHost(),
    baseVersion: version,
    items: [{ op: 'create', after: natNetwork(3) }],
  });
  await user.goto(`${application.origin}/changes/${quiet.id}`);
  await expect(user.getByText('No guest notices this.')).toBeVisible();
  await expect(noticed).toHaveCount(0);
  await client.changes.discard.mutate({ id: quiet.id });
});

test('a network goes out as a file, and comes in by choosing a file and by dropping one', async ({
  application,
  user,
}) => {
  await user.goto(`${application.origin}/networks`);
  const saved = user.waitForEvent('download');
  await user.getByRole('button', { name: 'Save net1 as XML' }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe('net1.xml');
  const xml = await readFile(await download.path(), 'utf8');
  expect(xml).toContain("<portgroup name='front'");
  const other = xml
    .replace('<name>net1<', '<name>again<')
    .replace('virbr1', 'virbr71')
    .replaceAll('192.168.101.', '192.168.171.')
    .replace(/<uuid>.*<\/uuid>/, '');

  const panel = user.getByRole('dialog', { name: 'Import a network' });
  const text = panel.getByLabel('XML', { exact: true });
  const form = user.getByRole('dialog', { name: 'New network' });
  const expectRead = async () => {
    await expect(text).toHaveValue(other);
    await panel.getByRole('button', { name: 'Read the XML' }).click();
    await expect(form.getByLabel('Name', { exact: true })).toHaveValue('again');
    await expect(form.getByLabel('Bridge', { exact: true })).toHaveValue('virbr71');
    await expect(form.getByLabel('Portgroup 1, name', { exact: true })).toHaveValue('front');
  };
  await user.getByRole('button', { name: 'Import', exact: true }).click();
  // What libvirt of the lab has is asked: nothing yet, where a lab can have one.
  await expect(panel.getByRole('region', { name: 'Networks of libvirt' })).toContainText(
    installed ? 'libvirt has none.' : /Not known: no lab has one, because .+\./,
  );
  const choosing = user.waitForEvent('filechooser');
  await panel.getByRole('button', { name: 'Open a file' }).click();
  const chooser = await choosing;
  await chooser.setFiles({ name: 'again.xml', mimeType: 'text/xml', buffer: Buffer.from(other) });
  await expectRead();

  await user.goto(`${application.origin}/networks`);
  await user.getByRole('button', { name: 'Import', exact: true }).click();
  await text.evaluate((field, content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], 'again.xml', { type: 'text/xml' }));
    for (const kind of ['dragenter', 'dragover', 'drop'])
      field.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
  }, other);
  await expectRead();
  await form.getByRole('button', { name: 'Review the change' }).click();
  await expect(user.getByText(/Add network again/).first()).toBeVisible();
  await expect(user.getByText('No guest notices this.')).toBeVisible();
});

test('a network is imported from the libvirt that runs on the host', async ({ application, user }) => {
  test.skip(!installed, 'libvirtd is not installed');
  const stop = await startLabLibvirt(
    application.state,
    "<network><name>old</name><domain name='old.example'/><bridge name='virbr66'/><ip address='192.168.166.1' prefix='24'/></network>",
  );
  try {
    // Begun anew, the agent finds what was not there before.
    process.kill(labAgentPid(application.state));
    await until(
      'the agent knows the network',
      () => client.topology.facts.query({ host: labHost() }),
      ({ libvirtNetworks }) => libvirtNetworks.known && libvirtNetworks.value.old !== undefined,
      60_000,
    );
    await user.goto(`${application.origin}/networks`);
    await user.getByRole('button', { name: 'Import', exact: true }).click();
    const panel = user.getByRole('dialog', { name: 'Import a network' });
    const list = panel.getByRole('region', { name: 'Networks of libvirt' });
    await expect(list).toContainText('stopped');
    await list.getByRole('button', { name: 'Import' }).click();
    const form = user.getByRole('dialog', { name: 'New network' });
    await expect(form.getByLabel('Name', { exact: true })).toHaveValue('old');
    await expect(form.getByLabel('Bridge', { exact: true })).toHaveValue('virbr66');
  } finally {
    await stop();
  }
});
