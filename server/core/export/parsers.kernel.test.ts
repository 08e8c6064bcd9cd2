import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { exportCase, exportCaseNames as names } from '../testing/export-case';
import { inside, whyNoNamespaces } from '../testing/kernel';
import { patience } from '../testing/patience';
import { type ConfigFile, exportTargets } from '.';

/*
 * Those who are to read the exported files judge them: systemd-networkd itself, in namespaces of its own, and ifupdown
 * without acting. For wicked, which Debian does not have, there is the shell, whose syntax its files have, and its manual
 * (`wicked.test.ts`).
 */

const NETWORKD = '/lib/systemd/systemd-networkd';
const whyNetworkd = !existsSync(NETWORKD)
  ? 'systemd-networkd is not installed'
  : process.getuid?.() !== 0
    ? 'it becomes another user, for which we must be root'
    : null;
if (whyNetworkd !== null)
  console.warn(`SKIPPED: no exported file was read by systemd-networkd: ${whyNetworkd}`);

const ifup = await run(['ifup', '--version']);
const nowhere = await whyNoNamespaces();
// ifupdown2 and busybox have other options.
const whyIfup = !(ifup.ok && ifup.value.stdout.includes('ifup version'))
  ? 'ifupdown is not installed'
  : nowhere;
if (whyIfup !== null) console.warn(`SKIPPED: no exported file was read by ifupdown: ${whyIfup}`);

const Addresses = z.array(
  z.looseObject({
    ifname: z.string(),
    addr_info: z.array(z.looseObject({ local: z.string(), prefixlen: z.number(), scope: z.string() })),
    master: z.string().optional(),
  }),
);

/** Waits until networkd has read everything and until the command `wait` succeeds. */
const SCRIPT = `
mount -t tmpfs run /run && mkdir -p /run/dbus && mount -t tmpfs etc /etc/systemd/network
mount -t sysfs -o ro sys /sys
ip link set lo up
for d in eth0 eth1; do ip link add $d type veth peer name far-$d; ip link set far-$d up; done
eval "$4"
cp "$1"/* /etc/systemd/network/
SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console ${NETWORKD} >"$2" 2>&1 & pid=$!
for i in $(seq ${100 * patience}); do grep -q 'Enumeration completed' "$2" && break; sleep 0.1; done
for i in $(seq ${50 * patience}); do eval "$3" && break; sleep 0.1; done
ip -j addr show
kill $pid
`;

