import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newMachine, prepareKernelTests, until } from '@/server/agent/testing/machine';
import { NAT } from '@/server/agent/testing/story';
import { patience } from '@/server/core/testing/patience';

await prepareKernelTests();

/** To confirm in. */
const TIME = ['--seconds', `${60 * patience}`];

describe('everything that the browser does is possible in the terminal', () => {
  const m = newMachine();
  const file = path.join(m.state, 'net.json');
  beforeAll(async () => {
    await m.start();
    writeFileSync(file, JSON.stringify(NAT));
  });
  afterAll(m.destroy);

  const done = async (...words: string[]) => {
    const ran = await m.patchbay(...words);
    expect(ran, words.join(' ')).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout;
  };

  test('a lab is made, and listed', async () => {
    expect(await done('lab', 'create', 'demo')).toMatch(/Lab demo runs/);
    expect(await done('lab', 'list')).toMatch(/^demo +running/m);
    expect(await done('status')).toMatch(/^lab:demo +0 +nothing is going on$/m);
  });

  test('a plan is read, applied, tried out and confirmed', async () => {
    const plan = await done('plan', file, '--lab', 'demo');
    expect(plan).toMatch(/ip link add name virbr1 /);
    expect(plan).toMatch(/nft -f -/);
    expect(await done('apply', file, '--lab', 'demo', ...TIME)).toContain('patchbay confirm --host lab:demo');
    expect(await done('status', '--lab', 'demo')).toMatch(/waits to be confirmed/);
    await done('guest', 'add', 'web', '--lab', 'demo', '--bridge', 'virbr1');
    await until(
      async () => (await m.patchbay('guest', 'ping', 'web', 'outside', '--lab', 'demo')).code === 0,
      'it is online',
    );
    expect(await done('confirm', '--lab', 'demo')).toMatch(/committed as version 1/);
    expect(await done('plan', file, '--lab', 'demo')).toMatch(/^Nothing is to be done/);
  });

  test('what is there is shown, as a table and as JSON, with and without an agent', async () => {
    expect(await done('observe', '--lab', 'demo')).toMatch(
      /^virbr1 +bridge +up .*192\.168\.100\.1\/24 .*patchbay:demo$/m,
    );
    const json: unknown = JSON.parse(await done('observe', '--lab', 'demo', '--json'));
    expect(json).toMatchObject({ agent: { host: 'lab:demo' }, links: { known: true } });
    const here: unknown = JSON.parse(await done('observe', '--json'));
    expect(here).toMatchObject({
      agent: { host: 'machine' },
      links: { known: true, value: { lo: { name: 'lo' } } },
    });
  });

  test('a change is taken back by hand', async () => {
    writeFileSync(file, JSON.stringify({ networks: [], links: [] }));
    await done('guest', 'plug', 'web', '--lab', 'demo');
    await done('apply', file, '--lab', 'demo', ...TIME);
    expect(await done('rollback', '--lab', 'demo')).toMatch(/is taken back/);
    expect(await done('status', '--lab', 'demo')).toMatch(/^lab:demo +1 +nothing/m);
    expect(await done('observe', '--lab', 'demo')).toMatch(/^virbr1 /m);
  });

  test("libvirt's XML is shown as what it becomes, imported, exported and imported again", async () => {
    const xml = path.join(m.state, 'net.xml');
    writeFileSync(
      xml,
      "<network><name>shop</name><forward mode='nat'/><ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.10' end='192.168.77.99'/></dhcp></ip></network>",
    );
    expect(await done('render', xml, '--to', 'xml')).toMatch(
      /^ {2}<bridge name='virbr0' stp='on' delay='0'\/>$/m,
    );
    expect(await done('render', xml, '--to', 'dnsmasq')).toMatch(/^dhcp-range=192\.168\.77\.10,/m);
    expect(await done('render', xml, '--to', 'hostsfile')).toBe('');
    expect(await done('render', xml, '--to', 'nft')).toMatch(/masquerade/);
    expect(await done('render', xml, '--to', 'commands')).toMatch(/^ip link add name virbr0 /m);

    expect(await done('import', xml, '--lab', 'demo', ...TIME)).toContain('patchbay confirm --host lab:demo');
    expect(await done('observe', '--lab', 'demo')).toMatch(
      /^virbr0 +bridge .*192\.168\.77\.1\/24 .*patchbay:shop$/m,
    );
    await done('confirm', '--lab', 'demo');
    const exported = await done('export', 'shop', '--lab', 'demo');
    expect(exported).toContain("<range start='192.168.77.10' end='192.168.77.99'/>");
    // The network is what it was, and it keeps its bridge also when the XML names none.
    expect(await done('import', xml, '--lab', 'demo')).toMatch(/^Nothing is to be done/);
    await done('rollback', '--lab', 'demo');
  });

  test('XML that cannot be used: a sentence for each problem', async () => {
    const bad = path.join(m.state, 'bad.xml');
    writeFileSync(bad, "<network><mtu size='1'/><vlan/><name>x</name><bogus/></network>");
    for (const words of [
      ['render', bad, '--to', 'xml'],
      ['import', bad, '--lab', 'demo'],
    ]) {
      const { code, stdout, stderr } = await m.patchbay(...words);
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: '',
        stderr: 'patchbay: <network>: the element <bogus> is not known here.\n',
      });
    }
  });

  test('the lab is emptied and removed', async () => {
    await done('guest', 'remove', 'web', '--lab', 'demo');
    expect(await done('lab', 'reset', 'demo')).toMatch(/empty/);
    expect(await done('lab', 'remove', 'demo')).toMatch(/gone/);
    expect(await done('lab', 'list')).not.toMatch(/demo/);
  });

  test('what is refused is one sentence and exit code 1', async () => {
    for (const words of [
      ['confirm'],
      ['rollback'],
      ['lab', 'remove', 'nosuch'],
      ['guest', 'add', 'web'].concat('--lab', 'nosuch'),
      ['plan', '/nonexistent'],
      ['apply', file, '--lab', 'nosuch'],
      ['status', '--lab', 'nosuch'],
      ['render', '/nonexistent', '--to', 'xml'],
      ['export', 'nosuch'],
      ['import', '/nonexistent'],
    ]) {
      const { code, stdout, stderr } = await m.patchbay(...words);
      expect(code, words.join(' ')).toBe(1);
      if (words[0] === 'status') expect(stdout).toMatch(/No agent answers/);
      else expect(stderr).toMatch(/^patchbay: [^\n]+\.\n$/);
    }
  });

  test('wrong usage is one sentence and exit code 2', async () => {
    for (const words of [
      ['nosuch'],
      ['status', '--nosuch'],
      ['lab', 'create'],
      ['lab', 'create', 'No Good'],
      ['lab', 'create', '$(id)'],
      ['lab', 'list', 'extra'],
      ['observe', '--host', 'elsewhere'],
      ['observe', '--host', 'machine', '--lab', 'demo'],
      ['apply', file, '--seconds', '1'],
      ['guest', 'add', 'web', '--mac', '01:00:5e:00:00:01'],
      ['guest', 'ping', 'web', '--flood'],
      ['agent', '--owner', 'root'],
      ['render', file],
      ['render', file, '--to', 'yaml'],
      ['export'],
    ]) {
      const { code, stdout, stderr } = await m.patchbay(...words);
      expect(code, words.join(' ')).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^patchbay: [^\n]+\n$/);
    }
  });

  test('every verb has help', async () => {
    const verbs = (await done('--help')).split('Commands:\n')[1]?.split('Examples:')[0] ?? '';
    const names = [...verbs.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual(
      expect.arrayContaining(['up', 'agent', 'lab', 'observe', 'status', 'confirm', 'rollback']),
    );
    for (const name of names)
      expect(await done(name, '--help')).toMatch(new RegExp(`^Usage: patchbay ${name}`));
  });
});
