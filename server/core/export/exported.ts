import type { Desired } from '../change';
import { compileOvsPorts } from '../compile/ovs';
import { commandText } from '../compile/render';
import type { HostLink, Tap } from '../kinds/link';
import { type Columns, columnChange, NEW_PORT, transact } from '../plan-ovs-columns';
import { tapPlugColumns } from '../plan-ovs-ports';
import { tapVlanLines } from './common';

/** What a tap is plugged into. */
export type Seat =
  | { readonly is: 'nothing' }
  /** A Linux bridge among the links, which has a file of its own. */
  | { readonly is: 'bridge'; readonly bridge: string }
  /** A Linux bridge that no file makes: a network's, or somebody else's. */
  | { readonly is: 'elsewhere'; readonly bridge: string }
  | { readonly is: 'ovs'; readonly bridge: string; readonly settings: Columns };

/** What files are made of. */
export type Exported = {
  readonly links: readonly HostLink[];
  /** Of the bridges that links name, those of Open vSwitch. */
  readonly ovsBridges: ReadonlySet<string>;
  readonly seatOf: (tap: Tap) => Seat;
};

/** @param seenOvs bridges of Open vSwitch that are on the host, by name */
export function exported(desired: Desired, seenOvs: readonly string[]): Exported {
  const { links, networks } = desired;
  const goals = compileOvsPorts(desired).filter((g) => g.own);
  const isLinux = (name: string) =>
    links.some((l) => l.name === name) || networks.some((n) => n.bridge?.name === name);
  const isOvs = (name: string) =>
    goals.some((g) => g.bridge === name) || (seenOvs.includes(name) && !isLinux(name));
  const named = links.flatMap((l) =>
    l.kind === 'tap' ? (l.bridge ?? []) : l.kind === 'vlan' ? l.device : [],
  );
  return {
    links,
    ovsBridges: new Set(named.filter(isOvs)),
    seatOf: (tap) => {
      const { bridge } = tap;
      if (bridge === undefined) return { is: 'nothing' };
      if (isOvs(bridge)) {
        const network = goals.find((g) => g.bridge === bridge);
        return { is: 'ovs', bridge, settings: tapPlugColumns(tap, network) };
      }
      return { is: links.some((l) => l.name === bridge) ? 'bridge' : 'elsewhere', bridge };
    },
  };
}

/** What plugs it in, for formats that have no words for that. */
export function pluggedByHand(tap: Tap, seat: Seat): readonly string[] {
  if (seat.is === 'nothing' || seat.is === 'bridge') return [];
  if (seat.is === 'elsewhere')
    return [`ip link set dev ${tap.name} master ${seat.bridge}`, ...tapVlanLines(tap)];
  const add = ['--may-exist', 'add-port', seat.bridge, tap.name];
  return [commandText(transact([add, ...columnChange(tap.name, NEW_PORT, seat.settings)]))];
}