describe.skipIf(whyNetworkd !== null)('systemd-networkd', () => {
  const place = inside('root');
  afterAll(() => place.close());

  /** What it complains about in files of ours, and the interfaces that it made. */
  async function verdict(
    name: string,
    files: readonly ConfigFile[],
    { wait = 'true', before = 'true' } = {},
  ) {
    const folder = path.join(place.folder(), name);
    mkdirSync(path.join(folder, 'files'), { recursive: true });
    for (const f of files) writeFileSync(path.join(folder, 'files', path.basename(f.path)), f.text);
    const log = path.join(folder, 'log');
    writeFileSync(log, '', { mode: 0o644 });
    const argv = ['/bin/sh', '-c', SCRIPT, 'sh', path.join(folder, 'files'), log, wait, before];
    const out = await place.run(argv, '');
    const said = readFileSync(log, 'utf8');
    expect(said).toContain('Enumeration completed');
    const complaints = said
      .split('\n')
      .filter((line) => /^\/etc\/systemd\/network\/[^:]*:/.test(line) && !/ loaded /.test(line));
    return { complaints, links: Addresses.parse(JSON.parse(out)) };
  }

  test.each(names)('understands every line: %s', async (name) => {
    // `.link` files are for udev, which is not here.
    const files = exportTargets.networkd(exportCase(name).what).filter((f) => !f.path.endsWith('.link'));
    expect((await verdict(name, files)).complaints).toEqual([]);
  });

  test('makes what they say', async () => {
    const { what } = exportCase('bridge');
    const { links } = what;
    const { links: made } = await verdict('made', exportTargets.networkd(what), {
      wait: "ip addr show dev br0 | grep -q 'scope global'",
    });
    const br0 = made.find((l) => l.ifname === 'br0');
    const wanted = links.find((l) => l.name === 'br0')?.addresses ?? [];
    expect(wanted.length).toBeGreaterThan(0);
    expect(
      br0?.addr_info.filter((a) => a.scope === 'global').map((a) => `${a.local}/${a.prefixlen}`),
    ).toEqual(wanted.map((a) => `${a.address}/${a.prefix}`));
    expect(made.filter((l) => l.master === 'br0').map((l) => l.ifname)).toEqual(['eth0']);
  });

  test('leaves a tap where others plugged it in', async () => {
    const tap = exportTargets
      .networkd(exportCase('taps-in-open-vswitch').what)
      .filter((f) => path.basename(f.path).includes('tap5'));
    const others = {
      before: [
        'ip link add name virbr5 up type bridge',
        'ip tuntap add dev tap5 mode tap',
        'ip link set dev tap5 master virbr5',
      ].join(' && '),
      wait: `grep -q 'tap5: State changed: .* -> configured' "$2"`,
    };
    const masterAfter = async (name: string, files: readonly ConfigFile[]) =>
      (await verdict(name, files, others)).links.find((l) => l.ifname === 'tap5')?.master;
    expect(await masterAfter('kept', tap)).toBe('virbr5');
    const bare = tap.map((f) => ({ ...f, text: f.text.replace('KeepMaster=yes\n', '') }));
    expect(await masterAfter('taken', bare), 'which is why it is told to keep it').toBeUndefined();
  });

  test('complains about what it does not know, so that silence means something', async () => {
    const text = '[Match]\nName=eth0\n\n[Network]\nNothing=1\n';
    const { complaints } = await verdict('bad', [{ path: '/x/bad.network', text }]);
    expect(complaints.join()).toContain("Unknown key 'Nothing'");
  });
});

describe.skipIf(whyIfup !== null)('ifupdown', () => {
  const place = inside();
  afterAll(() => place.close());

  /** Throws what it says when it cannot read them; otherwise the commands that it would run. */
  async function verdict(text: string): Promise<string> {
    const file = path.join(place.folder(), 'interfaces');
    const state = path.join(place.folder(), 'state');
    mkdirSync(state, { recursive: true });
    writeFileSync(file, text);
    const argv = [
      'ifup',
      '--no-act',
      '--verbose',
      '--all',
      '--no-loopback',
      '-i',
      file,
      '--state-dir',
      state,
    ];
    return place.run(['sh', '-c', '"$@" 2>&1', 'sh', ...argv], '');
  }

  test.each(names)('understands every line: %s', async (name) => {
    const { what } = exportCase(name);
    const { links } = what;
    const commands = await verdict(
      exportTargets
        .ifupdown(what)
        .map((f) => f.text)
        .join('\n'),
    );
    for (const { addresses = [], routes = [] } of links) {
      for (const { address } of addresses) expect(commands).toMatch(new RegExp(`addr(ess)? add ${address}/`));
      for (const { gateway } of routes) expect(commands).toContain(` via ${gateway} `);
    }
  });

  test('refuses what it does not know, so that taking means something', async () => {
    await expect(verdict('auto a\niface a inet nothing\n')).rejects.toThrow('unknown or no method');
  });
});

test.each(names)("the shell understands wicked's files: %s", async (name) => {
  for (const { path: file, text } of exportTargets
    .wicked(exportCase(name).what)
    .filter((f) => f.path.includes('/ifcfg-'))) {
    const ran = await run(['sh', '-eu', '-c', text]);
    expect(ran.ok ? '' : `${file}: ${ran.error.message}`).toBe('');
  }
});
