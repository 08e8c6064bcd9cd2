import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import type { TapsSeen } from '../testing/kernel-taps';
import { checkout, whyNoMachines } from '../testing/machines';

/* Taps of real virtual machines, set up by scripts, hooks and routes, in namespaces of their own. */

const { why, noKernel } = await whyNoMachines();
if (why !== null) console.warn(`SKIPPED: no virtual machine was started: ${why}`);

describe.skipIf(why !== null)('taps of virtual machines', () => {
  const place = inside();
  let seen: TapsSeen;
  beforeAll(async () => {
    expect(noKernel).toBeNull();
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-taps.ts'));
    const setting = { folder: place.folder(), image: path.join(checkout, 'dist/guest') };
    seen = JSON.parse(await place.run([process.execPath, bundle], JSON.stringify(setting), 500_000));
  }, 600_000 * patience);
  afterAll(() => place.close());

  test('script and downscript are told the name of the tap, while it is there', () => {
    expect(seen.scripts).toEqual([
      // The script of another NIC failed: this one went back.
      ...['up pbone', 'down pbone'],
      ...['up pbone', 'up pbthree', 'down pbthree'],
      // QEMU was killed, and its tap with it.
      'down pbone (gone)',
    ]);
  });

  test('hooks run in their order with what they need to know; a part is done by a file in its place', () => {
    const about = 'hooked 52:54:00:00:03:04 bridged pbnet 1 [] [] br0 br0 []';
    expect(seen.hooks.map((line) => line.trim())).toEqual([
      ...[`pre-up ${about}`, `bridge ${about} up`, `post-up ${about}`],
      ...[`pre-down ${about}`, `bridge ${about} down`, `post-down ${about}`],
    ]);
  });

  test('what fails before a tap is up is said in its own last words, and leaves nothing', () => {
    const { folder } = place;
    const failed = `SCRIPT_FAILED: The script of NIC two fails at pbtwo: ${folder()}/if-bad ended with 3: there is no such bridge`;
    const early = 'Hook pre-up.d/20-early';
    expect(seen.refused).toEqual({
      'script fails': failed,
      'script of another NIC fails': failed,
      'hook before up fails': `HOOK_FAILED: ${early} failed at pbnet: ${folder()}/hooks/pre-up.d/20-early ended with 1: it is Sunday`,
      'hook is writable': `HOOK_REFUSED: ${early} is not run: others than its owner may write it.`,
      'hook is not executable': `HOOK_REFUSED: ${early} is not run: it is not executable (chmod +x).`,
    });
    expect(seen.left).toEqual([]);
  });

  test('what fails afterwards is written down, and the tap stays', () => {
    expect(seen.trouble).toMatch(
      /^Hook post-up\.d\/20-late failed at pbnet: .* ended with 1: no such address book$/,
    );
    expect(seen.stayed).toBe(true);
  });

  test('who holds which tap is written down, and that a holder is gone', () => {
    expect(seen.recorded).toEqual(['scripted one pbone alive set up', 'scripted one pbone gone set up']);
  });

  test('a routed guest is found from outside by proxy ARP and NDP, through a table of its own', () => {
    expect(seen.routed).toEqual({ 'outside IPv4': true, 'outside IPv6': true, 'host IPv4': true });
    expect([...new Set(seen.during.map((line) => line.replace(/^\d+: /, '')))]).toEqual([
      'from all to 203.0.113.77 lookup 177',
      'from all iif pbway lookup 177',
      'from all to 2001:db8:1::77 lookup 177',
      '203.0.113.77 dev pbway table 177 scope link',
      '2001:db8:1::77 dev pbway table 177 metric 1024 pref medium',
      '203.0.113.77 dev uplink0 proxy',
      '2001:db8:1::77 dev uplink0 proxy',
      '2001:db8:1::1 dev pbway proxy',
    ]);
  });

  test('its rules, routes and proxies go with it', () => {
    expect(seen.after).toEqual([]);
  });
});
