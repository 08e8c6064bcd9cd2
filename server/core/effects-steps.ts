import type { Action, Desired } from './change';
import { servesDns } from './compile/dnsmasq-dns';
import type { Effect, When } from './effect';
import { AT_ONCE, type Guest, tell } from './effects-seats';
import type { HostLink } from './kinds/link';
import type { Network } from './kinds/network';
import { items } from './observed';
import type { Draft, Situation } from './plan-situation';
import { GUEST_KINDS, guestOf } from './port-guests';

const MOMENT: When = { at: 'moment', seconds: null };

/** What the steps themselves take away for a while from guests of a network that goes on. */
export function stepEffects(
  s: Situation,
  steps: readonly Draft[],
  { network, guests }: { readonly network: Network; readonly guests: readonly Guest[] },
): readonly Effect[] {
  const { name } = network;
  const actions = steps.flatMap((step) => step.actions);
  const virsh = (verb: string) => actions.filter((a) => isVirsh(a, verb, name));
  if (virsh('net-destroy').length > 0 && virsh('net-start').length > 0)
    return tell(name, guests, {
      what: 'No packets pass while libvirt starts the network anew; then it is plugged in again, and connections go on.',
      when: { at: 'moment', seconds: 1 },
      severity: 'pauses',
    });
  const ran = items(s.observed.dnsmasq).some((d) => d.network === name && d.pid !== null);
  const starts = actions.some((a) => a.do === 'startDnsmasq' && a.network === name);
  const anew = virsh('net-update').some((a) => a.do === 'run' && a.args.some((w) => NEED_RESTART.has(w)));
  if (!((ran && starts) || anew) || network.subnets.length === 0 || !servesDns(network)) return [];
  return tell(name, guests, {
    what: 'DNS and DHCP of the network do not answer while dnsmasq starts anew.',
    when: MOMENT,
    severity: 'pauses',
  });
}

/** What libvirt starts dnsmasq anew for (networkUpdate of its bridge_driver.c); for hosts it tells it to read again. */
const NEED_RESTART: ReadonlySet<string> = new Set(['ip-dhcp-range', 'dns-txt', 'dns-srv']);

const isVirsh = (action: Action, verb: string, name: string): boolean =>
  action.do === 'run' && action.tool === 'virsh' && action.args.includes(verb) && action.args.includes(name);

/** Guests' ports on a bridge of the host itself, whoever plugged them in. */
const guestsOn = ({ observed }: Situation, bridge: string): readonly Guest[] =>
  items(observed.links)
    .filter((l) => l.master === bridge && GUEST_KINDS.includes(l.kind))
    .map((l) => ({ port: l.name, guest: guestOf(observed, l.name)?.name ?? null, mac: null, leases: [] }));

/** What a change of a bridge of the host, or of what it stands on, does to guests that are plugged into it. */
export function linkEffects(s: Situation, was: Desired, desired: Desired): readonly Effect[] {
  return was.links.flatMap((before): readonly Effect[] => {
    const after = desired.links.find((l) => l.name === before.name);
    if (before.kind !== 'bridge' || after?.kind !== 'bridge') return [];
    const uplinks = before.uplinks ?? [];
    const guests = guestsOn(s, before.name).filter(
      (g) => ![...uplinks, ...(after.uplinks ?? [])].some((u) => u === g.port),
    );
    const gone = uplinks.filter((u) => !after.uplinks?.includes(u));
    const come = (after.uplinks ?? []).filter((u) => !uplinks.includes(u));
    const say = (what: string, severity: Effect['severity'], when: When = AT_ONCE) =>
      tell(before.name, guests, { what, when, severity });
    const anew = uplinks.filter((u) => !gone.includes(u) && isMadeAnew(u, was.links, desired.links));
    const addresses = (before.addresses ?? []).filter(
      (a) => !(after.addresses ?? []).some((b) => a.address === b.address),
    );
    return [
      ...(gone.length === 0
        ? []
        : say(`What is behind ${gone.join(', ')} is out of reach by way of ${before.name}.`, 'ends')),
      ...(come.length === 0 ? [] : say(`What is behind ${come.join(', ')} can be reached.`, 'new')),
      ...(anew.length === 0
        ? []
        : say(`Nothing passes to the outside while ${anew.join(', ')} is made anew.`, 'pauses', MOMENT)),
      ...(addresses.length === 0
        ? []
        : say(`The host is not at ${addresses.map((a) => a.address).join(', ')} any more.`, 'ends')),
      ...(after.mtu !== undefined && after.mtu < (before.mtu ?? 1500)
        ? say(`Packets of more than ${after.mtu} bytes do not pass the bridge any more.`, 'ends')
        : []),
    ];
  });
}

/** Does a device, or what it stands on, go and come again? */
function isMadeAnew(name: string, was: readonly HostLink[], goal: readonly HostLink[]): boolean {
  const before = was.find((l) => l.name === name);
  const after = goal.find((l) => l.name === name);
  if (before === undefined || after === undefined) return false;
  if (before.kind === 'bond' && after.kind === 'bond')
    return before.mode !== after.mode || before.lacpRate !== after.lacpRate;
  if (before.kind !== 'vlan' || after.kind !== 'vlan') return before.kind !== after.kind;
  return (
    before.device !== after.device ||
    before.id !== after.id ||
    before.protocol !== after.protocol ||
    isMadeAnew(before.device, was, goal)
  );
}
