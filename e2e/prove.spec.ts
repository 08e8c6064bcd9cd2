import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import { apiOf, labHost, until } from './api';
import { expect, test } from './fixtures';
import { commit, freshLab, natNetwork } from './lab-state';
import { picture } from './screenshots';

test('a limit is proven in the inspector, and what came of it is still there later', async ({
  application,
  user,
}) => {
  test.setTimeout(300_000);
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [
    {
      ...natNetwork(1),
      portgroups: [
        {
          name: 'slow',
          bandwidth: {
            inbound: { average: 1250, peak: 2500, burst: 256 },
            outbound: { average: 500, burst: 128 },
          },
        },
      ],
    },
  ]);
  await application.patchbay('guest', 'add', 'web', '--network', 'net1', '--portgroup', 'slow');
  await until(
    'web has its address',
    () =>
      client.checks.run.mutate({
        host: labHost(),
        id: randomUUID(),
        check: { check: 'ping', from: 'web', to: 'outside' },
      }),
    ({ verdict }) => verdict === 'ok',
  );

  await user.goto(`${application.origin}/?select=lab:lab/guest/web`);
  const proof = user.getByRole('region', { name: 'Proof of the limit' });
  await proof.getByRole('button', { name: 'Prove the limit' }).click();
  await expect(proof.getByRole('status')).toHaveText(
    /sends to (web|virbr1) over UDP for \d s \(direction 1 of 2\) …/,
  );
  await picture(user, 'prove-progress');
  await expect(proof.getByRole('status')).toHaveText(/over TCP for \d s \(direction 2 of 2\) …/, {
    timeout: 60_000,
  });
  const verdict =
    /^web gets [\d.]+ Mbit\/s of 10 Mbit\/s and sends [\d.]+ Mbit\/s of 4 Mbit\/s: the limits hold\.$/;
  await expect(proof.getByRole('status')).toHaveText(verdict, { timeout: 60_000 });
  await picture(user, 'prove-verdict');

  await user.reload();
  await expect(proof.getByRole('status')).toHaveText(verdict);
  await expect(proof).toContainText(/Measured .*, of version 1 of the design\./);
  const { violations } = await new AxeBuilder({ page: user }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`)).toEqual([]);

  // The guest's own panel has it among its earlier checks.
  await user.getByRole('button', { name: 'Check from here' }).click();
  const panel = user.getByRole('dialog', { name: 'Check' });
  await panel.getByText(/^Earlier checks of web/).click();
  await expect(panel.getByText(verdict)).toBeVisible();
  await panel.getByRole('combobox', { name: 'Check' }).selectOption({ label: 'Limit' });
  await expect(panel.getByRole('combobox', { name: 'To' })).toHaveValue('');
  await expect(panel.getByRole('button', { name: 'Run check' })).toBeEnabled();
  await picture(user, 'prove-panel');
});
