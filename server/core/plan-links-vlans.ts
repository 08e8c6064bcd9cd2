import { batch } from './compile/link';
import type { HostBridge } from './kinds/link';
import type { Link, Observed } from './observed';
import type { LinkSituation } from './plan-links-facts';
import { linkOf } from './plan-links-facts';
import { type Draft, ip } from './plan-situation';

type Range = { readonly from: number; readonly to: number };

/** VLANs of a bridge's uplinks and of the bridge itself, and then whether it heeds them. */
export function vlanSteps(s: LinkSituation, goal: HostBridge): readonly Draft[] {
  const { name, vlanAware } = goal;
  const seen = linkOf(s.observed, name);
  const filters = seen?.bridge?.vlanFiltering ?? vlanAware !== undefined;
  const filtering = (on: boolean) =>
    ip('link', 'set', 'dev', name, 'type', 'bridge', 'vlan_filtering', on ? '1' : '0');
  const toggle: readonly Draft[] =
    filters === (vlanAware !== undefined)
      ? []
      : [
          {
            title: vlanAware === undefined ? `Let ${name} carry all VLANs alike` : `Make ${name} VLAN-aware`,
            touches: [`bridge ${name}`],
            actions: [filtering(vlanAware !== undefined)],
            inverse: [filtering(filters)],
          },
        ];
  if (vlanAware === undefined) return toggle;
  const ports = (goal.uplinks ?? []).flatMap((port) => {
    const plugged = seen !== undefined && linkOf(s.observed, port)?.master === name;
    return membership(s, {
      device: port,
      wanted: vlanAware.vlans,
      fresh: !plugged,
      self: false,
      bridge: name,
    });
  });
  // A VLAN device that stands on the bridge gets only what the bridge itself takes part in.
  const above = s.goal.flatMap((g) =>
    g.kind === 'vlan' && g.device === name ? [{ from: g.id, to: g.id }] : [],
  );
  const own = membership(s, {
    device: name,
    wanted: above,
    fresh: seen === undefined,
    self: true,
    bridge: name,
  });
  return [...ports, ...own, ...toggle];
}

type Membership = {
  readonly device: string;
  readonly wanted: readonly Range[];
  /** Just plugged in: it is in the bridge's default VLAN, untagged, and in no other. */
  readonly fresh: boolean;
  readonly self: boolean;
  readonly bridge: string;
};

function membership(s: LinkSituation, { device, wanted, fresh, self, bridge }: Membership): readonly Draft[] {
  const { vlans } = s.observed;
  const entries = fresh || !vlans.known ? [] : (vlans.value[device]?.vlans ?? []);
  const untagged = new Set(entries.filter((v) => v.pvid || v.untagged).flatMap(members));
  if (fresh) untagged.add(1);
  const now = new Set(entries.filter((v) => !v.pvid && !v.untagged).flatMap(members));
  const then = new Set(wanted.flatMap(members).filter((id) => !untagged.has(id)));
  const come = ranges([...then].filter((id) => !now.has(id)));
  const go = self ? [] : ranges([...now].filter((id) => !then.has(id)));
  if (come.length + go.length === 0) return [];
  const line = (verb: 'add' | 'del', r: Range) =>
    `vlan ${verb} dev ${device} vid ${text(r)}${self ? ' self' : ''}`;
  const add = (all: readonly Range[]) => all.map((r) => line('add', r));
  const del = (all: readonly Range[]) => all.map((r) => line('del', r));
  const list = ranges([...then])
    .map(text)
    .join(', ');
  return [
    {
      title: self
        ? `Let ${device} itself take part in VLAN ${list}`
        : list === ''
          ? `Carry no tagged VLAN on ${device}`
          : `Carry VLAN ${list} on ${device}`,
      touches: [`bridge ${bridge}`, ...(self ? [] : [`link ${device}`])],
      actions: [batch([...del(go), ...add(come)], 'bridge')],
      inverse: [batch([...del(come), ...add(go)], 'bridge')],
    },
  ];
}

const members = ({ from, to }: Range): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

function ranges(ids: readonly number[]): readonly Range[] {
  const all: { from: number; to: number }[] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const last = all.at(-1);
    if (last !== undefined && last.to + 1 === id) last.to = id;
    else all.push({ from: id, to: id });
  }
  return all;
}

const text = ({ from, to }: Range): string => (from === to ? String(from) : `${from}-${to}`);

/**
 * Ports come back into a VLAN-aware bridge in its default VLAN, and go out of it where they were not in it; the bridge
 * itself is among the devices by its name.
 */
export function vlansBack(
  { vlans }: Pick<Observed, 'vlans'>,
  bridge: Pick<Link, 'name' | 'bridge'> | undefined,
  devices: readonly string[],
): Draft['inverse'] {
  if (!bridge?.bridge?.vlanFiltering || !vlans.known) return [];
  const given = bridge.bridge.defaultPvid ?? 1;
  const lines = devices.flatMap((device) => {
    const seen = vlans.value[device]?.vlans ?? [];
    const self = device === bridge.name ? ' self' : '';
    const isIn = given === 0 || seen.length === 0 || seen.some((v) => v.from <= given && given <= v.to);
    return [
      ...seen.map((v) => {
        const flags = `${v.pvid ? ' pvid' : ''}${v.untagged ? ' untagged' : ''}`;
        return `vlan add dev ${device} vid ${text(v)}${flags}${self}`;
      }),
      ...(isIn ? [] : [`vlan del dev ${device} vid ${given}${self}`]),
    ];
  });
  return lines.length === 0 ? [] : [batch(lines, 'bridge')];
}
