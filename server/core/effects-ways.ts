import { sameValue } from './canonical';
import type { Effect } from './effect';
import { renewalOf, type Update } from './effects-addresses';
import { AT_ONCE, type Guest, tell } from './effects-seats';
import { familyOf } from './ip';
import type { PortForward } from './kinds/forward';
import { bridgeOf, forwardDevice, hasOwnBridge, type Network } from './kinds/network';
import { items } from './observed';
import type { Situation } from './plan-situation';

/** What becomes of guests' ways to each other, to the host and to the outside. */
export function wayEffects(s: Situation, update: Update, guests: readonly Guest[]): readonly Effect[] {
  const { before, after } = update;
  return [
    ...(hasOwnBridge(before) && hasOwnBridge(after) ? exit(s, update, guests) : elsewhere(update, guests)),
    ...portForwards(update, guests),
    ...mtu(update, { guests, at: s.observed.at }),
    ...mac(s, update, guests),
    ...apart(update, guests),
  ];
}

type Mode = Network['forward']['mode'];
const leads = ({ subnets }: Network, mode: Mode) => mode !== 'none' && subnets.length > 0;

function exit(s: Situation, { before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const { name } = after;
  const [from, to] = [before.forward, after.forward];
  const say = (what: string, severity: Effect['severity']) =>
    tell(name, guests, { what, when: AT_ONCE, severity });
  const [led, lead] = [leads(before, from.mode), leads(after, to.mode)];
  if (led && !lead)
    return say('Nothing outside is reached any more, nor reaches it: those connections end.', 'ends');
  if (!led)
    return lead
      ? say('The outside can be reached, with a gateway that is set or comes with the lease.', 'new')
      : [];
  const device = forwardDevice(after);
  const by =
    device === undefined || device === forwardDevice(before)
      ? []
      : say(
          `Only what is behind ${device} is reached from now on: connections by other devices end.`,
          'ends',
        );
  if (from.mode === to.mode)
    return from.mode === 'nat' && to.mode === 'nat' && !sameValue(from.nat ?? {}, to.nat ?? {})
      ? [
          ...by,
          ...say('New connections leave with other addresses or ports; those that there are go on.', 'later'),
        ]
      : by;
  return [
    ...by,
    ...translated(s, { before, after }, guests),
    ...exposed(from.mode, to.mode).flatMap((w) => say(w, 'new')),
  ];
}

/** Into NAT and out of it. */
function translated(s: Situation, { before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const [from, to] = [before.forward.mode, after.forward.mode];
  if (to === 'nat')
    return tell(after.name, guests, {
      what: 'New connections leave with an address of the host, and nobody outside reaches it by itself any more.',
      when: AT_ONCE,
      severity: 'ends',
    });
  if (from !== 'nat') return [];
  return translationEnds(s)
    ? tell(after.name, guests, {
        what: 'Its connections through NAT end: nothing on this host translates addresses any more.',
        when: AT_ONCE,
        severity: 'ends',
      })
    : tell(after.name, guests, {
        what: 'New connections leave with its own address; those through NAT go on.',
        when: AT_ONCE,
        severity: 'later',
      });
}

const exposed = (from: Mode, to: Mode): readonly string[] =>
  from === 'nat' && to !== 'none' ? ['It can be reached from outside by its own address.'] : [];

/**
 * Without any nat chain the kernel stops translating, also what goes on. Chains of others, and those that libvirt makes
 * for its own NAT networks, keep it at it.
 */
export function translationEnds({ goal, was, libvirt, observed }: Situation): boolean {
  const translates = (chains: Situation['goal']['chains']) => chains.some((c) => c.type === 'nat');
  const others = Object.entries(observed.nft.known ? observed.nft.value : {}).some(
    ([key, { family, chains }]) =>
      key !== 'inet patchbay' && family !== 'ip6' && chains.some((c) => c.type === 'nat' && c.hook !== null),
  );
  return (
    translates(was.chains) &&
    !translates(goal.chains) &&
    !libvirt.goal.some((n) => n.forward.mode === 'nat') &&
    !others
  );
}

/** On what the host has, whoever is plugged in stays where it is. */
function elsewhere({ before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  if (sameValue(before.forward, after.forward)) return [];
  const [from, to] = [bridgeOf(before), bridgeOf(after)];
  if (from !== null && from === to) return [];
  return tell(after.name, guests, {
    what: `Stays on ${from ?? 'the device it has'} as it is: what is new holds for who is plugged in from now on.`,
    when: { at: 'plug' },
    severity: 'later',
  });
}

const portsText = ({ protocol, port, address }: PortForward): string => {
  const ports = port.start === port.end ? port.start : `${port.start}-${port.end}`;
  return `${protocol.toUpperCase()} ${ports} of ${address ?? 'the host'}`;
};

function portForwards({ before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const [had, has] = [before.portForwards ?? [], after.portForwards ?? []];
  const apart = (a: readonly PortForward[], b: readonly PortForward[]) =>
    a.filter((f) => !b.some((g) => sameValue(f, g)));
  const of = (list: readonly PortForward[]) =>
    list.flatMap((f) => {
      const guest = guests.find((g) => addressesOf([before, after], g).includes(f.to));
      return guest === undefined ? [] : [{ guest, ports: portsText(f) }];
    });
  return [
    ...of(apart(had, has)).flatMap(({ guest, ports }) =>
      tell(after.name, [guest], {
        what: `New connections to ${ports} do not come to it any more; those that there are go on.`,
        when: AT_ONCE,
        severity: 'ends',
      }),
    ),
    ...of(apart(has, had)).flatMap(({ guest, ports }) =>
      tell(after.name, [guest], {
        what: `What comes to ${ports} comes to it.`,
        when: AT_ONCE,
        severity: 'new',
      }),
    ),
  ];
}

/** What it has, or always gets. */
const addressesOf = (networks: readonly Network[], { mac, leases }: Guest): readonly string[] => [
  ...leases.map((l) => l.address),
  ...networks.flatMap((n) =>
    n.subnets.flatMap((s) =>
      (s.dhcp?.hosts ?? []).flatMap((h) => (mac !== null && h.mac?.toLowerCase() === mac ? [h.ip] : [])),
    ),
  ),
];

/** Told by DHCP for IPv4 only. */
function mtu(
  { before, after }: Update,
  { guests, at }: { readonly guests: readonly Guest[]; readonly at: string },
): readonly Effect[] {
  const [from, to] = [before.mtu ?? 1500, after.mtu ?? 1500];
  // On a bridge of the host ports keep what they have when nothing is asked for.
  if (from === to || (!hasOwnBridge(after) && after.mtu === undefined)) return [];
  const dhcp = after.subnets.some((s) => s.dhcp !== undefined && familyOf(s.address) === 4);
  return guests.flatMap((guest) => {
    const when = dhcp ? renewalOf(before, guest, at) : AT_ONCE;
    const until = dhcp ? 'until its next lease, or dhclient' : 'until it is set in the guest';
    if (to > from)
      return tell(after.name, [guest], {
        what: `Packets of up to ${to} bytes pass; its own MTU stays ${from} ${until}.`,
        when,
        severity: 'later',
      });
    return tell(after.name, [guest], {
      what: `Packets of more than ${to} bytes are dropped; its own MTU stays ${from} ${until}.`,
      when: AT_ONCE,
      severity: 'ends',
    });
  });
}

function mac({ observed }: Situation, { after }: Update, guests: readonly Guest[]): readonly Effect[] {
  if (after.mac === undefined || !hasOwnBridge(after) || after.subnets.length === 0) return [];
  const is = items(observed.links).find((l) => l.name === after.bridge.name)?.mac;
  if (is?.toLowerCase() === after.mac) return [];
  return tell(after.name, guests, {
    what: 'The host has a new MAC address, which it announces.',
    when: { at: 'moment', seconds: 1 },
    severity: 'pauses',
  });
}

function apart({ before, after }: Update, guests: readonly Guest[]): readonly Effect[] {
  const [had, has] = [before.isolated ?? false, after.isolated ?? false];
  if (had === has || guests.length < 2) return [];
  return tell(after.name, guests, {
    what: has
      ? 'Other guests of the network are out of reach; the host and what lies behind it are not.'
      : 'Other guests of the network can be reached.',
    when: AT_ONCE,
    severity: has ? 'ends' : 'new',
  });
}
