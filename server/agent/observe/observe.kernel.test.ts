import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Desired } from '@/server/core/change';
import { Link, Observed, sectionNames, sections } from '@/server/core/observed';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { noTapsHere } from '@/server/core/testing/available';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';

/* The readers and the watcher on a real kernel, in namespaces of their own, as any user. */

const kernel = inside();
let bundle = '';

beforeAll(async () => {
  const why = await whyNoNamespaces();
  if (why !== null) throw new Error(`KERNEL TESTS CANNOT RUN: namespaces are not permitted: ${why}`);
  bundle = await kernel.bundle(join(import.meta.dirname, 'testing/in-namespaces.ts'));
});
afterAll(() => kernel.close());

const play = async (scene: string, ...wrapper: string[]): Promise<unknown> =>
  JSON.parse(await kernel.run([...wrapper, process.execPath, bundle, scene, kernel.folder()], ''));

const NOT_HERE = ['ovsBridges', 'ovsLeftovers', 'libvirtNetworks', 'domains'];

describe('one reading', () => {
  it('finds what was made', async () => {
    const { first, afterwards } = z
      .object({ first: Observed, afterwards: Observed })
      .parse(await play('read'));

    const unknown = sectionNames.filter((name) => !first[name].known);
    expect(unknown.filter((name) => !NOT_HERE.includes(name))).toEqual([]);
    for (const name of unknown) {
      const fact = first[name];
      expect(fact.known ? '' : fact.why).toMatch(/is not (installed|running)/);
    }
    expect(first.agent).toMatchObject({ writable: { yes: true }, singleUser: true });

    const value = <T>(fact: { known: true; value: Record<string, T> } | { known: false }) =>
      fact.known ? fact.value : {};
    expect(value(first.links).virbr0).toMatchObject({ kind: 'bridge', alias: 'patchbay:net1', up: true });
    expect(value(first.bridgePorts).vnet0).toMatchObject({ bridge: 'virbr0' });
    expect(value(first.nft)['inet patchbay']?.chains[0]?.hook).toBe('forward');
    expect(value(first.offloads).virbr0).toBeDefined();
    expect(value(first.sysctls)).toHaveProperty(['net.ipv4.conf.virbr0.forwarding']);
    expect(value(first.leases)['net1 10.1.0.101']).toMatchObject({ hostname: 'web' });

    const { pid } = value(first.dnsmasq).net1 ?? {};
    expect(value(first.listeners)['udp 0.0.0.0%virbr0 67']).toMatchObject({ program: 'dnsmasq', pid });

    const ssh = { program: expect.any(String), pid: expect.any(Number) };
    expect(Object.values(value(first.listeners))).toContainEqual(
      expect.objectContaining({ protocol: 'tcp', port: 22, ...ssh }),
    );
    expect(Object.values(value(afterwards.listeners))).toEqual([]);
    const to = { address: '10.2.0.1', prefix: 24 };
    const forward = (protocol: string, port: number) => ({
      ...{ protocol, port: { start: port, end: port }, to: '10.2.0.20' },
    });
    const planned = (...portForwards: readonly object[]) => {
      const network = {
        kind: 'network',
        name: 'net2',
        forward: { mode: 'nat' },
        subnets: [to],
        portForwards,
      };
      const desired = Desired.parse({
        ...{ networks: [{ ...network, bridge: { name: 'virbr2', stp: false } }], links: [] },
      });
      return planHost({ observed: first, committed: nothingCommitted(''), desired });
    };
    const taking = planned(forward('udp', 67));
    expect(taking.ok ? taking.value.notes.join() : taking.error.message).toContain(
      `Port forward 1: dnsmasq (process ${pid}) listens at UDP port 67 of this host.`,
    );
    const locking = planned(forward('tcp', 22));
    expect(locking.ok ? '' : locking.error.message).toMatch(
      /at TCP port 22 people log in to this host by SSH/,
    );

    const { web, broken } = value(first.namespaces);
    expect(web?.links.eth0?.addresses.map((a) => a.address)).toContain('10.1.0.50');
    expect(web?.routes.find((r) => r.destination === 'default')?.gateway).toBe('10.1.0.1');
    expect(web?.nsid).toBe(value(first.links).vnet0?.lower?.netnsId);
    expect(web?.unreadable).toBeUndefined();
    expect(broken).toMatchObject({ links: {}, unreadable: expect.stringContaining('broken') });

    expect(value(first.dnsmasq).net1).toMatchObject({ pid: expect.any(Number), current: true });
    expect(value(afterwards.dnsmasq).net1).toMatchObject({ pid: null, current: false });
  });

  it('says what it may not know, and why', async () => {
    const seen = Observed.parse(await play('without rights', 'unshare', '--user', '--map-user=1000'));
    expect(seen.agent.writable).toMatchObject({
      yes: false,
      why: expect.stringMatching(
        /^This machine is read-only: the agent runs as .+, without the right to change/,
      ),
    });
    expect(seen.nft).toMatchObject({ known: false, why: 'reading nftables needs root' });
    expect(seen.links.known).toBe(true);
  });

  it.skipIf(noTapsHere())('finds who holds a tap', async () => {
    const seen = z
      .object({ opened: z.boolean(), pid: z.int(), holders: sections.tapHolders, link: Link.optional() })
      .parse(await play('tap'));
    if (!seen.opened)
      throw new Error('KERNEL TEST CANNOT RUN: no tap can be opened here (/dev/net/tun, perl)');
    expect(seen.holders).toMatchObject({
      known: true,
      value: { tap9: { device: 'tap9', processes: [{ pid: seen.pid, command: 'perl' }] } },
    });
    expect(seen.link).toMatchObject({ kind: 'tun', tap: { mode: 'tap', persist: false } });
  });
});

describe('watching', () => {
  it('sees every change, through storms and dead monitors, and ends up with the truth', async () => {
    const told = z
      .object({
        filters: z.boolean(),
        early: z.int(),
        seen: z.array(z.object({ what: z.string(), ms: z.number().nullable() })),
        left: z.unknown(),
        monitors: z.int(),
      })
      .parse(await play('watch'));
    if (!told.filters) console.warn('NOT TRIED: this kernel has no VLAN filtering');
    expect(told.seen.filter(({ ms }) => ms === null)).toEqual([]);
    expect(told.left).toBeNull();
    expect(told.monitors).toBe(0);
  });
});
