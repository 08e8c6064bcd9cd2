'use client';
import { useState } from 'react';
import { type PortMark, portMark } from '@/server/core/compile/ports';
import { GuestName, HostId } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import type { GuestNic, Topology, TopologyNode } from '@/server/core/topology';
import { ORDER_GHOST } from '@/server/core/topology-draft';
import { bridgeOf, isBridge, isLabGuest } from '../lists/bridges';
import { type Socket, useSockets } from '../lists/sockets';
import { useLabActions } from '../lists/useLabActions';
import { useLive } from '../live/Live';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Field, Select } from '../ui/Field';

export type PlugProposal = { readonly guest: TopologyNode; readonly bridge: TopologyNode };

/** Whether dropping this on that bridge can mean that it is plugged in there. */
export function canPlug(topology: Topology, what: TopologyNode, bridge: TopologyNode): boolean {
  if (!isLabGuest(what) || !isBridge(bridge) || bridge.order >= ORDER_GHOST) return false;
  if (what.host !== bridge.host) return false;
  if (what.nics !== undefined) return what.state !== 'down' && movable(topology, what, bridge).length > 0;
  return bridgeOf(topology, what) !== bridge.label && portOf(topology, what) !== null;
}

/** Those of a virtual machine that are not plugged in there already, and have a tap that can be. */
function movable(
  topology: Topology,
  { id, nics = [] }: TopologyNode,
  bridge: TopologyNode,
): readonly GuestNic[] {
  const cables = Object.values(topology.edges).filter((e) => e.to === id || e.from === id);
  const macvtaps = new Set(
    cables
      .flatMap((e) => [topology.nodes[e.from], topology.nodes[e.to]])
      .flatMap((n) => (n?.kind === 'macvtap' ? [n.label] : [])),
  );
  return nics.filter((nic) => nic.bridge !== bridge.label && !macvtaps.has(nic.tap));
}

/** The host's end of the guest's cable. */
function portOf(topology: Topology, guest: TopologyNode): TopologyNode | null {
  const cable = Object.values(topology.edges).find((e) => e.kind === 'nic' && e.to === guest.id);
  return (cable && topology.nodes[cable.from]) ?? null;
}

const nameOf = (bridge: TopologyNode): string => bridge.network?.name ?? bridge.label;

type PlugReviewProps = {
  readonly proposal: PlugProposal | null;
  /** It is plugged in there now. */
  readonly onDone: (guest: TopologyNode) => void;
  readonly onClose: () => void;
};

/** A guest was dropped on another network: what plugging it in there would do, before anything is done. */
export function PlugReview({ proposal, ...rest }: PlugReviewProps) {
  if (proposal === null) return null;
  return <Question key={`${proposal.guest.id} ${proposal.bridge.id}`} {...proposal} {...rest} />;
}

function Question({ guest, bridge, onDone, onClose }: PlugProposal & Omit<PlugReviewProps, 'proposal'>) {
  const { topology } = useLive();
  const { plug } = useLabActions();
  const choices = useSockets(guest.host).filter((s) => s.bridge === bridge.label);
  const [chosen, setChosen] = useState<string | null>(null);
  const socket = choices.find((s) => s.key === chosen) ?? choices[0];
  const nics = movable(topology, guest, bridge);
  const [wanted, setWanted] = useState<string | null>(null);
  const nic = nics.find((n) => n.name === wanted) ?? nics[0];
  const several = (guest.nics?.length ?? 0) > 1;
  const what = several && nic !== undefined ? `${guest.label} ${nic.name}` : guest.label;
  const port = nic?.tap ?? portOf(topology, guest)?.label;
  const own = (nic ?? guest).plugged?.bandwidth;
  const label = nic === undefined ? bridgeOf(topology, guest) : nic.bridge;
  const before = Object.values(topology.nodes).find(
    (n) => n.host === guest.host && isBridge(n) && n.label === label,
  );
  const name = nameOf(bridge);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Plug ${what} into ${name}?`}
      width={460}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={socket === undefined}
            busy={plug.isPending && 'Plugging in'}
            onClick={() =>
              socket !== undefined &&
              plug.mutate(
                {
                  host: HostId.parse(guest.host),
                  name: GuestName.parse(guest.label),
                  ...(nic === undefined ? {} : { nic: NicName.parse(nic.name) }),
                  ...socket.into,
                },
                { onSuccess: () => onDone(guest), onSettled: onClose },
              )
            }
          >
            Plug {what} into {name}
          </Button>
        </>
      }
    >
      <div className="grid gap-3 p-4">
        <p>
          {before ? `It is in ${nameOf(before)} now, and leaves it. ` : 'It is plugged in nowhere now. '}
          Its cable will go to the bridge <span className="mono">{bridge.label}</span>, and it asks there for
          an address.
        </p>
        {nics.length > 1 && (
          <Field label="NIC">
            {(wiring) => (
              <Select {...wiring} value={nic?.name ?? ''} onChange={(e) => setWanted(e.target.value)}>
                {nics.map((n) => (
                  <option key={n.name} value={n.name}>
                    {[n.name, n.mac, ...n.addresses].join(' · ')}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {choices.length > 1 && (
          <Field label="As">
            {(wiring) => (
              <Select {...wiring} value={socket?.key ?? ''} onChange={(e) => setChosen(e.target.value)}>
                {choices.map((s) => (
                  <option key={s.key} value={s.key}>
                    {s.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <div className="grid gap-1">
          <span className="font-medium">Commands</span>
          <Code label="commands" text={commandsFor(port ?? 'its-port', bridge, { socket, own })} />
        </div>
      </div>
    </Dialog>
  );
}

/** What it is plugged in as, and the limits that are its own. */
type As = { readonly socket: Socket | undefined; readonly own: PortMark['bandwidth'] };

/** Its VLANs are set by the mark, as the network has them when it is plugged in. */
function commandsFor(port: string, bridge: TopologyNode, { socket, own }: As): string {
  const { network, portgroup } = socket?.into ?? {};
  const alias = portMark(network ?? null, portgroup ?? null, own);
  const mark =
    alias === '' ? [] : [`ip link set dev ${port} alias ${alias.includes(';') ? `'${alias}'` : alias}`];
  const plug =
    bridge.kind === 'bridge'
      ? `ip link set dev ${port} master ${bridge.label}`
      : `ovs-vsctl add-port ${bridge.label} ${port}`;
  return [...mark, plug].join('\n');
}
