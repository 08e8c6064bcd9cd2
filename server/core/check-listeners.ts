import { sameValue } from './canonical';
import type { CheckContext } from './check-context';
import { gatewaysOf, insidePorts } from './compile/nft-port-forward';
import { familyOf } from './ip';
import type { PortForward } from './kinds/forward';
import type { Network } from './kinds/network';
import { items, type Listener, type Observed } from './observed';
import type { Problem } from './result';

/*
 * A port forward is asked before any program of the host: it takes a port from whoever listens there, and nothing
 * fails. Container engines bind the port themselves, and say that it is taken; here nobody would. Taking the ports by
 * which people reach the host from all of its addresses locks them out, and taking it all back would need them: that
 * is refused. Anything else is said, since it can be meant: a second address of the host, a program that moves into a guest.
 */

export const WEB_PROGRAM = 'patchbay-web';
const SSH = /^(sshd|dropbear)/;

/** What people do at this port to get to this host, in words; null for any other program. */
function doorOf({ protocol, port, program }: Listener): string | null {
  if (protocol !== 'tcp') return null;
  if (program === WEB_PROGRAM) return "people reach Patchbay's own page";
  return port === 22 || SSH.test(program ?? '') ? 'people log in to this host by SSH' : null;
}

const EVERY = ['0.0.0.0', '::', '*'];
const isEvery = ({ address }: Listener) => EVERY.includes(address);

/** Whose new connections a forward takes, by port. Loopback and the host's addresses in guest networks are left alone. */
function takenBy(
  forward: PortForward,
  observed: Observed,
  networks: readonly Network[],
): readonly Listener[] {
  const { protocol, port, address, to } = forward;
  const inside = gatewaysOf(networks);
  const bridges = new Set<string>(networks.flatMap((n) => n.bridge?.name ?? []));
  const own = new Set<string>([
    ...inside,
    ...items(observed.links).flatMap((l) => (bridges.has(l.name) ? l.addresses.map((a) => a.address) : [])),
  ]);
  const comes = (l: Listener): boolean => {
    if (l.address.startsWith('127.') || l.address === '::1') return false;
    if (l.address !== '*' && familyOf(l.address) !== familyOf(to)) return false;
    if (l.device !== null && (l.device === 'lo' || bridges.has(l.device))) return false;
    if (isEvery(l)) return true;
    return address === undefined ? !own.has(l.address) : l.address === address;
  };
  const all = items(observed.listeners).filter(
    (l) => l.protocol === protocol && port.start <= l.port && l.port <= port.end && comes(l),
  );
  // One program listens for both families, or at many addresses.
  return all.filter((l, i) => all.findIndex((o) => o.port === l.port && o.program === l.program) === i);
}

const processOf = ({ program, pid }: Listener): readonly string[] =>
  program === null ? [] : [pid === null ? program : `${program}, process ${pid}`];

/** The same where a sentence goes on after it. */
const whoListens = ({ program, pid }: Listener): string => {
  if (program === null) return 'a program that only root is told of';
  return pid === null ? program : `${program} (process ${pid})`;
};

/** Forwards that were not there before, with their place in the list. */
function fresh(network: Network, before: CheckContext['before']) {
  const old = before?.kind === 'network' ? (before.portForwards ?? []) : [];
  return (network.portForwards ?? []).flatMap((forward, i) =>
    old.some((o) => sameValue(o, forward)) ? [] : [{ forward, i }],
  );
}

const networksOf = (network: Network, { others }: Pick<CheckContext, 'others'>) => [network, ...others];

/** Is it the only address that the program is reached at? */
const takesAll = ({ address }: PortForward, l: Listener): boolean => address === undefined || !isEvery(l);

/** Forwards that would lock people out of this host. */
export function checkListeners(
  network: Network,
  context: CheckContext & { readonly observed: Observed },
): readonly Problem[] {
  return fresh(network, context.before).flatMap(({ forward, i }) =>
    takenBy(forward, context.observed, networksOf(network, context)).flatMap((l): readonly Problem[] => {
      const door = doorOf(l);
      if (door === null || !takesAll(forward, l)) return [];
      return [
        {
          path: ['portForwards', i, 'port'],
          code: 'PORT_OF_HOST',
          message: `Port forward ${i + 1}: at TCP port ${l.port} ${door}${processOf(l).map((p) => ` (${p})`)}. They would come to ${forward.to}, and nobody to this host: take another port, or name an address of the host that is meant for the guest.`,
        },
      ];
    }),
  );
}

/** What else forwards take from programs of this host, a sentence each, by place in the list of forwards. */
export function listenerWarnings(
  network: Network,
  { others, before, observed }: CheckContext,
): readonly { readonly i: number; readonly message: string }[] {
  if (observed === null) return [];
  return fresh(network, before).flatMap(({ forward, i }) =>
    takenBy(forward, observed, networksOf(network, { others })).flatMap((l) => {
      if (doorOf(l) !== null && takesAll(forward, l)) return [];
      const { start } = insidePorts(forward);
      const at = forward.address === undefined ? '' : ` of ${forward.address}`;
      const inside = start + l.port - forward.port.start;
      return [
        {
          i,
          message: `Port forward ${i + 1}: ${whoListens(l)} listens at ${l.protocol.toUpperCase()} port ${l.port} of this host. New connections to that port${at} come to port ${inside} of ${forward.to} instead.`,
        },
      ];
    }),
  );
}

/** For the review; also when it is not known who listens. */
export function listenerNotes(
  network: Network,
  context: CheckContext & { readonly observed: Observed },
): readonly string[] {
  const { listeners } = context.observed;
  const { name } = network;
  if (!listeners.known)
    return fresh(network, context.before).length === 0
      ? []
      : [
          `Port forwards of ${name} take their ports from whatever listens there on this host, and what does is not known (${listeners.why}).`,
        ];
  return listenerWarnings(network, context).map(({ message }) => `Network ${name}: ${message}`);
}
