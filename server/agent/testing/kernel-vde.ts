import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { MicroGuest } from '@/server/core/kinds/micro-guest';
import type { Result } from '@/server/core/result';
import { ip } from '@/server/core/testing/kernel-outside';
import { patience } from '@/server/core/testing/patience';
import { run, start } from '../exec';
import { addNic, startMachine, stopMachine } from '../qemu/machine';
import { findMachine, type MachinePlace } from '../qemu/place';
import { askVde, parseVdePorts, setVdeVlans } from '../qemu/vde';

/*
 * Runs inside namespaces of its own: two guests at a real vde_switch, of which the first leads from a tap of the host
 * to the second. What it finds it prints.
 */

const Setting = z.object({ folder: z.string(), image: z.string() });

export type VdeSeen = {
  /** Does the second guest answer the host: in the VLAN of the first, in another one, and in the same again? */
  readonly answers: readonly boolean[];
  /** VLANs of the switch's ports, in their order. */
  readonly vlans: readonly number[];
  readonly refused: Readonly<Record<string, string>>;
};

const refusal = (result: Result<unknown>) =>
  result.ok ? 'not refused' : `${result.error.code}: ${result.error.message}`;
const done = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${refusal(result)} ${result.error.detail ?? ''}`);
  return result.value;
};

async function main({ folder, image }: z.infer<typeof Setting>): Promise<VdeSeen> {
  const place: MachinePlace = { folder: path.join(folder, 'guests'), image };
  const [socket, management] = [path.join(folder, 'switch'), path.join(folder, 'manage')];
  const vde = start(['vde_switch', '-sock', socket, '-mgmt', management], { stdin: 'pipe' });
  const vlan = { tags: [{ id: 5 }] };
  const at = { type: 'vde', socket, management };
  const nic = (name: string, n: number, more: object) => ({ name, mac: `52:54:00:00:0d:0${n}`, ...more });
  const first = MicroGuest.parse({
    name: 'first',
    nics: [
      nic('host', 1, { source: { type: 'ethernet' }, tap: 'vnet1' }),
      nic('vde', 2, { source: at, vlan }),
    ],
    addresses: { host: '10.1.0.2/24', vde: '10.7.0.1/24' },
    routes: true,
  });
  const second = MicroGuest.parse({
    name: 'second',
    nics: [nic('vde', 3, { source: at, vlan })],
    addresses: { vde: '10.7.0.2/24' },
    gateway: '10.7.0.1',
  });
  await ip('link', 'set', 'dev', 'lo', 'up');
  for (const end = performance.now() + 10_000 * patience; performance.now() < end; await pause(50))
    if ((await askVde(management, 'port/print')).ok) break;
  try {
    done(await startMachine(place, first));
    done(await startMachine(place, second));
    await ip('addr', 'add', '10.1.0.1/24', 'dev', 'vnet1');
    await ip('link', 'set', 'dev', 'vnet1', 'up');
    await ip('route', 'add', '10.7.0.0/24', 'via', '10.1.0.2');
    const answers = async (seconds: number): Promise<boolean> => {
      for (const end = performance.now() + seconds * 1000 * patience; ; )
        if ((await run(['ping', '-c', '1', '-W', '1', '10.7.0.2'])).ok) return true;
        else if (performance.now() > end) return false;
    };
    const together = await answers(120);
    const pid = findMachine(place, second.name)?.pid ?? 0;
    done(await setVdeVlans(management, pid, [6]));
    const apart = await answers(3);
    done(await setVdeVlans(management, pid, [5]));
    const again = await answers(30);
    const vlans = parseVdePorts(done(await askVde(management, 'port/print'))).map((p) => p.vlan);
    const [other] = MicroGuest.parse({ name: 'x', nics: [nic('more', 4, { source: at, vlan })] }).nics;
    if (other === undefined) throw new Error('no NIC');
    const lost = { ...second, nics: [{ ...other, source: { ...other.source, management: undefined } }] };
    const refused = {
      hotplug: refusal(await addNic(place, second.name, other)),
      'no management': refusal(await startMachine(place, MicroGuest.parse({ ...lost, name: 'lost' }))),
      'no switch': refusal(await askVde(path.join(folder, 'nobody'), 'port/print')),
      'no such command': refusal(await askVde(management, 'dance')),
      'not there': refusal(await setVdeVlans(management, pid, [7, 8])).replace(/\d+ has/, 'PID has'),
    };
    return { answers: [together, apart, again], vlans, refused };
  } finally {
    for (const guest of [second, first]) await stopMachine(place, guest.name);
    vde.kill('SIGKILL');
  }
}

process.stdout.write(JSON.stringify(await main(Setting.parse(JSON.parse(readFileSync(0, 'utf8'))))), () =>
  process.exit(0),
);
