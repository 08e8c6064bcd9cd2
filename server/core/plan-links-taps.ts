import type { Action } from './change';
import { forcedBatch, isThat } from './compile/link';
import { toPortVlans } from './compile/ports';
import type { PortsGoal, PortVlan, Realisation } from './compile/realisation';
import type { Tap } from './kinds/link';
import type { Link } from './observed';
import { forgetQos, forgetRows, unlimited, unlimitFirst } from './ovs-qos';
import { gathered, MANY } from './plan-gather';
import { plugOvsLimits } from './plan-limits-ovs';
import { type LinkSituation, linkOf, removedFirst, without } from './plan-links-facts';
import { columnChange, NEW_PORT, portColumns, transact } from './plan-ovs-columns';
import { ovsVlanWords, tapPlugColumns, tapVlanColumns } from './plan-ovs-ports';
import { ovsAt } from './plan-ovs-situation';
import { vlanWords } from './plan-ports';
import { type Draft, ip } from './plan-situation';
import { type Plug, pluggingBack, plugOf, unplugging } from './plugs';
import { bridgeActions, FRESH, portChange, vlanChange, vlansOf } from './port-state';

/** What networks make for taps to be plugged into, and how they want their ports. */
export type Seats = Pick<Realisation, 'bridges' | 'ports' | 'ovs' | 'ovsPorts'>;

