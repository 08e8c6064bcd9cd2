import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desired } from '@/server/core/change';
import { GuestName, MacAddress, NetworkName } from '@/server/core/ids';
import { items } from '@/server/core/observed';
import { patience } from '@/server/core/testing/patience';
import { LAB_MACHINES } from './lab-inside';
import {
  labAgentPid,
  machineWithLab,
  pidNamespace,
  prepareKernelTests,
  processesWith,
  signal,
  until,
} from './testing/machine';
import { whyNoMachines } from './testing/machines';
import { applied } from './testing/story';

/* Hooks of a lab's virtual machines, and who holds their taps, from the agent's door. */

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
await prepareKernelTests();
const machines = await whyNoMachines();
const why = machines.why ?? machines.noKernel;
if (why !== null) console.warn(`SKIPPED: no lab had hooks: ${why}`);

const mac = MacAddress.parse('52:54:00:00:05:01');
const net = (name: string, n: number, hosts: readonly object[] = []) => ({
  ...{ kind: 'network', name, forward: { mode: 'nat' }, bridge: { name: `virbr${n}`, stp: false } },
  subnets: [
    {
      ...{ address: `10.${n}.0.1`, prefix: 24 },
      dhcp: { ranges: [{ start: `10.${n}.0.100`, end: `10.${n}.0.200` }], hosts },
    },
  ],
});
const DESIRED = Desired.parse({ networks: [net('red', 1, [{ mac, ip: '10.1.0.7' }]), net('blue', 2)] });
const WAIT = 60_000 * patience;
const name = GuestName.parse('vm');
const into = (network: string) => ({ name, bridge: null, network: NetworkName.parse(network) });
const TapsFile = z.object({
  guest: z.string(),
  process: z.object({ pid: z.int() }),
  nics: z.array(z.object({ nic: z.object({ name: z.string(), tap: z.string() }), tap: z.string() })),
});

