import { contains, parseBlock } from '../ip';
import { items, type NftTable, type Observed, type OvsBridge, type Route } from '../observed';
import { answerTo, type Check } from './facts';
import { GUEST_MTU } from './files';
import { counted, inUse, type SeenPool } from './seats';

/** Does the host forward what guests send further, and has it? */
export function checkForwarding({ bridge: { name }, seats }: SeenPool, observed: Observed): Check {
  const { sysctls, nft } = observed;
  const question = { id: 'forwarding', title: 'The host forwards for guests' } as const;
  const setting = answerTo({ ...question, command: 'sysctl net.ipv4.ip_forward' });
  if (!sysctls.known) return setting('unknown', [sysctls.why]);
  const names = ['net.ipv4.ip_forward', `net.ipv4.conf.${name.replaceAll('.', '/')}.forwarding`];
  const off = names.filter((n) => sysctls.value[n]?.value === '0');
  if (off.length > 0)
    return setting(
      'fault',
      off.map((n) => `${n} is 0: guests do not get outside. sysctl -w ${n}=1`),
    );
  const rules = answerTo({ ...question, command: 'nft list ruleset' });
  if (!nft.known)
    return rules('unknown', [`Forwarding is on; what was forwarded cannot be read: ${nft.why}`]);
  const packets = forwarded(Object.values(nft.value), name);
  if (packets > 0)
    return rules('ok', [
      `Forwarding is on, and ${counted(packets, 'packet')} between ${name} and elsewhere were let through.`,
    ]);
  const why = seats.some(inUse) ? 'guests may not have tried' : 'no job runs';
  return rules('unknown', [`Forwarding is on; no rule for ${name} has counted a packet yet: ${why}.`]);
}

/** Packets that rules for this interface accepted on their way through the host. */
const forwarded = (tables: readonly NftTable[], name: string): number =>
  tables
    .flatMap((t) => t.chains.filter((c) => c.hook === 'forward'))
    .flatMap((c) => c.rules)
    .map((r) => JSON.stringify(r.expression))
    .filter((text) => text.includes(JSON.stringify(name)) && text.includes('"accept"'))
    .reduce((sum, text) => sum + Number(/"counter":\{[^}]*"packets":(\d+)/.exec(text)?.[1] ?? 0), 0);

/** IPv4 and GRE in front of a frame of Ethernet; a key takes four bytes more. */
const GRE_OVERHEAD = 20 + 4 + 14;
const KEY = 4;

/** Do tunnels to other hosts carry what guests send? */
export function checkTunnels({ bridge }: SeenPool, observed: Observed): Check {
  const tunnels = bridge.ports.flatMap((p) => p.interfaces.filter((i) => i.type === 'gre'));
  const remote = tunnels[0]?.options.remote_ip;
  const answer = answerTo({
    ...{ id: 'tunnels', title: 'Tunnels to other hosts carry whole packets' },
    command: remote === undefined ? 'ovs-vsctl show' : `ip route get ${remote}`,
  });
  if (tunnels.length === 0)
    return answer('ok', [`${bridge.name} has no tunnel: all workers are on this host.`]);
  const { routes, links } = observed;
  if (!routes.known || !links.known) return answer('unknown', ['Routes or interfaces cannot be read.']);
  const faults = tunnels.flatMap((t) => faultOf(t, observed) ?? []);
  return faults.length > 0
    ? answer('fault', faults)
    : answer(
        'ok',
        tunnels.map(
          (t) =>
            `${t.name} carries packets of ${roomIn(t, observed)?.bytes} bytes: guests must use ${GUEST_MTU}, not 1500.`,
        ),
      );
}

type Tunnel = OvsBridge['ports'][number]['interfaces'][number];

function faultOf(tunnel: Tunnel, observed: Observed): string | null {
  const { name, error, options } = tunnel;
  if (error !== null) return `Open vSwitch cannot use ${name}: ${error}.`;
  const room = roomIn(tunnel, observed);
  if (room === null) return `There is no route to ${options.remote_ip ?? 'the other end'} for ${name}.`;
  const { bytes, device, mtu } = room;
  return bytes >= GUEST_MTU
    ? null
    : `${name} goes by ${device} (MTU ${mtu}) and carries packets of ${bytes} bytes; guests of openQA send ${GUEST_MTU}, and larger ones are lost.`;
}

/** Bytes of a guest's packet that fit into one of GRE on the device that leads to the other end. */
function roomIn({ options }: Tunnel, observed: Observed) {
  const device = wayTo(items(observed.routes), options.remote_ip ?? '')?.device ?? null;
  const mtu = device === null ? undefined : items(observed.links).find((l) => l.name === device)?.mtu;
  if (mtu === undefined) return null;
  return { device, mtu, bytes: mtu - GRE_OVERHEAD - (options.key === undefined ? 0 : KEY) };
}

/** The most specific route of the main table; the default route is the least. */
function wayTo(routes: readonly Route[], address: string): Route | undefined {
  return routes
    .filter((r) => r.family === 4 && r.type === 'unicast' && r.table === 'main')
    .flatMap((route) => {
      const { destination } = route;
      const block = parseBlock(destination === 'default' ? '0.0.0.0/0' : destination);
      return block !== null && contains(block, address) ? [{ route, prefix: block.prefix }] : [];
    })
    .sort((a, b) => b.prefix - a.prefix || (a.route.metric ?? 0) - (b.route.metric ?? 0))[0]?.route;
}
