import { sameValue } from './canonical';
import type { ChangeItem } from './change';
import { poolNotes } from './check-pool';
import { hasOwnBridge, type Network } from './kinds/network';
import type { Situation } from './plan-situation';
import { pluggedWords } from './plugged';
import { guestOf, guestPorts } from './port-guests';

/** What people should know of the ports of networks that change. */
export function portNotes(s: Situation, changed: readonly ChangeItem[]): readonly string[] {
  return [
    ...untold(s),
    ...hostWithoutGuests(s, changed),
    ...changed.flatMap((i) =>
      i.op !== 'delete' && i.after.kind === 'network' ? poolNotes(i.after, s.observed) : [],
    ),
  ];
}

/** Nothing would reach a guest whose MAC nobody knows. */
function untold(s: Situation): readonly string[] {
  return s.goal.ports.flatMap((goal) => {
    if (!goal.told) return [];
    const ports = guestPorts(s, { name: goal.bridge, network: goal.network, own: goal.own })
      .map((p) => p.name)
      .filter((name) => (guestOf(s.observed, name)?.mac ?? null) === null);
    if (ports.length === 0) return [];
    return [
      `The MAC address behind ${pluggedWords(s.observed, ports)} is not known on this host, so ${goal.network} goes on learning there.`,
    ];
  });
}

/** The host is in the network's own VLAN only: where that is a trunk without a native one, in none of the guests'. */
function hostWithoutGuests(s: Situation, changed: readonly ChangeItem[]): readonly string[] {
  return changed.flatMap((i) => {
    if (i.op === 'delete' || i.after.kind !== 'network' || !hasOwnBridge(i.after)) return [];
    const { name, subnets, vlan, portgroups } = i.after;
    if (
      subnets.length === 0 ||
      (i.op === 'update' && i.before.kind === 'network' && sameVlans(i.before, i.after))
    )
      return [];
    const goal = s.goal.ports.find((p) => p.network === name);
    if (!goal?.vlans) return [];
    const own = goal.vlans.host.find((v) => v.pvid)?.vid ?? 1;
    const others = (portgroups ?? []).filter(
      (g) => !goal.vlans?.ports.get(g.name)?.some((v) => v.vid === own),
    );
    const plain = goal.vlans.ports.get('')?.some((v) => v.vid === own) ?? false;
    const who = [
      ...(plain ? [] : ['ports without a portgroup']),
      ...(others.length === 0 ? [] : [`portgroup ${others.map((g) => g.name).join(', ')}`]),
    ];
    if (who.length === 0) return [];
    return [
      `The host's addresses in ${name}, its DHCP and its way out are in VLAN ${own}${vlan === undefined ? ' (untagged)' : ''}: guests in ${who.join(' and ')} do not reach them.`,
    ];
  });
}

const sameVlans = (a: Network, b: Network) =>
  sameValue([a.vlan ?? null, a.portgroups ?? null], [b.vlan ?? null, b.portgroups ?? null]);
