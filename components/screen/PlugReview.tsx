'use client';
import { useState } from 'react';
import { portMark } from '@/server/core/compile/ports';
import { GuestName, HostId } from '@/server/core/ids';
import type { Topology, TopologyNode } from '@/server/core/topology';
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
  return (
    what.host === bridge.host && bridgeOf(topology, what) !== bridge.label && portOf(topology, what) !== null
  );
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
  const port = portOf(topology, guest);
  const label = bridgeOf(topology, guest);
  const before = Object.values(topology.nodes).find(
    (n) => n.host === guest.host && isBridge(n) && n.label === label,
  );
  const name = nameOf(bridge);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Plug ${guest.label} into ${name}?`}
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
                  ...socket.into,
                },
                { onSuccess: () => onDone(guest), onSettled: onClose },
              )
            }
          >
            Plug {guest.label} into {name}
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
          <Code label="commands" text={commandsFor(port?.label ?? 'its-port', bridge, socket)} />
        </div>
      </div>
    </Dialog>
  );
}

/** Its VLANs are set by the mark, as the network has them when it is plugged in. */
function commandsFor(port: string, bridge: TopologyNode, socket: Socket | undefined): string {
  const { network, portgroup } = socket?.into ?? {};
  const mark =
    network === undefined ? [] : [`ip link set dev ${port} alias ${portMark(network, portgroup ?? null)}`];
  const plug =
    bridge.kind === 'bridge'
      ? `ip link set dev ${port} master ${bridge.label}`
      : `ovs-vsctl add-port ${bridge.label} ${port}`;
  return [...mark, plug].join('\n');
}
