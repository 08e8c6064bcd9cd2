import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Network } from '@/server/core/kinds/network';
import { isPool, pickDevice, type Taken, virtualFunctions } from './guests-pool';

function pick(forward: object, present: readonly string[], taken: readonly Taken[] = []) {
  const network = Network.parse({ kind: 'network', name: 'lan', forward, subnets: [] });
  if (!isPool(network.forward)) throw new Error('this is no pool');
  return pickDevice({ name: network.name, forward: network.forward }, present, taken);
}
const took = (device: string, mode: Taken['mode'] = 'bridge', guest = 'g'): Taken => ({
  guest,
  device,
  mode,
});

describe('a device out of a pool', () => {
  const two = { interfaces: ['eth1', 'eth2'] };

  test('is the one that the fewest have, the first of those', () => {
    expect(pick({ mode: 'vepa', ...two }, ['eth1', 'eth2'])).toEqual({ ok: true, value: 'eth1' });
    expect(pick({ mode: 'vepa', ...two }, ['eth1', 'eth2'], [took('eth1')])).toEqual({
      ok: true,
      value: 'eth2',
    });
    expect(pick({ mode: 'vepa', ...two }, ['eth1'], [took('eth1')])).toEqual({ ok: true, value: 'eth1' });
  });

  test('is nobody else’s when it is passed through, nor one that somebody has so', () => {
    const taken = [took('eth1', 'bridge', 'web'), took('eth2', 'passthrough', 'db')];
    expect(pick({ mode: 'passthrough', ...two }, ['eth1', 'eth2'], taken)).toMatchObject({
      ok: false,
      error: {
        code: 'POOL_TAKEN',
        message: 'All devices of network lan are taken: eth1 by web; eth2 by db.',
      },
    });
    expect(pick({ mode: 'private', interfaces: ['eth2'] }, ['eth2'], taken)).toMatchObject({ ok: false });
  });

  test('is none when none is there', () => {
    expect(pick({ mode: 'private', ...two }, ['eth9'])).toMatchObject({
      error: { code: 'POOL_EMPTY', message: 'No device of network lan is on this host (eth1, eth2).' },
    });
    expect(pick({ mode: 'private', pf: 'nosuch0' }, [])).toMatchObject({
      error: { message: 'nosuch0 has no virtual functions, so that network lan has no devices.' },
    });
  });
});

test('virtual functions are listed in their order, those without an interface left out', () => {
  const sys = mkdtempSync(path.join(tmpdir(), 'sys-'));
  try {
    for (const [n, name] of [
      [10, 'eth12'],
      [2, 'eth4'],
      [0, 'eth2'],
    ] as const)
      mkdirSync(path.join(sys, `pci${n}/net/${name}`), { recursive: true });
    mkdirSync(path.join(sys, 'pci1'));
    mkdirSync(path.join(sys, 'eth0/device'), { recursive: true });
    for (const n of [10, 2, 0, 1])
      symlinkSync(path.join(sys, `pci${n}`), path.join(sys, `eth0/device/virtfn${n}`));
    expect(virtualFunctions('eth0', sys)).toEqual(['eth2', 'eth4', 'eth12']);
  } finally {
    rmSync(sys, { recursive: true });
  }
});
