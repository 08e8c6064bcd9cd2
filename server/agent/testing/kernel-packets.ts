import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Action, Desired, Plan } from '@/server/core/change';
import { commandText } from '@/server/core/compile/render';
import { HostId } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { PACKET_ROWS, type PacketRow } from '@/server/core/testing/packet-rows';
import { patience } from '@/server/core/testing/patience';
import { verify } from '@/server/core/verify';
import { runAction } from '../apply';
import { run } from '../exec';
import { agentFacts, observe } from '../observe';
import {
  guestAddresses,
  guestsOf,
  hostAddress,
  makeHostSide,
  makeOutside,
  must,
  OUTSIDE,
  plugGuests,
  serverOf,
  shell,
} from './packets-stage';
import { startLibvirt, startOpenVSwitch } from './services';

/*
 * Runs inside namespaces of its own, as root: makes a network of every forward mode on every footing, all at once, by
 * the agent's own plan, plugs guests in and sends packets. Standard output gets what arrived, standard error how long
 * each part took.
 */

const { folder } = z.object({ folder: z.string() }).parse(JSON.parse(readFileSync(0, 'utf8')));

const FLOWS = [
  'guest to guest',
  'guest to host',
  'host to guest',
  'guest to outside',
  'outside to guest',
] as const;
type Flow = (typeof FLOWS)[number];

/** What a ping met with: no answer; an answer; an answer, and the outside saw another address than the guest's. */
type Answer = 'no' | 'yes' | 'as the host';
export type PacketsSeen = {
  readonly rows: readonly (
    | { readonly id: number; readonly refused: string }
    | {
        readonly id: number;
        readonly flows: Readonly<Record<Flow, { readonly v4: Answer; readonly v6: Answer }>>;
        readonly dhcp: boolean;
        readonly dns: boolean;
        /** The same where the host's own firewall drops what comes to it. */
        readonly guarded: { readonly dhcp: boolean; readonly dns: boolean };
      }
  )[];
  /** What plans left to do. */
  readonly left: readonly string[];
};

let begun = performance.now();
const told = (what: string) => {
  const now = performance.now();
  process.stderr.write(`${what}: ${((now - begun) / 1000).toFixed(1)} s\n`);
  begun = now;
};

const agent = () =>
  agentFacts({ host: HostId.parse('lab:packets'), version: 'test', runDir: folder, role: 'lab' });

/** Loading the modules takes longer than agents wait, where the machine is emulated. */
async function loadModules(): Promise<void> {
  const rule = 'meta l4proto tcp masquerade to :1024-65535; ct state established counter accept';
  const more = 'meta nfproto ipv6 reject; oifname x masquerade';
  await must([
    'nft',
    `table inet warm { chain c { type nat hook postrouting priority 100; ${rule}; }; chain d { ${more.split(';')[0]}; }; }; delete table inet warm`,
  ]);
  for (const tool of ['iptables', 'ip6tables'])
    await run([tool, '-w', '-t', 'nat', '-L', '-n'], { timeout: 60_000 });
}

async function apply(actions: readonly Action[]): Promise<string | null> {
  for (const action of actions) {
    const done = await runAction(action, folder);
    if (!done.ok) return `${commandText(action)}: ${done.error.detail ?? done.error.message}`;
  }
  return null;
}

type Script = { readonly space: string | undefined; readonly lines: readonly string[] };

/** Every line of every script runs at once and says its name when it is well. */
async function whoSucceeds(scripts: readonly Script[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  // Some at a time: pings wait four seconds for an answer.
  const waiting = [...scripts];
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const script = `${next.lines.map((l) => `{ ${l}; } &`).join('\n')}\nwait\n`;
        for (const line of (await shell(script, next.space)).split('\n')) if (line !== '') found.add(line);
      }
    }),
  );
  return found;
}

const ping = (name: string, to: string) => `busybox ping -c 2 -W 4 ${to} >/dev/null 2>&1 && echo '${name}'`;
const ask = (row: PacketRow, suffix = '') => {
  const expected = row.into === 'own' ? `10.${row.id}.0.99` : '10.99.0.99';
  const [a] = guestsOf(row);
  return [
    `busybox udhcpc -f -n -q -i eth0 -t 4 -T 2 -s /bin/true 2>&1 | grep -q 'lease of 10.${row.id}.0.1[0-5]' && echo '${a} dhcp${suffix}'`,
    `timeout 8 busybox nslookup printer.test ${serverOf(row)} 2>&1 | grep -q 'Address.*${expected.replaceAll('.', '[.]')}' && echo '${a} dns${suffix}'`,
  ];
};

