'use client';
import { GuestName, HostId, IfName } from '@/server/core/ids';
import type { Topology, TopologyNode } from '@/server/core/topology';
import { ORDER_GHOST } from '@/server/core/topology-draft';
import { bridgeOf, isLabGuest } from '../lists/bridges';
import { useLabActions } from '../lists/useLabActions';
import { useLive } from '../live/Live';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';

export type PlugProposal = { readonly guest: TopologyNode; readonly bridge: TopologyNode };

/** Whether dropping this on that bridge can mean that it is plugged in there. */
export function canPlug(topology: Topology, what: TopologyNode, bridge: TopologyNode): boolean {
  if (!isLabGuest(what) || bridge.kind !== 'bridge' || bridge.order >= ORDER_GHOST) return false;
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

/** A guest was dropped on another network: what plugging it in there would do, before anything is done. */
export function PlugReview({
  proposal,
  onDone,
  onClose,
}: {
  readonly proposal: PlugProposal | null;
  /** It is plugged in there now. */
  readonly onDone: (guest: TopologyNode) => void;
  readonly onClose: () => void;
}) {
  const { topology } = useLive();
  const { plug } = useLabActions();
  if (proposal === null) return null;
  const { guest, bridge } = proposal;
  const port = portOf(topology, guest);
  const label = bridgeOf(topology, guest);
  const before = Object.values(topology.nodes).find(
    (n) => n.host === guest.host && n.kind === 'bridge' && n.label === label,
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
            busy={plug.isPending && 'Plugging in'}
            onClick={() =>
              plug.mutate(
                {
                  host: HostId.parse(guest.host),
                  name: GuestName.parse(guest.label),
                  bridge: IfName.parse(bridge.label),
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
        <div className="grid gap-1">
          <span className="font-medium">Command</span>
          <Code
            label="command"
            text={`ip link set dev ${port?.label ?? 'its-port'} master ${bridge.label}`}
          />
        </div>
      </div>
    </Dialog>
  );
}
