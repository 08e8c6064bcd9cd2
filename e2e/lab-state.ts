import { readdirSync, readFileSync } from 'node:fs';
import type { NetworkInput } from '@/server/core/kinds/network';
import { type Api, apiOf, LAB, labHost, labSocket, until, withAgent } from './api';
import type { Application } from './application';

/** A NAT network with a DHCP range; `n` makes it one of many. */
export const natNetwork = (n: number): NetworkInput => ({
  kind: 'network',
  name: `net${n}`,
  forward: { mode: 'nat' },
  bridge: { name: `virbr${n}`, stp: false },
  subnets: [
    {
      address: `192.168.${100 + n}.1`,
      prefix: 24,
      dhcp: { ranges: [{ start: `192.168.${100 + n}.10`, end: `192.168.${100 + n}.99` }], hosts: [] },
    },
  ],
});

/** The lab as new: one application serves several files of tests, and what they left is in the way of some. */
export async function freshLab(application: Application): Promise<void> {
  const { client } = await apiOf(application);
  await client.labs.reset.mutate({ name: LAB });
  await until(
    'the lab is empty and followed',
    async () => {
      const records = await client.networks.list.query();
      return { status: await statusOf(application.state), lab: records.find((r) => r.host === labHost()) };
    },
    ({ status, lab }) => status.committed.version === 0 && lab?.version === 0 && lab.drift !== null,
  );
}

/** Drafts and plans on the lab as it is now. */
export async function draft(api: Api, networks: readonly NetworkInput[]) {
  const host = labHost();
  const records = await api.networks.list.query();
  const baseVersion = records.find((r) => r.host === host)?.version ?? 0;
  const items = networks.map((after) => ({ op: 'create' as const, after }));
  const change = await api.changes.draft.mutate({ host, items, baseVersion });
  if (change.state !== 'planned') throw new Error(`the draft is ${change.state}`);
  return { id: change.id, planHash: change.plan.hash, steps: change.plan.steps.length };
}

export async function waitUntilApplied(state: string, changeId: string) {
  const status = await until(
    'the change waits to be confirmed',
    () => statusOf(state),
    (s) => s.transaction.state === 'awaiting' && s.transaction.changeId === changeId,
  );
  if (status.transaction.state !== 'awaiting') throw new Error('unreachable');
  return status.transaction;
}

/** Applies and keeps. */
export async function commit(api: Api, state: string, networks: readonly NetworkInput[]): Promise<void> {
  const { id, planHash } = await draft(api, networks);
  await api.changes.run.mutate({ id, planHash, seconds: 60 });
  const { nonce } = await waitUntilApplied(state, id);
  await api.changes.confirm.mutate({ host: labHost(), changeId: id, nonce });
}

export async function statusOf(state: string) {
  return withAgent(labSocket(state), async (agent) => {
    const status = await agent.request('status', {}, 5000);
    if (!status.ok) throw new Error(status.error.message);
    return status.value;
  });
}

/**
 * The lab equals its last committed state: nothing waits, there is nothing to do to get from what is to what was
 * committed, and what is not committed is not there.
 */
export async function expectCommitted(state: string, networks: readonly string[]): Promise<void> {
  await until(
    `the lab is as committed, with ${networks.join(', ') || 'nothing'}`,
    () =>
      withAgent(labSocket(state), async (agent) => {
        const status = await agent.request('status', {}, 5000);
        if (!status.ok) throw new Error(status.error.message);
        const { committed, transaction } = status.value;
        const { version, desired } = committed;
        const plan = await agent.request('plan', { desired, baseVersion: version }, 20_000);
        if (!plan.ok) throw new Error(plan.error.message);
        const observed = await agent.request('observe', {}, 20_000);
        if (!observed.ok) throw new Error(observed.error.message);
        const { links, nft } = observed.value;
        const bridges = links.known
          ? Object.values(links.value).flatMap((l) => (l.kind === 'bridge' ? [l.name] : []))
          : [links.why];
        const tables = nft.known ? Object.keys(nft.value).filter((t) => t.includes('patchbay')) : [nft.why];
        return {
          state: transaction.state,
          committed: desired.networks.map((n) => n.name).sort(),
          steps: plan.value.steps.map((s) => s.title),
          bridges: bridges.sort(),
          tables,
          dnsmasq: dnsmasqOf(state).length,
        };
      }),
    (is) =>
      is.state === 'idle' &&
      is.committed.join() === [...networks].sort().join() &&
      is.steps.length === 0 &&
      is.bridges.length === networks.length &&
      is.tables.length === (networks.length > 0 ? 1 : 0) &&
      is.dnsmasq === networks.length,
    60_000,
  );
}

/** Process ids whose arguments say so. */
export function processesWith(...words: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.every((w) => argv.some((a) => a.includes(w)));
      } catch {
        return false;
      }
    });
}

const dnsmasqOf = (state: string) =>
  processesWith('dnsmasq', `${state}/labs/${LAB}/`).filter((pid) =>
    readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('dnsmasq'),
  );

/** The lab's own agent, as the host numbers it. */
export function labAgentPid(state: string): number {
  const found = processesWith('--lab', LAB, state).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('node'),
  );
  const [pid] = found;
  if (pid === undefined) throw new Error('the lab has no agent');
  return pid;
}
