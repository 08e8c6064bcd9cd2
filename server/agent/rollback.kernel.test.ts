import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './exec';
import { labAgentPid, newMachine, prepareKernelTests, until } from './testing/machine';
import { applied, NAT, shape, stateOf } from './testing/story';

await prepareKernelTests();

describe('what goes back beside the networks themselves', () => {
  const m = newMachine();
  const lab = m.lab('lab');
  beforeAll(async () => {
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab answers');
  });
  afterAll(m.destroy);

  const inLab = async (...argv: string[]) => {
    const into = ['--user', '--net', '--mount', '--preserve-credentials'];
    const ran = await run(['nsenter', '-t', String(labAgentPid(m.state, 'lab')), ...into, ...argv]);
    if (!ran.ok) throw new Error(`${ran.error.message} ${ran.error.detail ?? ''}`);
    return ran.value.stdout.trim();
  };
  const forwards = (link: string) => inLab('cat', `/proc/sys/net/ipv4/conf/${link}/forwarding`);
  const masquerade =
    'add table ip other; add chain ip other post { type nat hook postrouting priority 100; }';
  const takenBack = async (changeId: string) => {
    const outcome = await lab.request('rollback', { changeId });
    if (!outcome.ok) throw new Error(outcome.error.message);
    return outcome.value;
  };

  test('an interface that forwarded by itself goes on doing so', async () => {
    await inLab('ip', 'link', 'add', 'own0', 'type', 'veth', 'peer', 'name', 'own1');
    await inLab('sysctl', '-w', 'net.ipv4.conf.own0.forwarding=1');
    const { changeId } = await applied(lab, NAT);
    expect(await forwards('own1')).toBe('1');
    expect(await takenBack(changeId)).toMatchObject({ result: 'rolled-back' });
    expect([await forwards('all'), await forwards('own0'), await forwards('own1')]).toEqual(['0', '1', '0']);
    await inLab('ip', 'link', 'del', 'own0');
  });

  test('forwarding stays on when somebody else came to rely on it, and the outcome says so', async () => {
    const { changeId } = await applied(lab, NAT);
    await inLab('nft', `${masquerade}; add rule ip other post masquerade`);
    expect(await takenBack(changeId)).toMatchObject({
      result: 'rolled-back',
      why: "It was taken back by hand. IPv4 forwarding was left on: the firewall's table ip other relies on it by now.",
    });
    expect(await forwards('all')).toBe('1');

    // Who was there before, when nothing was forwarded, does not rely on it.
    await inLab('sysctl', '-w', 'net.ipv4.ip_forward=0');
    const again = await applied(lab, NAT);
    expect(await takenBack(again.changeId)).toMatchObject({ why: 'It was taken back by hand.' });
    expect(await forwards('all')).toBe('0');
    await inLab('nft', 'delete', 'table', 'ip', 'other');
  });

  test('a setting of the host that cannot be put back is told, and tried again', async () => {
    const before = await shape(lab);
    const { changeId } = await applied(lab, NAT);
    await inLab('mount', '--bind', '/proc/sys', '/proc/sys');
    await inLab('mount', '-o', 'remount,bind,ro,nosuid,nodev,noexec', '/proc/sys');
    const leftOver = [
      {
        what: 'Undo of: Turn on IPv4 forwarding',
        command: 'sysctl -w net.ipv4.ip_forward=0',
        error: expect.stringMatching(/sysctl/),
      },
    ];
    expect(await takenBack(changeId)).toMatchObject({ result: 'stuck', leftOver });
    expect(await stateOf(lab)).toMatchObject({ state: 'stuck', leftOver });
    expect(await takenBack(changeId)).toMatchObject({ result: 'stuck', leftOver });
    await inLab('umount', '/proc/sys');
    expect(await takenBack(changeId)).toMatchObject({ result: 'rolled-back' });
    expect(await stateOf(lab)).toEqual({ state: 'idle' });
    expect(await shape(lab)).toEqual(before);
  });
});
