import { type CheckContext, checkNetwork } from '@/server/core/check';
import { parseNetwork } from '@/server/core/check-parse';
import type { Network, NetworkInput } from '@/server/core/kinds/network';
import type { Problem } from '@/server/core/result';

/** What stands in the fields: text as it was typed. */
export type NetworkValues = {
  name: string;
  mode: Network['forward']['mode'];
  /** Empty: any device. */
  dev: string;
  bridge: string;
  stp: boolean;
  subnets: SubnetValues[];
};
export type SubnetValues = {
  address: string;
  prefix: string;
  dhcp: boolean;
  ranges: { start: string; end: string }[];
  hosts: { mac: string; ip: string; name: string }[];
};

export const EMPTY_SUBNET: SubnetValues = { address: '', prefix: '24', dhcp: false, ranges: [], hosts: [] };

export const toValues = (network: Network): NetworkValues => ({
  name: network.name,
  mode: network.forward.mode,
  dev: network.forward.mode === 'none' ? '' : (network.forward.dev ?? ''),
  bridge: network.bridge.name,
  stp: network.bridge.stp,
  subnets: network.subnets.map((s) => ({
    address: s.address,
    prefix: String(s.prefix),
    dhcp: s.dhcp !== undefined,
    ranges: (s.dhcp?.ranges ?? []).map((r) => ({ start: r.start, end: r.end })),
    hosts: (s.dhcp?.hosts ?? []).map((h) => ({ mac: h.mac, ip: h.ip, name: h.name ?? '' })),
  })),
});

/** What the fields mean, before it is parsed. */
export const toInput = (v: NetworkValues): NetworkInput => ({
  kind: 'network',
  name: v.name.trim(),
  forward:
    v.mode === 'none' ? { mode: 'none' } : { mode: v.mode, ...(v.dev.trim() ? { dev: v.dev.trim() } : {}) },
  bridge: { name: v.bridge.trim(), stp: v.stp },
  subnets: v.subnets.map((s) => ({
    address: s.address,
    prefix: /^\d{1,3}$/.test(s.prefix.trim()) ? Number(s.prefix) : Number.NaN,
    ...(s.dhcp
      ? {
          dhcp: {
            ranges: s.ranges,
            hosts: s.hosts.map(({ mac, ip, name }) => ({
              mac,
              ip,
              ...(name.trim() ? { name: name.trim() } : {}),
            })),
          },
        }
      : {}),
  })),
});

/** The name of the field that a problem's path leads to: `subnets.0.ranges.1.start`. */
export function fieldOf(path: Problem['path']): string {
  const text = path.join('.');
  if (text === 'forward.dev') return 'dev';
  if (text === 'forward' || text === 'forward.mode') return 'mode';
  if (text === 'bridge' || text === 'bridge.name') return 'bridge';
  if (text === 'bridge.stp') return 'stp';
  return (
    text
      .replace(/^(subnets\.\d+)\.dhcp\.(ranges|hosts)/, '$1.$2')
      // What is wrong with a whole row is told at its first field.
      .replace(/\.ranges\.\d+$/, '$&.start')
      .replace(/\.hosts\.\d+$/, '$&.mac')
  );
}

/** The first sentence for each field. */
export function byField(problems: readonly Problem[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const p of problems) {
    const field = fieldOf(p.path);
    // What could not be read names its field first; here the field is right above.
    const message = p.code === 'MALFORMED' ? p.message.replace(/^[^:]*: /, '') : p.message;
    if (!found.has(field)) found.set(field, message);
  }
  return found;
}

export type Checked = {
  /** Null when something is wrong. */
  readonly network: Network | null;
  readonly problems: readonly Problem[];
};

/** The same schema and the same checks that the server and the agent use. */
export function checkValues(values: NetworkValues, context: CheckContext): Checked {
  const parsed = parseNetwork(toInput(values));
  if (!parsed.ok) return { network: null, problems: parsed.error.problems ?? [] };
  const problems = checkNetwork(parsed.value, context);
  return { network: problems.length === 0 ? parsed.value : null, problems };
}
