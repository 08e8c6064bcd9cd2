import type { ChangeItem, Thing } from './change';
import { listenerNotes } from './check-listeners';
import { blockOf, blockText, familyOf } from './ip';
import { hasOwnBridge, type Network } from './kinds/network';
import { sameAddress } from './plan-bridge';
import { droppingChains } from './plan-nft';
import { firewallNotes } from './plan-notes-firewall';
import { limitNotes } from './plan-notes-limits';
import { ovsNotes } from './plan-notes-ovs';
import { serviceNotes } from './plan-notes-services';
import { portNotes } from './plan-port-notes';
import { isWanted, routesBy, routeText } from './plan-routes';
import {
  FORWARDING,
  goingBridges,
  ourBridges,
  portsOf,
  type Situation,
  setting,
  strays,
} from './plan-situation';
import { pluggedWords } from './plugged';

/** What people should know before they apply. */
export function notesFor(s: Situation, items: readonly ChangeItem[]): readonly string[] {
  const { observed } = s;
  const changed = items.flatMap((i) => (i.op !== 'delete' && i.after.kind === 'network' ? [i.after] : []));
  return [
    ...changed.flatMap(routeNotes),
    ...changed.flatMap((n) => limitNotes(n, observed)),
    ...serviceNotes(changed),
    ...items.flatMap((i) => listening(s, i)),
    ...renamed(items),
    ...foreignFirewall(s, changed),
    ...firewallNotes(s, changed),
    ...checksumNotes(s, changed),
    ...forwardingStays(s),
    ...strayNotes(s),
    ...lostRoutes(s),
    ...portNotes(s, items),
    ...ovsNotes(s),
  ];
}

/** What port forwards take from programs of the host. */
function listening({ observed, desired }: Situation, item: ChangeItem): readonly string[] {
  if (item.op === 'delete' || item.after.kind !== 'network') return [];
  const { after } = item;
  const others = desired.networks.filter((n) => n.name !== after.name);
  return listenerNotes(after, { others, before: item.op === 'update' ? item.before : undefined, observed });
}

function routeNotes({ name, forward, subnets }: Network): readonly string[] {
  const cidr = (family: 4 | 6) =>
    subnets
      .filter((n) => familyOf(n.address) === family)
      .flatMap((n) => {
        const block = blockOf(n.address, n.prefix);
        return block === null ? [] : [blockText(block)];
      });
  if (forward.mode !== 'nat' && forward.mode !== 'route' && forward.mode !== 'open') return [];
  const six = forward.mode === 'nat' && forward.nat?.ipv6 === true ? [] : cidr(6);
  const routed = [...(forward.mode === 'nat' ? [] : cidr(4)), ...six];
  if (routed.length === 0) return [];
  const why = forward.mode === 'nat' ? ' (NAT is for IPv4, IPv6 is routed)' : '';
  return [
    `Answers to guests of ${name} come back only if the network outside has a route to ${routed.join(' and ')} by way of this host${why}.`,
  ];
}

/** Names are how networks are told apart: a bridge that changes hands has a network with a new name. */
function renamed(items: readonly ChangeItem[]): readonly string[] {
  const own = (thing: Thing) => (thing.kind === 'network' && hasOwnBridge(thing) ? [thing] : []);
  const gone = items.flatMap((i) => (i.op === 'delete' ? own(i.before) : []));
  const come = items.flatMap((i) => (i.op === 'create' ? own(i.after) : []));
  return come.flatMap((after) => {
    const old = gone.find((n) => n.bridge.name === after.bridge.name);
    if (!old) return [];
    return [
      `Bridge ${old.bridge.name} stays and passes from ${old.name} to ${after.name}. Leases stay behind.`,
    ];
  });
}

function foreignFirewall({ observed }: Situation, changed: readonly Network[]): readonly string[] {
  const forwards = changed.some((n) => n.forward.mode !== 'none');
  // br_netfilter, which Docker loads, sends what stays within a bridge through the forward chains too.
  const within = setting(observed, 'net.bridge.bridge-nf-call-iptables') === '1';
  if (!forwards && !(within && changed.length > 0)) return [];
  return droppingChains(observed, 'forward').map((chain) =>
    [
      `Somebody else's firewall drops forwarded packets by default (${chain}): guests get out only as far as it accepts them`,
      within ? ', and reach each other only so (net.bridge.bridge-nf-call-iptables is 1).' : '.',
    ].join(''),
  );
}

function checksumNotes({ observed, goal }: Situation, changed: readonly Network[]): readonly string[] {
  const { offloads } = observed;
  if (offloads.known || !goal.bridges.some((b) => b.checksums && changed.some((n) => n.name === b.network)))
    return [];
  return [
    `Checksum offload cannot be read (${offloads.why.replace(/\.$/, '')}), so it is left as it is: some DHCP clients may not take the answers.`,
  ];
}

function forwardingStays({ observed, goal, was }: Situation): readonly string[] {
  return was.forwarding
    .filter((f) => !goal.forwarding.includes(f))
    .flatMap((f) =>
      observed.sysctls.known && observed.sysctls.value[FORWARDING[f]]?.value === '1'
        ? [`IPv${f} forwarding stays on: something else may need it by now.`]
        : [],
    );
}

function strayNotes(s: Situation): readonly string[] {
  return strays(s).map(({ name }) => {
    const ports = portsOf(s.observed, name);
    return `Bridge ${name} carries Patchbay's mark but belongs to no network of this host. Something is plugged into it, so it is left alone: ${pluggedWords(s.observed, ports)}. To remove it: ip link del dev ${name}`;
  });
}

/** The kernel drops routes with the address or the bridge that they need; only a rollback knows them. */
function lostRoutes(s: Situation): readonly string[] {
  const going = goingBridges(s).map((l) => l.name);
  return ourBridges(s).flatMap(({ name, addresses }) => {
    const goal = s.goal.bridges.find((b) => b.name === name);
    const loses =
      going.includes(name) ||
      (goal !== undefined &&
        addresses.some(
          (a) =>
            !a.dynamic &&
            a.scope !== 'link' &&
            a.scope !== 'host' &&
            !goal.addresses.some((b) => sameAddress(a, b)),
        ));
    const lost = loses ? routesBy(s.observed, name).filter((r) => !isWanted(goal, r)) : [];
    if (lost.length === 0) return [];
    return [
      `Routes by way of ${name} may go with its address: ${lost.map(routeText).join(', ')}. Taken back, the change brings them back; kept, somebody has to.`,
    ];
  });
}
