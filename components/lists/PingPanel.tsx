'use client';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { GuestName, HostId, IpAddress } from '@/server/core/ids';
import { useLive } from '../live/Live';
import { onHost } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import type { PingResult } from '../live/types';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input, Select } from '../ui/Field';
import { guestsOf, isMachine } from './bridges';

type PingPanelProps = {
  readonly open: boolean;
  readonly host: string | null;
  readonly from: string | null;
  readonly onClose: () => void;
};

const OUTSIDE = 'outside';
/** "The Internet" of every lab: an address that only the outside has. */
const INTERNET = '198.51.100.1';
const OTHER = '';

/** Pings from a guest to another, to the outside, or to any address. */
export function PingPanel({ open, host, from, onClose }: PingPanelProps) {
  const { hosts } = useLive();
  const on = host ?? hosts.find((h) => h.host !== 'machine')?.host ?? null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Ping"
      width={480}
      description={on === null ? undefined : `Real packets on ${onHost(on)}, for at most five seconds.`}
    >
      {on === null ? (
        <div className="p-4">
          <FailureNote message="Pings go from guests of labs, and there is no lab." />
        </div>
      ) : (
        <PingForm key={on} host={on} from={from} />
      )}
    </Dialog>
  );
}

function PingForm({ host, from }: { readonly host: string; readonly from: string | null }) {
  const trpc = useTRPC();
  const { topology } = useLive();
  const guests = guestsOf(topology, host);
  // Nobody can run a program inside of a virtual machine.
  const sources = [...guests.filter((g) => !isMachine(g)).map((g) => g.label), OUTSIDE];
  const places = [...guests.map((g) => g.label), OUTSIDE];
  // Not chosen yet: the first there is, also when the guests are only known after this was opened.
  const [chosenSource, setSource] = useState(from);
  const source = chosenSource ?? sources[0] ?? OUTSIDE;
  const targets = places.filter((p) => p !== source);
  const [chosenTarget, setTarget] = useState<string | null>(null);
  const target = chosenTarget ?? targets[0] ?? OTHER;
  const [address, setAddress] = useState(INTERNET);
  const ping = useMutation(trpc.guests.ping.mutationOptions());
  const to =
    target === OTHER || !targets.includes(target)
      ? IpAddress.safeParse(address)
      : GuestName.safeParse(target);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (to.success) ping.mutate({ host: HostId.parse(host), from: GuestName.parse(source), to: to.data });
  };
  const typed = target === OTHER || !targets.includes(target);
  return (
    <form noValidate onSubmit={submit} className="grid gap-4 p-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="From">
          {(wiring) => (
            <Select {...wiring} value={source} onChange={(e) => setSource(e.target.value)}>
              {sources.map((p) => (
                <option key={p}>{p}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="To">
          {(wiring) => (
            <Select {...wiring} value={typed ? OTHER : target} onChange={(e) => setTarget(e.target.value)}>
              {targets.map((p) => (
                <option key={p}>{p}</option>
              ))}
              <option value={OTHER}>An address</option>
            </Select>
          )}
        </Field>
      </div>
      {typed && (
        <Field
          label="Address"
          hint={`${INTERNET} plays the Internet in every lab.`}
          error={to.success ? undefined : to.error.issues[0]?.message}
        >
          {(wiring) => (
            <Input {...wiring} mono value={address} onChange={(e) => setAddress(e.target.value)} />
          )}
        </Field>
      )}
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={!to.success} busy={ping.isPending && 'Pinging'}>
          Ping
        </Button>
      </div>
      {ping.error && <FailureNote {...toFailure(ping.error)} />}
      {ping.data && <Answer result={ping.data} />}
    </form>
  );
}

function Answer({ result }: { readonly result: PingResult }) {
  const all = result.received === result.sent && result.sent > 0;
  const none = result.received === 0;
  return (
    <div className="grid gap-2 rounded-md border border-line bg-bg p-3">
      <p role="status" className="flex items-start gap-2">
        {none ? (
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-red" />
        ) : (
          <CircleCheck
            aria-hidden
            className={`mt-0.5 size-4 shrink-0 ${all ? 'text-green' : 'text-amber'}`}
          />
        )}
        <span>
          <span className="mono">{result.to}</span>{' '}
          {none
            ? `does not answer ${result.from}: none of ${result.sent} packets came back.`
            : `answers ${result.from}: ${result.received} of ${result.sent} packets came back`}
          {!none && result.averageMs !== null && `, ${result.averageMs.toFixed(2)} ms on average`}
          {!none && '.'}
        </span>
      </p>
      <details>
        <summary className="text-sm text-dim">The command and what it printed</summary>
        <div className="mt-2 grid gap-2">
          <Code text={result.command} label="Command" />
          <Code text={result.output || '(nothing)'} label="Output" />
        </div>
      </details>
    </div>
  );
}
