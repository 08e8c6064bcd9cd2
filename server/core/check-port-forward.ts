import { nobodys } from './check-nat';
import { specialAddress } from './check-subnet';
import { insidePorts } from './compile/nft-port-forward';
import { blockOf, blockText, contains, familyOf } from './ip';
import type { PortForward } from './kinds/forward';
import type { Network } from './kinds/network';
import type { Problem } from './result';

/** As many ports as one rule's map should have. */
const MOST_MOVED = 256;
const MODES: readonly string[] = ['nat', 'route', 'open'];

/** `TCP 8080 of 203.0.113.2` */
const outsideText = ({ protocol, port, address }: PortForward): string =>
  `${protocol.toUpperCase()} ${port.start === port.end ? `port ${port.start}` : `ports ${port.start} – ${port.end}`}${address === undefined ? '' : ` of ${address}`}`;

const sameOutside = (a: PortForward, b: PortForward): boolean =>
  a.protocol === b.protocol &&
  familyOf(a.to) === familyOf(b.to) &&
  (a.address === undefined || b.address === undefined || a.address === b.address) &&
  a.port.start <= b.port.end &&
  b.port.start <= a.port.end;

/** Each by itself, with the other ones of its network, and with those of other networks. */
export function checkPortForwards(network: Network, others: readonly Network[]): readonly Problem[] {
  const { forward, portForwards = [] } = network;
  if (portForwards.length > 0 && !MODES.includes(forward.mode))
    return [
      {
        path: ['portForwards'],
        code: 'PORT_FORWARD_MODE',
        message:
          forward.mode === 'none'
            ? 'An isolated network has no port forwards: nothing comes in from outside. Use NAT, routed or open.'
            : `A network in forward mode ${forward.mode} has no port forwards: the outside reaches its guests without this host.`,
      },
    ];
  return portForwards.flatMap((item, i) => [
    ...checkItem(network, item, i),
    ...checkTaken(item, i, { before: portForwards.slice(0, i), others }),
  ]);
}

function checkItem({ subnets }: Network, item: PortForward, i: number): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (field: string, code: string, message: string) =>
    problems.push({ path: ['portForwards', i, field], code, message: `Port forward ${i + 1}: ${message}` });
  const { address, port, to } = item;
  if (port.start > port.end)
    at(
      'port',
      'PORTS_REVERSED',
      `ports ${port.start} – ${port.end} are reversed: the start comes after the end.`,
    );
  else if (insidePorts(item).end > 65535)
    at('toPort', 'PORTS_TOO_HIGH', `the last port inside would be ${insidePorts(item).end}: at most 65535.`);
  else if (insidePorts(item).start !== port.start && port.end - port.start >= MOST_MOVED)
    at('toPort', 'PORTS_TOO_MANY', `a range that goes to other ports has at most ${MOST_MOVED} of them.`);
  const blocks = subnets.flatMap((s) => {
    const block = blockOf(s.address, s.prefix);
    return block === null ? [] : [{ block, gateway: s.address }];
  });
  const home = blocks.find((b) => contains(b.block, to));
  if (home === undefined) at('to', 'PORT_FORWARD_OUTSIDE', `${to} lies in no subnet of the network.`);
  else if (home.gateway === to)
    at('to', 'PORT_FORWARD_TO_HOST', `${to} is the gateway, the host's own address: name a guest's.`);
  else {
    const special = specialAddress(to, home.block);
    if (special !== null)
      at(
        'to',
        'PORT_FORWARD_SPECIAL',
        `${to} is the ${special} of ${blockText(home.block)}: name a guest's.`,
      );
  }
  if (address === undefined) return problems;
  const own = blocks.find((b) => contains(b.block, address));
  if (familyOf(address) !== familyOf(to))
    at(
      'address',
      'PORT_FORWARD_FAMILIES',
      `${address} is IPv${familyOf(address)}, the guest's ${to} is IPv${familyOf(to)}.`,
    );
  else if (nobodys(address) !== null)
    at(
      'address',
      'PORT_FORWARD_UNUSABLE',
      `${address} ${nobodys(address)}: nothing comes there from outside.`,
    );
  else if (own !== undefined)
    at(
      'address',
      'PORT_FORWARD_INSIDE',
      `${address} lies in the network itself (${blockText(own.block)}): name an address of the host outside, or none.`,
    );
  return problems;
}

function checkTaken(
  item: PortForward,
  i: number,
  { before, others }: { readonly before: readonly PortForward[]; readonly others: readonly Network[] },
): readonly Problem[] {
  const taken = (by: string): readonly Problem[] => [
    {
      path: ['portForwards', i, 'port'],
      code: 'PORT_TAKEN',
      message: `Port forward ${i + 1}: ${outsideText(item)} ${item.port.start === item.port.end ? 'is' : 'are'} taken by ${by}.`,
    },
  ];
  const first = before.findIndex((b) => sameOutside(b, item));
  if (first >= 0) return taken(`port forward ${first + 1}`);
  const owner = others.find((n) => n.portForwards?.some((f) => sameOutside(f, item)));
  return owner === undefined ? [] : taken(`a port forward of network ${owner.name}`);
}
