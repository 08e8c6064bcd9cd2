import { randomUUID } from 'node:crypto';
import { Desired, type Plan } from '@/server/core/change';
import type { Observed } from '@/server/core/observed';
import { patience } from '@/server/core/testing/patience';
import type { AgentLink } from '@/server/link/link';
import { until } from './machine';

/** A NAT network with a DHCP range and an IPv6 prefix. */
export const NAT: Desired = Desired.parse({
  networks: [
    {
      kind: 'network',
      name: 'demo',
      forward: { mode: 'nat' },
      bridge: { name: 'virbr1', stp: false },
      subnets: [
        {
          address: '192.168.100.1',
          prefix: 24,
          dhcp: { ranges: [{ start: '192.168.100.10', end: '192.168.100.99' }], hosts: [] },
        },
      ],
    },
  ],
});

/** An isolated network beside it. */
export const TWO: Desired = Desired.parse({
  networks: [
    ...NAT.networks,
    {
      kind: 'network',
      name: 'quiet',
      forward: { mode: 'none' },
      bridge: { name: 'virbr2', stp: false },
      subnets: [{ address: '10.20.0.1', prefix: 24 }],
    },
  ],
});

export async function versionOf(link: AgentLink): Promise<number> {
  const status = await link.request('status', {});
  if (!status.ok) throw new Error(status.error.message);
  return status.value.committed.version;
}

export async function planOf(link: AgentLink, desired: Desired): Promise<Plan> {
  const plan = await link.request('plan', { desired, baseVersion: await versionOf(link) });
  if (!plan.ok) throw new Error(`${plan.error.message} ${JSON.stringify(plan.error.problems ?? [])}`);
  return plan.value;
}

/** Plans and applies; answers the change's id as soon as it has begun. */
export async function begin(link: AgentLink, desired: Desired, seconds = 30 * patience): Promise<string> {
  const plan = await planOf(link, desired);
  const changeId = randomUUID();
  const baseVersion = await versionOf(link);
  // The agent may be killed before it can answer.
  const begun = await link.request('apply', {
    changeId,
    summary: 'a test',
    desired,
    baseVersion,
    planHash: plan.hash,
    seconds,
  });
  if (!begun.ok && begun.error.code !== 'AGENT_GONE') throw new Error(begun.error.message);
  return changeId;
}

export async function stateOf(link: AgentLink) {
  const status = await link.request('status', {});
  if (!status.ok) throw new Error(status.error.message);
  return status.value.transaction;
}

/** Applies, and waits until it waits for its confirmation; answers what confirms it. */
export async function applied(link: AgentLink, desired: Desired, seconds = 30 * patience) {
  const changeId = await begin(link, desired, seconds);
  let nonce = '';
  await until(async () => {
    const t = await stateOf(link);
    if (t.state === 'idle')
      throw new Error(`it was taken back: ${JSON.stringify(await outcomeOf(link, changeId))}`);
    if (t.state === 'awaiting') nonce = t.nonce;
    return t.state === 'awaiting';
  }, 'the change waits for its confirmation');
  return { changeId, nonce };
}

export async function commit(link: AgentLink, desired: Desired): Promise<void> {
  const confirmed = await link.request('confirm', await applied(link, desired));
  if (!confirmed.ok) throw new Error(confirmed.error.message);
}

export async function outcomeOf(link: AgentLink, changeId: string) {
  const status = await link.request('status', {});
  return status.ok ? status.value.outcomes.find((o) => o.changeId === changeId) : undefined;
}

/** What a change may alter, without what moves by itself: states, counters, handles, interface numbers. */
export async function shape(link: AgentLink) {
  const read = await link.request('observe', {});
  if (!read.ok) throw new Error(read.error.message);
  const o: Observed = read.value;
  const values = <T>(fact: {
    known: boolean;
    value?: Readonly<Record<string, T>>;
  }): Readonly<Record<string, T>> => {
    if (!fact.known || !fact.value) throw new Error('a section that is compared is unknown');
    return fact.value;
  };
  return {
    links: Object.values(values(o.links))
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ name, kind, mtu, up, master, alias, addresses }) => ({
        name,
        kind,
        mtu,
        up,
        master,
        alias,
        addresses: addresses.map((a) => `${a.address}/${a.prefix}`).filter((a) => !a.startsWith('fe80:')),
      })),
    routes: Object.keys(values(o.routes))
      .filter((key) => !/fe80|ff00|multicast|^6 local/.test(key))
      .sort(),
    nft: Object.values(values(o.nft)).map((t) => [
      t.name,
      t.chains.map((c) => [c.name, c.rules.map((r) => r.comment)]),
    ]),
    dnsmasq: Object.values(values(o.dnsmasq)).map((d) => [d.network, d.pid !== null, d.conf, d.current]),
    forwarding: ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'].map(
      (n) => values(o.sysctls)[n]?.value,
    ),
  };
}