async function main(): Promise<PacketsSeen> {
  await must(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  await makeOutside(folder, PACKET_ROWS);
  const ovs = await startOpenVSwitch(path.join(folder, 'ovs'));
  const libvirt = await startLibvirt(path.join(folder, 'libvirt'));
  await loadModules();
  await makeHostSide(PACKET_ROWS, ovs.datapath);
  told('outside, Open vSwitch and libvirt');

  const facts = await agent();
  /** Where the machine is emulated libvirt may take longer to answer than agents wait. */
  const look = async (tries = patience): Promise<Observed> => {
    const seen = await observe(facts);
    return seen.libvirtNetworks.known || tries <= 1 ? seen : look(tries - 1);
  };
  const committed = nothingCommitted('');
  const before = await look();
  told('observed');
  const refused = new Map<number, string>();
  const plans = new Map<number, Plan>();
  for (const { id, network } of PACKET_ROWS) {
    const plan = planHost({ observed: before, committed, desired: { networks: [network], links: [] } });
    if (plan.ok) plans.set(id, plan.value);
    else
      refused.set(
        id,
        (plan.error.problems?.[0]?.message ?? plan.error.message).replace(/^Network \S+: /, ''),
      );
  }
  // libvirt takes a design that this machine has no PCI functions for, and says so when it starts.
  for (const { id, network } of PACKET_ROWS.filter((r) => r.network.forward.mode === 'hostdev')) {
    const plan = plans.get(id);
    if (plan === undefined) continue;
    const failed = await apply(plan.steps.flatMap((s) => s.actions));
    refused.set(
      id,
      failed === null
        ? `${network.name} was started`
        : `libvirt: ${failed
            .split('\n')
            .at(-1)
            ?.replace(/^error: /, '')}`,
    );
    await apply(plan.steps.flatMap((s) => s.inverse).slice(1));
  }
  const rows = PACKET_ROWS.filter((r) => !refused.has(r.id));
  const desired: Desired = { networks: rows.map((r) => r.network), links: [] };
  const left: string[] = [];
  const become = async (to: Desired, from = committed) => {
    const plan = planHost({ observed: await look(), committed: from, desired: to });
    if (!plan.ok) throw new Error(plan.error.message);
    const failed = await apply(plan.value.steps.flatMap((s) => s.actions));
    if (failed !== null) throw new Error(failed);
    const verdict = verify({ observed: await look(), committed: from, desired: to });
    left.push(...verdict.left.map((s) => s.title), ...(verdict.refused ? [verdict.refused.message] : []));
    return plan.value;
  };
  const made = await become(desired);
  told(`${made.steps.length} steps for ${rows.length} networks`);
  await plugGuests(rows, ovs.datapath);
  told('guests plugged in');
  const after = { ...committed, version: 1, desired };
  await become(desired, after);
  told('ports set');

  const scripts = (rows: readonly PacketRow[]): readonly Script[] => {
    const both = (row: PacketRow, flow: Flow, to: { v4: string; v6: string }) =>
      (['v4', 'v6'] as const).map((f) => ping(`${row.id} ${flow} ${f}`, to[f]));
    return [
      { space: undefined, lines: rows.flatMap((r) => both(r, 'host to guest', guestAddresses(r)[0])) },
      { space: 'outside', lines: rows.flatMap((r) => both(r, 'outside to guest', guestAddresses(r)[0])) },
      ...rows.map((r) => ({
        space: guestsOf(r)[0],
        lines: [
          ...both(r, 'guest to guest', guestAddresses(r)[1]),
          ...both(r, 'guest to host', hostAddress(r)),
          ...both(r, 'guest to outside', OUTSIDE),
          ...ask(r),
        ],
      })),
    ];
  };
  const arrived = await whoSucceeds(scripts(rows));
  told('packets sent');
  const seen = await must(['ip', 'netns', 'exec', 'outside', 'nft', 'list', 'table', 'inet', 'seen']);
  await must(['iptables', '-w', '-P', 'INPUT', 'DROP']);
  const guarded = await whoSucceeds(rows.map((r) => ({ space: guestsOf(r)[0], lines: ask(r, ' guarded') })));
  await must(['iptables', '-w', '-P', 'INPUT', 'ACCEPT']);
  told('asked a host that drops');

  await libvirt.stop();
  await ovs.stop();

  return {
    rows: PACKET_ROWS.map((row) => {
      const { id } = row;
      const why = refused.get(id);
      if (why !== undefined) return { id, refused: why };
      const [guest] = guestsOf(row);
      const answer = (flow: Flow, family: 'v4' | 'v6'): Answer => {
        if (!arrived.has(`${id} ${flow} ${family}`)) return 'no';
        // Guests have addresses of their own choice, too, where they hear router advertisements.
        const own = seen.includes(family === 'v4' ? ` 10.${id}.0.` : ` fd00:${id}:`);
        return flow === 'guest to outside' && !own ? 'as the host' : 'yes';
      };
      const flow = (f: Flow) => ({ v4: answer(f, 'v4'), v6: answer(f, 'v6') });
      return {
        id,
        flows: {
          'guest to guest': flow('guest to guest'),
          'guest to host': flow('guest to host'),
          'host to guest': flow('host to guest'),
          'guest to outside': flow('guest to outside'),
          'outside to guest': flow('outside to guest'),
        },
        dhcp: arrived.has(`${guest} dhcp`),
        dns: arrived.has(`${guest} dns`),
        guarded: { dhcp: guarded.has(`${guest} dhcp guarded`), dns: guarded.has(`${guest} dns guarded`) },
      };
    }),
    left,
  };
}

const report = await main();
process.stdout.write(JSON.stringify(report), () => process.exit(0));
