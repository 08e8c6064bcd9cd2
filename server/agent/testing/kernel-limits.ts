import { NetworkName } from '@/server/core/ids';
import type { Bandwidth } from '@/server/core/kinds/port';
import { items } from '@/server/core/observed';
import { verify } from '@/server/core/verify';
import { become, committed, guest, guests, ip, look, nameOf, network, scene } from './ports-stage';

/*
 * Runs inside namespaces of its own, one scene at a time: limits of single guests. Standard output gets what was found,
 * by name.
 */

const limit = async (name: string, bandwidth: Bandwidth | null) => {
  const limited = await guests.limit({ name: nameOf(name), bandwidth });
  return limited.ok ? 'limited' : limited.error.message;
};
const plug = async (name: string, portgroup: string | null) => {
  const into = portgroup === null ? {} : { network: NetworkName.parse('lan'), portgroup };
  const plugged = await guests.plug({ name: nameOf(name), bridge: null, ...into });
  return plugged.ok ? 'plugged' : plugged.error.message;
};

/** Kilobytes per second of what the kernel sends to a port and takes from it. */
async function has(port: string): Promise<readonly (number | null)[]> {
  const { limits } = await look();
  const all = limits.known ? limits.value : {};
  const { sent, received } = all[port] ?? { sent: null, received: null };
  const leaf = sent?.classes.find((c) => c.id === '1:1')?.rate ?? null;
  const through = received?.by === 'redirect' ? all[received.to]?.sent?.classes[0]?.rate : undefined;
  const taken = received?.by === 'police' ? received.rate : (through ?? null);
  return [leaf, taken].map((rate) => (rate === null ? null : Math.round(rate / 1000)));
}

/** Whom the bridge guarantees how much, and what is left to the others. */
async function shares(): Promise<Record<string, number>> {
  const { limits } = await look();
  const sent = limits.known ? limits.value.virbr1?.sent : undefined;
  const rate = (id: string) => Math.round((sent?.classes.find((c) => c.id === id)?.rate ?? 0) / 1000);
  const floors = (sent?.filters ?? []).map((f) => [f.mac ?? '', rate(f.to)] as const);
  return Object.fromEntries([...floors, ['the others', rate('1:2')]]);
}

/** What somebody would have to put right. */
const drift = async () =>
  verify({ observed: await look(), committed, desired: committed.desired }).left.map((s) => s.title);

/** Whatever limits are made of. */
async function traces(): Promise<readonly string[]> {
  const { links, qdiscs } = await look();
  return [
    ...items(links)
      .filter((l) => l.kind === 'ifb')
      .map((l) => l.name),
    ...items(qdiscs)
      .filter((q) => ['htb', 'sfq', 'ingress'].includes(q.kind))
      .map((q) => `${q.kind} ${q.device}`),
  ].sort();
}

const groups = [
  { name: 'slow', bandwidth: { inbound: { average: 250 }, outbound: { average: 125 } } },
  { name: 'free' },
];

const scenes: Record<string, () => Promise<unknown>> = {
  async own() {
    await become(network({ portgroups: groups }));
    const port = await guest('g1', { network: 'lan', portgroup: 'slow' });
    const found: Record<string, unknown> = { group: await has(port) };
    await limit('g1', { inbound: { average: 500 }, outbound: { average: 375, burst: 64 } });
    Object.assign(found, { own: await has(port), drift: await drift() });
    Object.assign(found, { alias: items((await look()).links).find((l) => l.name === port)?.alias });
    await limit('g1', { outbound: { average: 750 } });
    Object.assign(found, { changed: await has(port), refused: await limit('g1', { inbound: { peak: 5 } }) });
    await plug('g1', 'free');
    Object.assign(found, { plugged: await has(port), 'drift there': await drift() });
    await ip('link', 'set', 'dev', port, 'nomaster');
    await plug('g1', null);
    await plug('g1', 'slow');
    Object.assign(found, { replugged: await has(port) });
    const again = items((await look()).links).find((l) => l.name === port)?.alias;
    // As after the lab was started anew: the guest is made again from what is written down.
    await ip('netns', 'del', 'g1');
    await ip('link', 'del', 'dev', port);
    await guests.restore();
    Object.assign(found, { again, restored: await has(port), 'drift then': await drift() });
    await become(network({ portgroups: [{ name: 'slow' }] }));
    Object.assign(found, { 'group without': await has(port) });
    await limit('g1', null);
    Object.assign(found, { none: await has(port), traces: await traces() });
    await limit('g1', { outbound: { average: 750 } });
    await guests.remove({ name: nameOf('g1') });
    return { ...found, removed: await traces() };
  },

  async floors() {
    const whole = (average: number) => network({ bandwidth: { inbound: { average } } });
    await become(network({}));
    await guest('g1', { network: 'lan' });
    await guest('g2', { network: 'lan' });
    const without = await limit('g1', { inbound: { floor: 100 } });
    await become(whole(1000));
    const one = await limit('g1', { inbound: { floor: 300 } });
    const first = await shares();
    const two = await limit('g2', { inbound: { floor: 500 } });
    const both = { shares: await shares(), drift: await drift() };
    const much = await limit('g2', { inbound: { floor: 701 } });
    const more = { limit: await limit('g2', { inbound: { floor: 700 } }), shares: await shares() };
    const low = await become(whole(999)).then(
      () => 'done',
      (error: unknown) => String(error),
    );
    const { titles } = await become(whole(2000));
    const wide = await shares();
    await plug('g2', null);
    const out = { shares: await shares(), drift: await drift() };
    await guests.remove({ name: nameOf('g1') });
    const gone = { shares: await shares(), drift: await drift() };
    await become(network({}));
    return {
      without,
      one,
      first,
      two,
      both,
      much,
      more,
      low,
      titles,
      wide,
      out,
      gone,
      traces: await traces(),
    };
  },
};

const play = scenes[scene];
if (play === undefined) throw new Error(`there is no scene ${scene}`);
process.stdout.write(JSON.stringify(await play()), () => process.exit(0));
