import type { Action, Committed, Step } from '@/server/core/change';
import { compileNative } from '@/server/core/compile/native';
import type { Place } from '@/server/core/compile/realisation';
import { items, type NftTable, type Observed } from '@/server/core/observed';
import { FORWARDING } from '@/server/core/plan-situation';

/*
 * What a rollback must look at beside the desired state: inverses that concern what is not ours alone.
 */

type Family = 4 | 6;

/**
 * Is something not as this inverse, which failed, was to make it? Only what no desired state speaks of is judged here:
 * settings of the host, plugs of guests, routes of others. What is gone altogether needs nothing any more.
 */
export function notRestored(action: Action, observed: Observed): boolean {
  if (action.do !== 'run') return false;
  const { tool, args } = action;
  if (tool === 'sysctl') {
    const [key = '', value] = (args[1] ?? '').split('=', 2);
    if (!observed.sysctls.known) return true;
    const now = observed.sysctls.value[key]?.value;
    return now !== undefined && now !== value;
  }
  if (tool !== 'ip') return false;
  const after = (word: string) => (args.includes(word) ? args[args.indexOf(word) + 1] : undefined);
  const device = items(observed.links).find((l) => l.name === after('dev'));
  if (device === undefined) return false;
  if (args[0] === 'link' && after('master') !== undefined) return device.master !== after('master');
  if (after('route') !== 'add') return false;
  return !items(observed.routes).some(
    (r) =>
      r.family === (args[0] === '-6' ? 6 : 4) &&
      r.destination === after('add') &&
      r.device === device.name &&
      r.table === after('table'),
  );
}

const ofFamily = (table: NftTable, family: Family) =>
  table.family === 'inet' || table.family === (family === 4 ? 'ip' : 'ip6');

/** libvirt's chains stay behind when its networks go, and lead nowhere then; its networks are counted themselves. */
const leadsToLibvirt = ({ expression }: NftTable['chains'][number]['rules'][number]): boolean =>
  JSON.stringify(expression).includes('"LIBVIRT_');

/** Who beside us has the host forward packets, each with how much of it; by what can be seen from outside. */
export function forwarders(observed: Observed): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const family of [4, 6] as const) {
    for (const { name, active, forward, xml } of items(observed.libvirtNetworks))
      if (active && ['nat', 'route', 'open'].includes(forward) && (family === 4 || /family=.ipv6/.test(xml)))
        found[`IPv${family}: libvirt's network ${name}`] = 1;
    for (const table of items(observed.nft)) {
      if (table.name === 'patchbay' || !ofFamily(table, family)) continue;
      const rules = table.chains
        .filter((c) => c.hook === 'forward' || (c.hook === 'postrouting' && c.type === 'nat'))
        .flatMap((c) => c.rules)
        .filter((r) => !leadsToLibvirt(r)).length;
      if (rules > 0) found[`IPv${family}: the firewall's table ${table.family} ${table.name}`] = rules;
    }
  }
  return found;
}

export type Reliance = {
  /** What was committed before the change: what this needs is not turned off. */
  readonly before: Committed;
  /** `forwarders` before the change. */
  readonly earlier: Readonly<Record<string, number>>;
  readonly now: Readonly<Record<string, number>>;
};

/** Families that go on being forwarded although the change that turned it on goes back; null is ourselves. */
export function forwardingKept(
  { before, earlier, now }: Reliance,
  place: Place,
): ReadonlyMap<Family, string | null> {
  const ours = compileNative(before.desired, place).forwarding;
  const kept = new Map<Family, string | null>();
  for (const family of [4, 6] as const) {
    const prefix = `IPv${family}: `;
    const grown = Object.keys(now).find((w) => w.startsWith(prefix) && (now[w] ?? 0) > (earlier[w] ?? 0));
    if (ours.includes(family)) kept.set(family, null);
    else if (grown !== undefined) kept.set(family, grown.slice(prefix.length));
  }
  return kept;
}

/** Does this inverse turn off forwarding that is kept, or what a forwarding host needs to keep its IPv6 default route? */
export function turnsOff(action: Action, step: Step, kept: ReadonlyMap<Family, string | null>): boolean {
  if (action.do !== 'run' || action.tool !== 'sysctl') return false;
  const [key = '', value] = (action.args[1] ?? '').split('=', 2);
  const learns = key.endsWith('.accept_ra') && step.touches.some((t) => t.startsWith('link '));
  if (learns) return kept.has(6);
  return value === '0' && [...kept.keys()].some((family) => key === FORWARDING[family]);
}

/** A sentence for each family that others rely on. */
export const keptText = (kept: ReadonlyMap<Family, string | null>): string =>
  [...kept]
    .flatMap(([family, who]) =>
      who === null ? [] : [` IPv${family} forwarding was left on: ${who} relies on it by now.`],
    )
    .join('');
