'use client';
import { useQuery } from '@tanstack/react-query';
import { Monitor, Pencil, Plus, Radio, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { TopologyNode } from '@/server/core/topology';
import { LabConfirm, type LabQuestion } from '../hosts/LabConfirm';
import { isDomain, isLabGuest, isMachine } from '../lists/bridges';
import { DomainNics } from '../lists/DomainNics';
import { GuestNics } from '../lists/GuestNics';
import { GuestRemoval } from '../lists/GuestRemoval';
import { Plug } from '../lists/Plug';
import { useNetworkDelete } from '../lists/useNetworkDelete';
import { useLive } from '../live/Live';
import { labOf, readOnly } from '../live/names';
import { useTRPC } from '../live/trpc';
import { useView } from '../shell/view';
import { Button } from '../ui/Button';
import { LinkActions } from './LinkActions';
import { ManageThis } from './ManageThis';

const ICON = 'size-3.5';

/** What can be done with a node, most likely first. */
export function NodeActions({ node }: { readonly node: TopologyNode }) {
  if (node.kind === 'host') return <HostActions node={node} />;
  if (isDomain(node)) return <DomainNics guest={node} />;
  if (isLabGuest(node)) return <GuestActions node={node} />;
  if (node.network) return <NetworkActions node={node} name={node.network.name} />;
  if (['uplink', 'bridge', 'bond', 'vlan', 'tap'].includes(node.kind)) return <LinkActions node={node} />;
  if (node.kind === 'ovs-bridge') return <ManageThis node={node} />;
  return null;
}

function HostActions({ node }: { readonly node: TopologyNode }) {
  const { hosts } = useLive();
  const view = useView();
  const [ask, setAsk] = useState<LabQuestion | null>(null);
  const refused = readOnly(hosts.find((h) => h.host === node.host));
  const lab = labOf(node.host);
  return (
    <div className="grid gap-2">
      {refused !== null && (
        <p className="rounded-md border border-amber/40 bg-amber-soft p-2 text-amber">{refused}</p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          icon={<Plus aria-hidden className={ICON} />}
          disabled={refused !== null}
          onClick={() => view.go({ panel: 'new-network', host: node.host, change: null })}
        >
          New network
        </Button>
        {lab !== null && (
          <>
            <Button
              icon={<Monitor aria-hidden className={ICON} />}
              disabled={refused !== null}
              onClick={() => view.go({ panel: 'new-guest', host: node.host })}
            >
              New guest
            </Button>
            <Button
              icon={<Radio aria-hidden className={ICON} />}
              onClick={() => view.go({ panel: 'check', host: node.host })}
            >
              Check
            </Button>
            <Button
              icon={<RotateCcw aria-hidden className={ICON} />}
              onClick={() => setAsk({ what: 'reset', name: lab })}
            >
              Reset lab
            </Button>
            <Button
              look="danger"
              icon={<Trash2 aria-hidden className={ICON} />}
              onClick={() => setAsk({ what: 'remove', name: lab })}
            >
              Remove lab
            </Button>
          </>
        )}
      </div>
      <LabConfirm ask={ask} onClose={() => setAsk(null)} />
    </div>
  );
}

function GuestActions({ node }: { readonly node: TopologyNode }) {
  const view = useView();
  const machine = isMachine(node);
  const [gone, setGone] = useState<TopologyNode | null>(null);
  return (
    <div className="grid gap-3">
      {machine && <GuestNics guest={node} />}
      <div className="flex flex-wrap gap-2">
        {!machine && (
          <Button
            look="primary"
            icon={<Radio aria-hidden className={ICON} />}
            onClick={() => view.go({ panel: 'check', host: node.host, guest: node.label })}
          >
            Check from here
          </Button>
        )}
        <Button look="danger" icon={<Trash2 aria-hidden className={ICON} />} onClick={() => setGone(node)}>
          Remove guest
        </Button>
      </div>
      {!machine && (
        <div className="flex items-center gap-2">
          <span className="text-dim">Plugged into</span>
          <Plug guest={node} />
        </div>
      )}
      <GuestRemoval guest={gone} onClose={() => setGone(null)} />
    </div>
  );
}

function NetworkActions({ node, name }: { readonly node: TopologyNode; readonly name: string }) {
  const trpc = useTRPC();
  const { hosts } = useLive();
  const view = useView();
  const lists = useQuery(trpc.networks.list.queryOptions());
  const removal = useNetworkDelete((change) => view.go({ change }));
  const record = lists.data?.find((l) => l.host === node.host);
  const network = record?.networks.find((n) => n.name === name);
  const refused = readOnly(hosts.find((h) => h.host === node.host));
  if (!record) return null;
  if (!network) return <ManageThis node={node} />;
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        look="primary"
        icon={<Pencil aria-hidden className={ICON} />}
        disabled={refused !== null}
        onClick={() => view.go({ panel: 'edit-network', host: node.host, network: name, change: null })}
      >
        Edit network
      </Button>
      {labOf(node.host) !== null && (
        <Button
          icon={<Monitor aria-hidden className={ICON} />}
          onClick={() => view.go({ panel: 'new-guest', host: node.host, network: name })}
        >
          Plug in a guest
        </Button>
      )}
      <Button
        look="danger"
        icon={<Trash2 aria-hidden className={ICON} />}
        disabled={refused !== null}
        busy={removal.busy && 'Planning'}
        onClick={() => removal.propose({ host: node.host, network, baseVersion: record.version })}
      >
        {network.adopted ? 'Forget network' : 'Remove network'}
      </Button>
    </div>
  );
}
