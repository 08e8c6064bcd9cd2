import { blockOf, contains, familyOf } from '../ip';
import type { PortForward, PortRange } from '../kinds/forward';
import type { Network, OwnNetwork } from '../kinds/network';
import { inRules, type Worded } from './nft-nat';

/*
 * A port forward changes the destination as a packet comes in (prerouting) or as the host itself sends one (output),
 * only of what is for an address of the host, and lets what was changed through before anything is rejected.
 */

/** Where it goes inside: as many ports as outside. */
export const insidePorts = ({ port, toPort = port.start }: PortForward): PortRange => ({
  start: toPort,
  end: toPort + port.end - port.start,
});

const portsText = ({ start, end }: PortRange): string => (start === end ? String(start) : `${start}-${end}`);

/** What it is, in words that fit in a rule's comment. */
const named = ({ protocol, port, to }: PortForward) => `${protocol} ${portsText(port)} to ${to}`;

/** Rules for prerouting and output alike. `gateways` are the addresses of the host in guest networks. */
export function redirectRules(network: OwnNetwork, gateways: readonly string[]): readonly Worded[] {
  return (network.portForwards ?? []).map((forward) => {
    const { protocol, address, port, to, toPort } = forward;
    const ip = familyOf(to) === 4 ? 'ip' : 'ip6';
    // The loopback address of one host is nothing to another.
    const loopback = ip === 'ip' ? '127.0.0.0/8' : '::1';
    const own = gateways.filter((g) => familyOf(g) === familyOf(to));
    const outside =
      address === undefined
        ? `${ip} daddr != { ${[loopback, ...own].join(', ')} }`
        : `${ip} daddr ${address}`;
    const where = ip === 'ip' ? to : `[${to}]`;
    const shifted = toPort !== undefined && toPort !== port.start;
    const target = !shifted
      ? to
      : port.start === port.end
        ? `${where}:${toPort}`
        : `${where} : ${protocol} dport map { ${eachPort(forward)} }`;
    return {
      words: named(forward),
      text: `fib daddr type local ${outside} ${protocol} dport ${portsText(port)} counter dnat ${ip} to ${target}`,
    };
  });
}

/** The kernel keeps a port or picks any of a range; only a map moves each to its own. */
const eachPort = ({ port, toPort = port.start }: PortForward): string =>
  Array.from({ length: port.end - port.start + 1 }, (_, i) => `${port.start + i} : ${toPort + i}`).join(', ');

/** Of what was redirected, both ways, whatever other networks reject. */
export function passRules({ bridge, portForwards }: OwnNetwork): readonly Worded[] {
  return (portForwards ?? []).flatMap((forward) => {
    const { protocol, to } = forward;
    const ip = familyOf(to) === 4 ? 'ip' : 'ip6';
    const ports = portsText(insidePorts(forward));
    return [
      {
        words: `pass ${named(forward)}`,
        text: `oifname "${bridge.name}" ${ip} daddr ${to} ${protocol} dport ${ports} ct status dnat counter accept`,
      },
      {
        words: `back ${named(forward)}`,
        text: `iifname "${bridge.name}" ${ip} saddr ${to} ${protocol} sport ${ports} ct status dnat ct state established counter accept`,
      },
    ];
  });
}

/**
 * Between guests of one subnet: without this the answer would go straight to who asked, who asked somebody else. (With
 * bridge-nf-call-iptables a guest does not reach itself so: the packet would have to leave by the port it came in.)
 */
export function hairpinRules({ bridge, subnets, portForwards }: OwnNetwork): readonly Worded[] {
  return (portForwards ?? []).flatMap((forward) => {
    const { protocol, to } = forward;
    const subnet = subnets.find((s) => {
      const block = blockOf(s.address, s.prefix);
      return block !== null && contains(block, to);
    });
    if (subnet === undefined) return [];
    const { ip, cidr } = inRules(subnet);
    const ports = portsText(insidePorts(forward));
    return [
      {
        words: `turn ${named(forward)}`,
        text: `oifname "${bridge.name}" ${ip} saddr ${cidr} ${ip} daddr ${to} ${protocol} dport ${ports} ct status dnat counter masquerade`,
      },
    ];
  });
}

/** Guests of an isolated network stay in it: a redirection would lead them out. */
export const stayRule = ({ bridge, forward }: OwnNetwork): readonly Worded[] =>
  forward.mode === 'none'
    ? [{ words: 'stays in its network', text: `iifname "${bridge.name}" counter return` }]
    : [];

export const gatewaysOf = (networks: readonly Network[]): readonly string[] =>
  networks.flatMap((n) => n.subnets.map((s) => s.address));
