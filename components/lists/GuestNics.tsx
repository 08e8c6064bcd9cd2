'use client';
import { CirclePlay, Plus, Power, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { GuestName, HostId } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import { limitWords } from '@/server/core/limit-text';
import type { GuestNic, TopologyNode } from '@/server/core/topology';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { CableButton } from './CableButton';
import { NicPanel } from './NicPanel';
import { Plug } from './Plug';
import { useLabActions } from './useLabActions';

const ICON = 'size-3.5';

/** The NICs of a virtual machine, and what can be done with them; those of one that is off are changed for its next start. */
export function GuestNics({ guest }: { readonly guest: TopologyNode }) {
  const { startGuest, stopGuest } = useLabActions();
  const [adding, setAdding] = useState(false);
  const ended = guest.state === 'down';
  return (
    <section aria-label={`NICs of ${guest.label}`} className="grid gap-3">
      {ended && (
        <div className="flex flex-wrap items-center justify-between gap-2 rounded-md border border-amber/40 bg-amber-soft p-2 text-amber">
          The virtual machine does not run: what is changed here, it finds when it starts.
          <Button
            look="primary"
            icon={<CirclePlay aria-hidden className={ICON} />}
            busy={startGuest.isPending && 'Starting'}
            onClick={() => startGuest.mutate(nameOf(guest))}
          >
            Start guest
          </Button>
        </div>
      )}
      <ul className="grid gap-2">
        {guest.nics?.map((nic) => (
          <NicRow key={nic.name} guest={guest} nic={nic} ended={ended} />
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button icon={<Plus aria-hidden className={ICON} />} onClick={() => setAdding(true)}>
          Add a NIC
        </Button>
        {!ended && (
          <Button
            icon={<Power aria-hidden className={ICON} />}
            busy={stopGuest.isPending && 'Switching off'}
            onClick={() => stopGuest.mutate(nameOf(guest))}
          >
            Switch off
          </Button>
        )}
      </div>
      <NicPanel guest={guest} open={adding} onClose={() => setAdding(false)} />
    </section>
  );
}

const nameOf = ({ host, label }: TopologyNode) => ({
  host: HostId.parse(host),
  name: GuestName.parse(label),
});

type NicRowProps = { readonly guest: TopologyNode; readonly nic: GuestNic; readonly ended: boolean };

function NicRow({ guest, nic, ended }: NicRowProps) {
  const { removeNic, setCable } = useLabActions();
  const which = { ...nameOf(guest), nic: NicName.parse(nic.name) };
  const pulled = nic.cable === 'out';
  return (
    <li aria-label={`NIC ${nic.name}`} className="grid gap-2 rounded-md border border-line p-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="mono font-medium">{nic.name}</span>
        {pulled && <Badge tone="amber">cable pulled</Badge>}
        <span className="mono text-sm text-dim">{nic.mac}</span>
        <span className="mono text-sm">{nic.addresses.join(' · ') || (ended ? '' : 'no address seen')}</span>
      </div>
      {nic.plugged?.bandwidth && <span className="text-sm">{limitWords(nic.plugged.bandwidth)}</span>}
      <Plug guest={guest} nic={nic} />
      <div className="flex flex-wrap gap-2">
        <CableButton
          pulled={pulled}
          busy={setCable.isPending && (pulled ? 'Plugging in' : 'Pulling')}
          onClick={() => setCable.mutate({ ...which, cable: pulled ? 'in' : 'out' })}
        />
        <Button
          small
          look="danger"
          icon={<Trash2 aria-hidden className="size-3" />}
          busy={removeNic.isPending && 'Taking it out'}
          onClick={() => removeNic.mutate(which)}
        >
          Take it out
        </Button>
      </div>
    </li>
  );
}
