import { expect, test } from 'vitest';
import type { Observed } from './observed';
import { vlansBack } from './plan-links-vlans';

const bridge = (defaultPvid: number | null) => ({
  name: 'br0',
  bridge: { stp: false, forwardDelay: 1500, vlanFiltering: true, defaultPvid },
});
const own = (vid: number) => ({ from: vid, to: vid, pvid: true, untagged: true });
const vlans: Observed['vlans'] = {
  known: true,
  command: 'bridge -j vlan show',
  value: {
    tap0: { port: 'tap0', vlans: [own(20)] },
    tap1: { port: 'tap1', vlans: [own(1), { from: 5, to: 7, pvid: false, untagged: false }] },
    br0: { port: 'br0', vlans: [{ from: 30, to: 30, pvid: false, untagged: false }] },
  },
};
const lines = (devices: readonly string[], defaultPvid: number | null = 1) =>
  vlansBack({ vlans }, bridge(defaultPvid), devices).flatMap((a) =>
    a.do === 'run' ? (a.stdin ?? a.args.join(' ')).trim().split('\n') : [],
  );

test('a port that was not in the default VLAN of its bridge does not stay in it when it comes back', () => {
  expect(lines(['tap0', 'tap1', 'br0', 'unseen'])).toEqual([
    'vlan add dev tap0 vid 20 pvid untagged',
    'vlan del dev tap0 vid 1',
    'vlan add dev tap1 vid 1 pvid untagged',
    'vlan add dev tap1 vid 5-7',
    'vlan add dev br0 vid 30 self',
    'vlan del dev br0 vid 1 self',
  ]);
});

test('that is the VLAN which the bridge gives, or none', () => {
  expect(lines(['tap0'], 9)).toEqual(['vlan add dev tap0 vid 20 pvid untagged', 'vlan del dev tap0 vid 9']);
  expect(lines(['tap0'], 0)).toEqual(['vlan add dev tap0 vid 20 pvid untagged']);
});