describe.skipIf(why !== null)('hooks of real guests in a lab', () => {
  const { m, lab } = machineWithLab();
  const home = () => path.join(m.state, 'labs/lab');
  const diary = () => path.join(home(), 'diary');
  /** What was written since it was asked for last. */
  const said = () => {
    const lines = readFileSync(diary(), 'utf8').trim().split('\n').filter(Boolean);
    writeFileSync(diary(), '');
    return lines;
  };
  /** To whom the lab's home belongs: with labs of root that need not be root. */
  const give = (file: string) => {
    const { uid, gid } = statSync(home());
    chownSync(file, uid, gid);
  };
  const program = (hook: string, text: string) => {
    const file = path.join(home(), 'hooks', hook);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    for (const own of [file, path.dirname(file), path.dirname(path.dirname(file))]) give(own);
    return file;
  };
  const observed = async () => {
    const seen = await lab.request('observe', {});
    if (!seen.ok) throw new Error(seen.error.message);
    return seen.value;
  };
  const machine = async () => items((await observed()).machines).find((one) => one.name === name);
  const taps = async () => items((await observed()).links).flatMap((l) => (l.kind === 'tun' ? [l.name] : []));
  const recorded = () => {
    const file = path.join(`/proc/${labAgentPid(m.state, 'lab')}/root`, LAB_MACHINES, name, 'taps.json');
    return TapsFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  };

  test(
    'they are told of a NIC, and what fails before a tap is up leaves no guest',
    async () => {
      const { changeId, nonce } = await applied(lab, DESIRED, WAIT / 1000);
      expect(await lab.request('confirm', { changeId, nonce })).toMatchObject({ ok: true });
      writeFileSync(diary(), '');
      give(diary());
      const all = 'INSTANCE MAC MODE INTERFACE INTERFACE_INDEX TAGS IP LINK BRIDGE VLAN';
      for (const moment of ['pre-up', 'post-up', 'pre-down', 'post-down'])
        program(
          `${moment}.d/10-tell`,
          `for v in ${all}; do eval "w=\\"\\$w [\\\${$v-none}]\\""; done; echo "${moment}$w" >>"${diary()}"`,
        );
      const bad = program('pre-up.d/20-bad', 'echo no room >&2; exit 1');
      const refused = await lab.request('guest.add', { ...into('red'), mac, real: true }, WAIT);
      expect(refused).toMatchObject({ ok: false, error: { code: 'HOOK_FAILED' } });
      expect(refused.ok ? '' : refused.error.message).toMatch(
        /^Hook pre-up\.d\/20-bad failed at vnet0: .* ended with 1: no room$/,
      );
      expect(await machine()).toBeUndefined();
      expect(await taps()).toEqual([]);
      expect(said()).toEqual([
        `pre-up [vm] [${mac}] [bridged] [vnet0] [0] [] [10.1.0.7] [red] [virbr1] [none]`,
      ]);
      rmSync(bad);

      expect(await lab.request('guest.add', { ...into('red'), mac, real: true }, WAIT)).toMatchObject({
        ok: true,
      });
      const about = `[vm] [${mac}] [bridged] [vnet0] [0] [] [10.1.0.7] [red] [virbr1] [none]`;
      expect(said()).toEqual([`pre-up ${about}`, `post-up ${about}`]);
    },
    300_000 * patience,
  );

  test(
    'a NIC stays where it is if a hook fails before, and shows what failed afterwards',
    async () => {
      const bad = program('pre-up.d/20-bad', '[ "$LINK" != blue ] || { echo not in there; exit 1; }');
      expect(await lab.request('guest.plug', into('blue'), WAIT)).toMatchObject({
        error: { code: 'HOOK_FAILED' },
      });
      const [tap] = items((await observed()).links).filter((l) => l.name === 'vnet0');
      expect(tap).toMatchObject({ up: true, master: 'virbr1' });
      rmSync(bad);
      program('post-up.d/20-late', 'echo nobody listens; exit 1');
      said();
      expect(await lab.request('guest.plug', into('blue'), WAIT)).toMatchObject({ ok: true });
      const about = (net: string, n: number, ip: string) =>
        `[vm] [${mac}] [bridged] [vnet0] [0] [] [${ip}] [${net}] [virbr${n}] [none]`;
      expect(said()).toEqual([
        ...[`pre-down ${about('red', 1, '10.1.0.7')}`, `post-down ${about('red', 1, '10.1.0.7')}`],
        ...[`pre-up ${about('blue', 2, 'none')}`, `post-up ${about('blue', 2, 'none')}`],
      ]);
      expect((await machine())?.nics[0]?.trouble).toMatch(
        /^Hook post-up\.d\/20-late failed at vnet0: .* ended with 1: nobody listens$/,
      );
      expect(items((await observed()).links).find((l) => l.name === 'vnet0')).toMatchObject({
        ...{ up: true, master: 'virbr2' },
      });
    },
    300_000 * patience,
  );

  test(
    'who holds which tap outlives the agent, and that the holder is gone is seen',
    async () => {
      const before = await machine();
      expect(before).toMatchObject({ nics: [{ name: 'net0', tap: 'vnet0' }] });
      signal(labAgentPid(m.state, 'lab'), 'SIGKILL');
      await until(async () => (await lab.request('hello', {})).ok, 'the agent is back', WAIT);
      expect(await machine()).toEqual(before);
      const holders = items((await observed()).tapHolders);
      expect(holders).toMatchObject([{ device: 'vnet0', processes: [{ pid: before?.pid, guest: 'vm' }] }]);
      expect(recorded()).toEqual({
        ...{ guest: 'vm', process: { pid: before?.pid } },
        nics: [{ nic: { name: 'net0', tap: 'vnet0' }, tap: 'set up' }],
      });

      const inLab = pidNamespace(labAgentPid(m.state, 'lab'));
      const [qemu] = processesWith('guest=vm').filter((pid) => pidNamespace(pid) === inLab);
      signal(qemu, 'SIGKILL');
      await until(async () => (await machine())?.pid === null, 'it has ended', WAIT);
      expect(await taps()).toEqual([]);
      expect(recorded().process.pid).toBe(before?.pid);
      said();
      expect(await lab.request('guest.start', { name }, WAIT)).toMatchObject({ ok: true });
      expect(said().map((line) => line.split(' ')[0])).toEqual([
        'pre-down',
        'post-down',
        'pre-up',
        'post-up',
      ]);
    },
    300_000 * patience,
  );

  test(
    'they run when it goes, and not when it is gone already',
    async () => {
      expect(await lab.request('guest.stop', { name }, WAIT)).toMatchObject({ ok: true });
      expect(said().map((line) => line.split(' ')[0])).toEqual(['pre-down', 'post-down']);
      expect(await lab.request('guest.remove', { name }, WAIT)).toMatchObject({ ok: true });
      expect(said()).toEqual([]);
    },
    300_000 * patience,
  );

  test.skipIf(process.getuid?.() !== 0)(
    'a file of somebody whom the lab does not know is refused',
    async () => {
      const file = program('pre-up.d/20-foreign', 'true');
      chownSync(file, 12345, 12345);
      const refused = await lab.request('guest.add', { ...into('red'), real: true }, WAIT);
      expect(refused.ok ? '' : refused.error.message).toMatch(
        /^Hook pre-up\.d\/20-foreign is not run: it belongs to user 65534, neither to root nor to the agent\.$/,
      );
    },
    300_000 * patience,
  );
});
