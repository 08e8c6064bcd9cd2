import { describe, expect, test } from 'vitest';
import { NOTHING } from './change';
import { noTapsHere } from './testing/available';
import { whyNoNamespaces } from './testing/kernel';
import { br0, guestTap, inNetwork, linkWalks, of } from './testing/link-walks';

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(`SKIPPED: no plan for links was run on a real kernel, namespaces cannot be made: ${why}`);
const noTaps = noTapsHere();

describe.skipIf(why !== null)('links of the host on a real kernel', () => {
  const walk = linkWalks();

  test('an address and its routes move from an uplink to a bridge, and back', async () => {
    const { faults, plans } = await walk(of(br0), of(br0), { desired: NOTHING });
    expect(faults).toEqual([]);
    expect(plans[0]).toEqual([
      'Create bridge br0',
      'Make uplink0 a port of br0 and move 203.0.113.2/24, 2001:db8:113::2/64 and the default route to it',
    ]);
    expect(plans[1]).toEqual([]);
  });

  test('a bridge changes while its ports stay; then another takes everything over', async () => {
    const { faults } = await walk(
      of(br0),
      of({
        ...br0,
        stp: true,
        delay: 3,
        mtu: 1400,
        mac: '52:54:00:12:34:56',
        uplinks: ['uplink0', 'uplink1'],
      }),
      of({
        ...br0,
        uplinks: ['uplink1'],
        addresses: [{ address: '203.0.113.3', prefix: 24 }],
        routes: [{ gateway: '203.0.113.1', metric: 50 }],
      }),
      of({
        ...br0,
        name: 'lan0',
        uplinks: ['uplink1'],
        addresses: [{ address: '203.0.113.3', prefix: 24 }],
        routes: undefined,
      }),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  test('what somebody meddled with is put right', async () => {
    const { faults, plans } = await walk(of(br0), {
      ...of(br0),
      meddle: [
        ['ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'uplink0'],
        ['ip', 'link', 'set', 'dev', 'br0', 'type', 'bridge', 'stp_state', '1'],
        ['ip', 'route', 'del', '10.0.0.0/8'],
      ],
    });
    expect(faults).toEqual([]);
    expect(plans[1]).toEqual([
      'Turn STP off on br0',
      'Take 203.0.113.2/24 from uplink0: it belongs to br0',
      'Give br0 the route 10.0.0.0/8 via 203.0.113.9',
    ]);
  });

  test.skipIf(noTaps)('a tap comes, is plugged in, made anew, plugged in elsewhere, and goes', async () => {
    const tap = { kind: 'tap', name: 'tap0', bridge: 'br0', vnetHdr: true, mac: '52:54:00:00:00:77' };
    const br1 = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:00:01' };
    const { faults, plans } = await walk(
      of({ ...br0, uplinks: undefined, addresses: undefined, routes: undefined }, tap),
      of({ ...br0, uplinks: undefined, addresses: undefined, routes: undefined }, br1, {
        ...{ ...tap, mtu: 1400, multiQueue: true, user: 'root' },
      }),
      of(br1, { ...tap, bridge: 'br1' }),
      of({ ...tap, bridge: undefined }),
      { desired: NOTHING },
      of(br1, { ...tap, bridge: 'br1' }),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
    expect(plans.map((p) => p.filter((title) => title.includes('tap0')))).toEqual([
      ['Create tap tap0', 'Plug tap0 into br0'],
      ['Take away tap tap0, to make it anew', 'Create tap tap0', 'Plug tap0 into br0'],
      ['Take away tap tap0, to make it anew', 'Create tap tap0', 'Plug tap0 into br1'],
      ['Unplug tap0 from br1'],
      ['Remove tap tap0'],
      ['Create tap tap0', 'Plug tap0 into br1'],
      ['Remove tap tap0'],
    ]);
  });

  test.skipIf(noTaps)('a tap becomes a port of a network as that wants its ports', async () => {
    const told = await walk(inNetwork({ isolated: true, mtu: 1400 }, guestTap));
    expect(told.faults).toEqual([]);
    const later = await walk(inNetwork({}), inNetwork({}, guestTap), inNetwork({}), { desired: NOTHING });
    expect(later.faults).toEqual([]);
  });

  test.skipIf(noTaps)(
    'a network and a tap in it come and go at once; the tap moves when its network goes',
    async () => {
      const br1 = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:00:01' };
      const { faults, plans } = await walk(
        inNetwork({ isolated: true, mtu: 1400 }, guestTap),
        of(br1, { ...guestTap, bridge: 'br1' }),
        inNetwork({}, guestTap),
        { desired: NOTHING },
      );
      expect(faults).toEqual([]);
      const [, moved = [], , removed = []] = plans;
      expect(moved[0]).toBe('Unplug tap5 from virbr5');
      expect(moved.at(-1)).toBe('Plug tap5 into br1');
      expect(removed[0]).toBe('Remove tap tap5');
      expect(removed).toContain('Remove bridge virbr5');
    },
  );

  test.skipIf(noTaps)('many taps come in one step, move in another, and go', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `many${i}`);
    // Without one of its own, a bridge has the least of its ports' addresses.
    const one = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:01:01' };
    const two = { ...one, name: 'br2', mac: '52:54:00:00:01:02' };
    const taps = (bridge?: string) => names.map((name) => ({ kind: 'tap', name, ...(bridge && { bridge }) }));
    const { faults } = await walk(
      of(one, two, ...taps('br1')),
      of(one, two, ...taps('br2')),
      of(one, two, ...taps()),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });
});