/** Taps are plugged in when everything that they can be plugged into is there. */
export function tapSteps(all: LinkSituation, seats: Seats): readonly Draft[] {
  const s: LinkSituation = { ...all, observed: without(all.observed, removedFirst(all)) };
  const steps = s.goal
    .flatMap((g) => (g.kind === 'tap' ? [g] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((g) => stepsFor(s, g, seats));
  if (steps.length < MANY) return steps.flat();
  // A tap has its VLANs after its plug.
  return [
    ...gathered(steps.flatMap(([first]) => first ?? [])),
    ...gathered(steps.flatMap(([, ...rest]) => rest)),
  ];
}

/** Will the bridge of this name be one of Open vSwitch? */
const onOvs = (s: LinkSituation, { bridges, ovs }: Seats, name: string): boolean =>
  ovs.some((b) => b.name === name) ||
  (ovsAt(s.observed, name) !== undefined && !bridges.some((b) => b.name === name));

function stepsFor(s: LinkSituation, goal: Tap, seats: Seats): readonly Draft[] {
  const { name, bridge } = goal;
  const seen = linkOf(s.observed, name);
  const from = plugOf(s.observed, name);
  if (bridge === undefined) return unplug(s, goal, seen);
  if (onOvs(s, seats, bridge)) return ovsStepsFor(s, { ...goal, bridge }, seats);
  const touches = [`tap ${name}`, `bridge ${bridge}`];
  const plugged = from?.bridge === bridge;
  const network = seats.ports.find((p) => p.own && p.bridge === bridge);
  const steps: Draft[] = [];
  if (!plugged)
    steps.push({
      title: `Plug ${name} into ${bridge}`,
      touches,
      actions: [
        ...(from?.port == null ? [] : unplugging(name, from)),
        ip('link', 'set', 'dev', name, 'master', bridge),
        ...asNetworkWants(name, network),
      ],
      inverse: [
        ...(from === null || from.port !== null ? [forcedBatch([`link set dev ${name} nomaster`])] : []),
        ...pluggingBack(s.observed, name, from),
        ...mtuBack(s, name, network?.mtu ?? null),
      ],
    });
  const to = wantedVlans(s, goal);
  if (to === null) return steps;
  const now = plugged ? vlansOf(s.observed, name) : FRESH.vlans;
  const forth = vlanChange(name, [now, to]);
  if (forth.length > 0)
    steps.push({
      title: `Put ${name} into ${vlanWords(to)}`,
      touches,
      actions: bridgeActions(forth),
      inverse: bridgeActions(vlanChange(name, [to, now])),
    });
  return steps;
}

type PluggedTap = Tap & { readonly bridge: NonNullable<Tap['bridge']> };

/** Into a bridge of Open vSwitch: with its VLANs, in one transaction. */
function ovsStepsFor(s: LinkSituation, goal: PluggedTap, seats: Seats): readonly Draft[] {
  const { name, bridge } = goal;
  const touches = [`tap ${name}`, `bridge ${bridge}`];
  const from = plugOf(s.observed, name);
  const network = seats.ovsPorts.find((p) => p.own && p.bridge === bridge);
  if (from?.bridge === bridge && from.port !== null) {
    // Ports that are in it already a network looks after itself.
    if (network !== undefined) return [];
    const is = portColumns(from.port);
    const to = tapVlanColumns(is, goal);
    const forth = columnChange(name, is, to);
    if (forth.length === 0) return [];
    return [
      {
        title: `Put ${name} into ${ovsVlanWords(to)}`,
        touches,
        actions: [transact(forth)],
        inverse: [transact(columnChange(name, to, is))],
      },
    ];
  }
  const settings = columnChange(name, NEW_PORT, tapPlugColumns(goal, network));
  const limits =
    network === undefined
      ? []
      : plugOvsLimits({ observed: s.observed }, network, { port: name, portgroup: '' });
  const drop = ['--if-exists', 'del-port', bridge, name];
  const move = from?.port == null ? [] : [['--if-exists', 'del-port', from.bridge, name]];
  return [
    {
      title: `Plug ${name} into ${bridge}`,
      touches,
      actions: [
        ...(from === null ? [] : from.port === null ? unplugging(name, from) : unlimitFirst([from.port])),
        ...(from?.port == null ? [] : forgetRows([from.port])),
        transact([...move, ['add-port', bridge, name], ...settings, ...limits]),
      ],
      inverse: [
        ...(limits.length === 0
          ? [transact([drop])]
          : [transact(unlimited(name)), transact([drop]), forgetQos(name)]),
        ...pluggingBack(s.observed, name, from),
        ...mtuBack(s, name, network?.mtu ?? null),
      ],
    },
  ];
}

/** A network's own MTU comes with its port, and stays when the port is gone. */
function mtuBack(s: LinkSituation, name: string, given: number | null): readonly Action[] {
  const seen = linkOf(s.observed, name);
  return given === null || seen === undefined
    ? []
    : [ip('link', 'set', 'dev', name, 'mtu', String(seen.mtu))];
}

/** What a network wants of a port that is just plugged into its bridge. Ports that are in it already it looks after itself. */
function asNetworkWants(name: string, network: PortsGoal | undefined): readonly Action[] {
  if (network === undefined) return [];
  const vlans = network.vlans?.ports.get('') ?? FRESH.vlans;
  return [
    ...bridgeActions(portChange(name, FRESH, { ...FRESH, vlans, isolated: network.isolated })),
    ...(network.mtu === null ? [] : [ip('link', 'set', 'dev', name, 'mtu', String(network.mtu))]),
  ];
}

/** What it was plugged into by us and shall not be. Where somebody else plugged it in, it stays. */
function unplug(s: LinkSituation, { name }: Tap, seen: Link | undefined): readonly Draft[] {
  const from = plugOf(s.observed, name);
  if (seen === undefined || from === null || !pluggedByUs(s, seen, from)) return [];
  return [unplugStep(s, name, from)];
}

export const pluggedByUs = (s: LinkSituation, seen: Link, { bridge }: Plug): boolean =>
  s.known.some((k) => isThat(k, seen) && k.kind === 'tap' && k.bridge === bridge);

export const unplugStep = (s: LinkSituation, name: string, from: Plug): Draft => ({
  title: `Unplug ${name} from ${from.bridge}`,
  touches: [`tap ${name}`, `bridge ${from.bridge}`],
  actions: unplugging(name, from),
  inverse: pluggingBack(s.observed, name, from),
});

/** Null where the bridge tells no VLANs apart, or somebody else says which they are. */
function wantedVlans(s: LinkSituation, { bridge, vlan, keepVlans }: Tap): readonly PortVlan[] | null {
  if (keepVlans) return null;
  const goal = s.goal.find((g) => g.name === bridge);
  const seen = linkOf(s.observed, bridge ?? '');
  const aware =
    goal?.kind === 'bridge' ? goal.vlanAware !== undefined : (seen?.bridge?.vlanFiltering ?? false);
  const ofNetwork = goal === undefined && seen?.alias?.startsWith('patchbay:') === true;
  return aware && !ofNetwork ? toPortVlans(vlan) : null;
}
