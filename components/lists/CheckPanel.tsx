'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { HostId } from '@/server/core/ids';
import { CHECKS, type CheckName, NicCheck, type NicCheckInput } from '@/server/core/nic-check/request';
import { useLive } from '../live/Live';
import { onHost } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input, Select } from '../ui/Field';
import { guestsOf, isMachine } from './bridges';
import { CheckAnswer, KeptChecks } from './CheckAnswer';
import { InSpite } from './InSpite';

type CheckPanelProps = {
  readonly open: boolean;
  readonly host: string | null;
  readonly from: string | null;
  readonly onClose: () => void;
};

const OUTSIDE = 'outside';
/** "The Internet" of every lab: an address that only the outside has. */
const INTERNET = '198.51.100.1';
const OTHER = '';
const NAMES = Object.keys(CHECKS) as readonly CheckName[];

/** Asks something of a guest's NIC, or of a pair, that real packets answer. */
export function CheckPanel({ open, host, from, onClose }: CheckPanelProps) {
  const { hosts } = useLive();
  const on = host ?? hosts.find((h) => h.host !== 'machine')?.host ?? null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Check"
      width={520}
      description={on === null ? undefined : `Real packets on ${onHost(on)}, bounded in time and number.`}
    >
      {on === null ? (
        <div className="p-4">
          <FailureNote message="Checks are made from guests of labs, and there is no lab." />
        </div>
      ) : (
        <CheckForm key={on} host={HostId.parse(on)} from={from} />
      )}
    </Dialog>
  );
}

function CheckForm({ host, from }: { readonly host: HostId; readonly from: string | null }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { topology, checking } = useLive();
  const [check, setCheck] = useState<CheckName>('ping');
  const all = guestsOf(topology, host);
  // Nobody can run a program inside of a virtual machine.
  const guests = all.filter((g) => !isMachine(g)).map((g) => g.label);
  // The outside can be pinged and pings, but it is nobody's NIC.
  const sources = check === 'ping' ? [...guests, OUTSIDE] : guests;
  const { target: takes, asks } = CHECKS[check];
  const places =
    takes === 'any'
      ? [...all.map((g) => g.label), OUTSIDE]
      : takes === 'bridge'
        ? [...guests, OUTSIDE]
        : guests;
  // Not chosen yet: the first there is, also when the guests are only known after this was opened.
  const [chosenSource, setSource] = useState(from);
  const source = chosenSource !== null && sources.includes(chosenSource) ? chosenSource : (sources[0] ?? '');
  const targets = places.filter((p) => p !== source);
  const [chosenTarget, setTarget] = useState<string | null>(null);
  const target = chosenTarget ?? (takes === 'bridge' ? OTHER : targets[0]) ?? OTHER;
  const typed = takes === 'any' && (target === OTHER || !targets.includes(target));
  const [address, setAddress] = useState(INTERNET);
  const [tag, setTag] = useState('');
  const [id, setId] = useState('');
  const kept = useQuery(trpc.checks.list.queryOptions({ host }));
  const run = useMutation(
    trpc.checks.run.mutationOptions({
      onSettled: () => queries.invalidateQueries(trpc.checks.pathFilter()),
    }),
  );
  const nobody = takes === 'none' || (takes === 'bridge' && !targets.includes(target));
  const asked = NicCheck.safeParse({
    check,
    from: source,
    ...(nobody ? {} : { to: typed ? address : target }),
    ...(check === 'vlan' && tag.trim() !== '' ? { vid: Number(tag) } : {}),
  });
  const wrong = (field: string) =>
    asked.success ? undefined : asked.error.issues.find((i) => i.path[0] === field)?.message;
  const begin = (wanted: NicCheckInput) => {
    const next = crypto.randomUUID();
    setId(next);
    run.mutate({ host, id: next, check: wanted });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (asked.success && !run.isPending) begin(asked.data);
  };
  if (sources.length === 0)
    return (
      <div className="p-4">
        <FailureNote message="There is no guest yet whose NIC could be checked: add one first." />
      </div>
    );
  return (
    <form noValidate onSubmit={submit} className="grid gap-4 p-4">
      <Field label="Check" hint={asks}>
        {(wiring) => (
          <Select
            {...wiring}
            value={check}
            onChange={(e) => {
              setCheck(NAMES.find((n) => n === e.target.value) ?? 'ping');
              run.reset();
            }}
          >
            {NAMES.map((n) => (
              <option key={n} value={n}>
                {CHECKS[n].title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={takes === 'none' ? 'Guest' : 'From'}>
          {(wiring) => (
            <Select {...wiring} value={source} onChange={(e) => setSource(e.target.value)}>
              {sources.map((p) => (
                <option key={p}>{p}</option>
              ))}
            </Select>
          )}
        </Field>
        {takes !== 'none' && (
          <Field label="To" error={typed ? undefined : wrong('to')}>
            {(wiring) => (
              <Select
                {...wiring}
                value={typed || nobody ? OTHER : target}
                onChange={(e) => setTarget(e.target.value)}
              >
                {takes === 'bridge' && <option value={OTHER}>Its bridge</option>}
                {targets.map((p) => (
                  <option key={p}>{p}</option>
                ))}
                {takes === 'any' && <option value={OTHER}>An address</option>}
              </Select>
            )}
          </Field>
        )}
        {check === 'vlan' && (
          <Field label="Tag" hint="Empty: as the guest sends untagged." error={wrong('vid')}>
            {(wiring) => (
              <Input
                {...wiring}
                mono
                inputMode="numeric"
                value={tag}
                onChange={(e) => setTag(e.target.value)}
              />
            )}
          </Field>
        )}
      </div>
      {typed && (
        <Field label="Address" hint={`${INTERNET} plays the Internet in every lab.`} error={wrong('to')}>
          {(wiring) => (
            <Input {...wiring} mono value={address} onChange={(e) => setAddress(e.target.value)} />
          )}
        </Field>
      )}
      <div className="flex items-center justify-end gap-3">
        {run.isPending && checking?.id === id && (
          <span className="min-w-0 flex-1 truncate text-sm text-dim">{checking.doing} …</span>
        )}
        <Button type="submit" look="primary" disabled={!asked.success} busy={run.isPending && 'Checking'}>
          Run check
        </Button>
      </div>
      {run.error && <FailureNote {...toFailure(run.error)} />}
      <InSpite error={run.error} check={run.variables?.check} onSure={begin} />
      {run.data && <CheckAnswer result={run.data} />}
      <KeptChecks kept={kept.data ?? []} guest={source} skip={run.data ? 1 : 0} />
    </form>
  );
}
