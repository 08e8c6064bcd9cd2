import { describe, expect, test } from 'vitest';
import { parseFixedWish } from '@/server/core/fixed-address';
import { GuestName, IpAddress, NetworkName } from '@/server/core/ids';
import { patience } from '@/server/core/testing/patience';
import { toTopology } from '@/server/core/topology-build';
import { machineWithLab, prepareKernelTests, until } from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { commit, NAT } from './testing/story';

/* Guests of a lab with addresses that they keep, instead of leases. */

await prepareKernelTests();
const machines = await whyNoMachines();
const noReal = machines.why ?? machines.noKernel;
if (noReal !== null) console.warn(`SKIPPED: no real guest had a fixed address: ${noReal}`);

// A virtual machine on a busy host takes its time to start.
const WAIT = 150_000 * patience;
const still = GuestName.parse('still');
const real = GuestName.parse('real');
const later = GuestName.parse('later');
const demo = { bridge: null, network: NetworkName.parse('demo') };
const fixed = (text: string) => {
  const wish = parseFixedWish(text);
  if (!wish.ok) throw new Error(wish.error.message);
  return { fixed: wish.value };
};

describe('guests with fixed addresses', () => {
  const { m, lab } = machineWithLab();
  const guests = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    const drawn = toTopology([{ observed: seen.value, rates: {}, pending: [] }]);
    return Object.fromEntries(
      Object.values(drawn.nodes).flatMap((n) => (n.kind === 'guest' ? [[n.label, n.detail]] : [])),
    );
  };
  const answers = (from: GuestName, to: GuestName | IpAddress, what: string) =>
    until(
      async () => {
        const sent = await lab.request('guest.ping', { from, to });
        return sent.ok && sent.value.received > 0;
      },
      what,
      WAIT,
    );

  test('one has it at once, with the way out, and no DHCP client', async () => {
    await commit(lab, NAT);
    const added = await lab.request('guest.add', { name: still, ...demo, ...fixed('192.168.100.5') });
    expect(added).toMatchObject({ ok: true });
    expect(await guests()).toEqual({ still: expect.stringContaining('192.168.100.5') });
    await answers(still, IpAddress.parse('203.0.113.1'), 'the outside answers');
    const seen = await lab.request('observe', {});
    expect(seen.ok && seen.value.leases).toMatchObject({ known: true, value: {} });
  });

  test('what is taken, served or elsewhere is refused, and no guest is made', async () => {
    const refused = async (text: string, more: object = demo) => {
      const added = await lab.request('guest.add', { name: later, ...demo, ...fixed(text), ...more });
      return added.ok ? 'added' : added.error.message;
    };
    expect([
      await refused('192.168.100.5'),
      await refused('192.168.100.1'),
      await refused('192.168.100.50'),
      await refused('10.0.0.5'),
      await refused('192.168.100.255'),
      await refused('10.0.0.5', { network: undefined }),
    ]).toEqual([
      'Address 192.168.100.5 is in use: guest still has it.',
      "Address 192.168.100.1 is in use: it is network demo's own.",
      'Address 192.168.100.50 lies in the DHCP range 192.168.100.10 to 192.168.100.99 of network demo, out of which others are given addresses: choose one beside it.',
      'Address 10.0.0.5 lies in no subnet of network demo: it has 192.168.100.0/24.',
      '192.168.100.255 is the broadcast address of 192.168.100.0/24, which no guest can have.',
      'Say the prefix length of 10.0.0.5, as in 10.0.0.5/24.',
    ]);
    expect(Object.keys(await guests())).toEqual(['still']);
  });

  test('it keeps it when it is plugged out and in, and when the lab starts again', async () => {
    expect(await lab.request('guest.plug', { name: still, bridge: null })).toMatchObject({ ok: true });
    expect(await lab.request('guest.plug', { name: still, ...demo })).toMatchObject({ ok: true });
    await answers(still, IpAddress.parse('203.0.113.1'), 'the outside answers again');
    await m.kill('SIGTERM');
    await m.start();
    await until(async () => (await lab.request('observe', {})).ok, 'the lab answers', WAIT);
    await until(async () => (await guests()).still?.includes('192.168.100.5') === true, 'it is back', WAIT);
    await answers(still, IpAddress.parse('203.0.113.1'), 'the outside answers after the start');
  });

  test.skipIf(noReal !== null)(
    'a virtual machine has one from its start',
    async () => {
      expect(
        await lab.request(
          'guest.add',
          { name: real, real: true, ...demo, ...fixed('192.168.100.6/24') },
          60_000,
        ),
      ).toMatchObject({
        ok: true,
      });
      expect(await guests()).toMatchObject({ real: '192.168.100.6' });
      await answers(still, real, 'it answers');
    },
    300_000 * patience,
  );
});
