'use client';
import { useQuery } from '@tanstack/react-query';
import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { items, type LibvirtNetwork } from '@/server/core/observed';
import { readXmlFor, type XmlProblem } from '../edit/xmlText';
import { HostField } from '../live/HostField';
import { useLive } from '../live/Live';
import { changeable, hostName } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, FieldError, Select, TextArea } from '../ui/Field';
import { Skeleton } from '../ui/Spinner';

type ImportProps = {
  readonly open: boolean;
  readonly onClose: () => void;
  /** What was read, for the form: nothing is done with it yet. */
  readonly onRead: (host: string, network: Network) => void;
};

const FOOTINGS = [
  ['', 'Native (Linux bridge, nftables, dnsmasq)'],
  ['ovs', 'Open vSwitch'],
  ['libvirt', 'libvirt'],
] as const;
const NOTHING = { others: [], observed: null };

/** A network out of libvirt's XML: pasted, from a file, or from the libvirt of the host. */
export function ImportPanel({ open, onClose, onRead }: ImportProps) {
  const { hosts } = useLive();
  const { able, usual } = changeable(hosts);
  const [host, setHost] = useState<string | null>(null);
  const [footing, setFooting] = useState<(typeof FOOTINGS)[number][0]>('');
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<readonly XmlProblem[]>([]);
  const file = useRef<HTMLInputElement>(null);
  const on = host ?? usual;

  const type = (xml: string) => {
    setText(xml);
    setProblems([]);
  };
  const take = (xml: string) => {
    const read = readXmlFor(xml, null, NOTHING);
    if (!read.ok) {
      setText(xml);
      setProblems(read.problems);
      return;
    }
    setText('');
    setProblems([]);
    if (on !== null) onRead(on, { ...read.network, ...(footing === '' ? {} : { footing }) });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      place="right"
      title="Import a network"
      description="From libvirt's XML into the form. Nothing runs before you have reviewed it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={text.trim() === '' || on === null} onClick={() => take(text)}>
            Read the XML
          </Button>
        </>
      }
    >
      <div className="grid gap-4 p-4">
        {on === null && <FailureNote message="No host can be changed here." />}
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <HostField label="Host" hosts={able} value={on} onChoose={setHost} />
          <Field label="Made by" hint="Can be changed in the form.">
            {(wiring) => (
              <Select
                {...wiring}
                value={footing}
                onChange={(e) => setFooting(FOOTINGS.find(([f]) => f === e.target.value)?.[0] ?? '')}
              >
                {FOOTINGS.map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Field label="XML" hint="Paste it, or drop a file here.">
          {(wiring) => (
            <TextArea
              {...wiring}
              value={text}
              aria-invalid={problems.length > 0}
              wrap="off"
              rows={10}
              placeholder="<network>…</network>"
              onChange={(e) => type(e.target.value)}
              onDrop={(e) => {
                const [dropped] = e.dataTransfer.files;
                if (dropped === undefined) return;
                e.preventDefault();
                void dropped.text().then(type);
              }}
            />
          )}
        </Field>
        {problems.map((p) => (
          <FieldError
            key={`${p.line} ${p.message}`}
            text={p.line === null ? p.message : `Line ${p.line}: ${p.message}`}
          />
        ))}
        <div>
          <Button icon={<FileUp aria-hidden className="size-3.5" />} onClick={() => file.current?.click()}>
            Open a file
          </Button>
          <input
            ref={file}
            type="file"
            accept=".xml,text/xml,application/xml"
            aria-label="XML file"
            className="hidden"
            onChange={(e) => {
              void e.target.files?.[0]?.text().then(type);
              e.target.value = '';
            }}
          />
        </div>
        {open && on !== null && <OfLibvirt host={on} onChoose={(n) => take(n.xml)} />}
      </div>
    </Dialog>
  );
}

/** What libvirt of this host has. */
function OfLibvirt({
  host,
  onChoose,
}: {
  readonly host: string;
  readonly onChoose: (n: LibvirtNetwork) => void;
}) {
  const trpc = useTRPC();
  const facts = useQuery(trpc.topology.facts.queryOptions({ host: HostId.parse(host) }));
  if (facts.isPending) return <Skeleton label="Asking libvirt" lines={3} />;
  if (facts.isError) return <FailureNote {...toFailure(facts.error)} />;
  const { libvirtNetworks } = facts.data;
  const networks = items(libvirtNetworks);
  return (
    <section aria-label="Networks of libvirt" className="grid gap-2">
      <h3 className="font-medium">Networks of libvirt on {hostName(host)}</h3>
      {!libvirtNetworks.known && <p className="text-dim">Not known: {libvirtNetworks.why}.</p>}
      {libvirtNetworks.known && networks.length === 0 && <p className="text-dim">libvirt has none.</p>}
      {networks.map((n) => (
        <div key={n.name} className="flex flex-wrap items-center gap-2 rounded-md border border-line p-2">
          <span className="mono min-w-0 flex-1 font-medium break-words">{n.name}</span>
          <span className="text-dim">
            {n.forward}
            {n.bridge === null ? '' : `, ${n.bridge}`}
          </span>
          <Badge tone={n.active ? 'green' : 'plain'}>{n.active ? 'runs' : 'stopped'}</Badge>
          <Button small onClick={() => onChoose(n)}>
            Import
          </Button>
        </div>
      ))}
    </section>
  );
}
