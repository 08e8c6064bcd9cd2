import { destinationOf, lastingAddresses, lastingRoutes, portsOn } from './adopt-facts';
import { tapPart } from './adopt-tap';
import { problemsOf } from './check-parse';
import { kindOf } from './compile/link';
import { HostLink } from './kinds/link';
import { items, type Link, type Observed, type PortVlans } from './observed';
import { fail, ok, type Result } from './result';

const cannot = (message: string): Result<never> => fail('NOT_EXPRESSIBLE', message);

/** A bridge, VLAN, bond or tap as a design that says of it what is there. */
export function adoptLink(observed: Observed, link: Link): Result<HostLink> {
  const own = ownPart(observed, link);
  if (!own.ok) return own;
  const parsed = HostLink.safeParse({ ...common(observed, link), ...own.value });
  if (parsed.success) return ok(parsed.data);
  return cannot(`${link.name} cannot be said as a design. ${problemsOf(parsed.error, 'link')[0]?.message}`);
}

type Part = Readonly<Record<string, unknown>>;

function ownPart(observed: Observed, link: Link): Result<Part> {
  if (!observed.routes.known)
    return fail(
      'UNKNOWN',
      `The routes of this host cannot be read: ${observed.routes.why.replace(/\.?$/, '.')}`,
    );
  switch (kindOf(link)) {
    case 'tap':
      return tapPart(observed, link);
    case 'bridge':
      return bridgePart(observed, link);
    case 'vlan':
      return vlanPart(observed, link);
    case 'bond':
      return bondPart(observed, link);
    default:
      return cannot(
        `${link.name} is ${link.kind === 'device' ? 'a device of the machine' : `an interface of the kind ${link.kind}`}: Patchbay manages bridges, VLANs, bonds and persistent taps.`,
      );
  }
}

const USUAL_MTU = 1500;

function common(observed: Observed, link: Link): Part {
  const addresses = lastingAddresses(link).map(({ address, prefix }) => ({ address, prefix }));
  const routes = lastingRoutes(observed, link).map((r) => {
    const to = destinationOf(r);
    const usual = r.family === 6 ? 1024 : 0;
    return {
      ...(to === undefined ? {} : { to }),
      gateway: r.gateway,
      ...(r.metric === null || r.metric === usual ? {} : { metric: r.metric }),
    };
  });
  return {
    ...{ kind: kindOf(link), name: link.name, adopted: true },
    ...(link.mtu === USUAL_MTU ? {} : { mtu: link.mtu }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

function bridgePart(observed: Observed, link: Link): Result<Part> {
  const { name, bridge, mac } = link;
  if (bridge === null) return cannot(`The settings of bridge ${name} cannot be read.`);
  const delay = bridge.forwardDelay ?? 0;
  if (delay % 100 !== 0)
    return cannot(
      `Bridge ${name} has a forward delay of ${delay / 100} s, and a design has whole seconds: change it first.`,
    );
  const { uplinks, guests } = portsOn(observed, name);
  const ports = [...uplinks, ...guests];
  // Left to itself a bridge takes the MAC of a port; one that no port has was chosen.
  const chosen = ports.length > 0 && !ports.some((p) => p.mac === mac);
  const aware = bridge.vlanFiltering ? awarePart(observed, link, uplinks) : ok<Part>({});
  if (!aware.ok) return aware;
  return ok({
    stp: bridge.stp,
    ...(delay === (bridge.stp ? 200 : 0) ? {} : { delay: delay / 100 }),
    ...(uplinks.length === 0 ? {} : { uplinks: uplinks.map((p) => p.name) }),
    ...(chosen ? { mac } : {}),
    ...aware.value,
  });
}

type Ranges = PortVlans['vlans'];
const listed = (all: Ranges) =>
  all.map((v) => (v.from === v.to ? `${v.from}` : `${v.from}-${v.to}`)).join(', ');
const tagged = (all: Ranges) => all.filter((v) => !v.untagged && !v.pvid);

/** VLANs of a bridge that tells them apart: untagged in VLAN 1, and on the uplinks all the same ones tagged. */
function awarePart({ vlans, ...observed }: Observed, link: Link, uplinks: readonly Link[]): Result<Part> {
  const { name, bridge } = link;
  if (!vlans.known)
    return fail(
      'UNKNOWN',
      `The VLANs of this host's ports cannot be read: ${vlans.why.replace(/\.?$/, '.')}`,
    );
  if (bridge?.defaultPvid !== 1)
    return cannot(
      `Bridge ${name} has ${bridge?.defaultPvid ? `VLAN ${bridge.defaultPvid}` : 'no VLAN'} as its default PVID, and a design has VLAN 1.`,
    );
  for (const device of [...uplinks.map((u) => u.name), name]) {
    const all = vlans.value[device]?.vlans ?? [];
    const plain = all.filter((v) => v.untagged || v.pvid);
    const [first] = plain;
    if (plain.length === 1 && first?.from === 1 && first.to === 1 && first.pvid && first.untagged) continue;
    const what = device === name ? `Bridge ${name} itself` : `Uplink ${device} of bridge ${name}`;
    return cannot(
      `${what} has ${plain.length === 0 ? 'no VLAN' : `VLAN ${listed(plain)}`} for untagged packets, and a design has VLAN 1.`,
    );
  }
  const [one, ...others] = uplinks;
  const carried = one === undefined ? [] : tagged(vlans.value[one.name]?.vlans ?? []);
  for (const other of others) {
    const theirs = tagged(vlans.value[other.name]?.vlans ?? []);
    if (listed(theirs) !== listed(carried))
      return cannot(
        `The uplinks of bridge ${name} carry different VLANs (${one?.name}: ${listed(carried) || 'none'}; ${other.name}: ${listed(theirs) || 'none'}), and a design has the same for all.`,
      );
  }
  const above = items(observed.links).filter((l) => l.kind === 'vlan' && l.lower?.name === name);
  const lost = tagged(vlans.value[name]?.vlans ?? []).filter(
    (v) => v.from !== v.to || !above.some((l) => l.vlan?.id === v.from),
  );
  if (lost.length > 0)
    return cannot(
      `Bridge ${name} itself takes part in VLAN ${listed(lost)}, on which no VLAN device stands: a design has no words for that.`,
    );
  return ok({ vlanAware: { vlans: carried.map(({ from, to }) => ({ from, to })) } });
}

function vlanPart(observed: Observed, link: Link): Result<Part> {
  const { name, vlan, lower, mac } = link;
  const device = lower?.name ?? null;
  if (vlan === null || device === null)
    return cannot(`VLAN ${name} stands on a device that is not on this host, or cannot be read.`);
  const below = observed.links.known ? observed.links.value[device] : undefined;
  if (below === undefined) return cannot(`VLAN ${name} stands on ${device}, which is not on this host.`);
  if (vlan.protocol !== '802.1Q' && vlan.protocol !== '802.1ad')
    return cannot(`VLAN ${name} has the protocol ${vlan.protocol}: a design has 802.1Q or 802.1ad.`);
  return ok({
    device,
    id: vlan.id,
    ...(vlan.protocol === '802.1ad' ? { protocol: vlan.protocol } : {}),
    ...(mac !== null && mac !== below.mac ? { mac } : {}),
  });
}

const WITH_HASH = ['balance-xor', '802.3ad', 'balance-tlb'];

function bondPart(observed: Observed, link: Link): Result<Part> {
  const { name, bond } = link;
  if (bond === null) return cannot(`The settings of bond ${name} cannot be read.`);
  const members = items(observed.links)
    .filter((l) => l.master === name)
    .sort((a, b) => a.index - b.index)
    .map((l) => l.name);
  if (members.length === 0) return cannot(`Bond ${name} has no member: a design has at least one.`);
  if (!bond.miimon)
    return cannot(
      `Bond ${name} does not look at the carrier of its members (miimon 0), and a design always does: set one first.`,
    );
  return ok({
    members,
    mode: bond.mode,
    ...(bond.miimon === 100 ? {} : { miimon: bond.miimon }),
    ...(bond.primary == null ? {} : { primary: bond.primary }),
    ...(bond.mode === '802.3ad' && bond.lacpRate != null ? { lacpRate: bond.lacpRate } : {}),
    ...(WITH_HASH.includes(bond.mode) && bond.hashPolicy != null ? { hashPolicy: bond.hashPolicy } : {}),
  });
}
