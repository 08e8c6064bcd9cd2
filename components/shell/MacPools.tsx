'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { driverWords, MAC_DRIVERS, MacDriver, MacPrefix } from '@/server/core/mac-pool';
import { toFailure, useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input, Select } from '../ui/Field';
import { Skeleton } from '../ui/Spinner';
import { useSay } from '../ui/Toast';

/** Prefixes that guests' MAC addresses are generated from. */
export function MacPools({ className }: { readonly className: string }) {
  const trpc = useTRPC();
  const pools = useQuery(trpc.macs.pools.queryOptions());
  const { use, remove } = usePoolActions();
  const failure = use.error ?? remove.error;
  return (
    <section className={className} aria-labelledby="mac-pools">
      <h2 id="mac-pools" className="text-lg font-semibold">
        MAC addresses
      </h2>
      <p className="text-dim">
        New NICs get the next address of the first pool of their driver. No address is given twice, on any
        host.
      </p>
      {failure && <FailureNote {...toFailure(failure)} />}
      {pools.isPending && <Skeleton label="Reading the pools" lines={2} />}
      {pools.isError && <FailureNote {...toFailure(pools.error)} />}
      <ul aria-label="Pools" className="grid gap-2">
        {pools.data?.map((p) => (
          <li key={p.prefix} className="flex min-h-7 flex-wrap items-center gap-2">
            <span className="mono min-w-32">{p.prefix}</span>
            <span className="min-w-32">{driverWords[p.driver]}</span>
            <span className="min-w-40 flex-1 text-dim tabular-nums">
              {p.free.toLocaleString('en')} of {p.size.toLocaleString('en')} free
            </span>
            {p.first ? (
              <Badge tone="accent">comes first</Badge>
            ) : (
              <Button
                small
                busy={use.isPending && 'Setting'}
                onClick={() => use.mutate({ prefix: p.prefix })}
              >
                Use {p.prefix} first
              </Button>
            )}
            {!p.builtIn && (
              <Button
                small
                look="danger"
                icon={<Trash2 aria-hidden className="size-3" />}
                busy={remove.isPending && 'Removing'}
                onClick={() => remove.mutate({ prefix: p.prefix })}
              >
                Remove {p.prefix}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <NewPool />
    </section>
  );
}

function usePoolActions() {
  const trpc = useTRPC();
  const say = useSay();
  const queries = useQueryClient();
  const done = (what: string) => {
    say.done(what);
    void queries.invalidateQueries(trpc.macs.pathFilter());
  };
  return {
    add: useMutation(
      trpc.macs.addPool.mutationOptions({ onSuccess: () => done('The pool is added, and comes first.') }),
    ),
    use: useMutation(trpc.macs.usePool.mutationOptions({ onSuccess: () => done('This pool comes first.') })),
    remove: useMutation(
      trpc.macs.removePool.mutationOptions({
        onSuccess: () => done('The pool is removed; what was given from it stays given.'),
      }),
    ),
  };
}

function NewPool() {
  const { add } = usePoolActions();
  const [text, setText] = useState('');
  const [driver, setDriver] = useState<MacDriver>('qemu');
  const [tried, setTried] = useState(false);
  const prefix = MacPrefix.safeParse(text);
  const unfinished = text === '' || (text.length < 3 && MacPrefix.safeParse(`${text}0`).success);
  const why = prefix.success ? undefined : prefix.error.issues[0]?.message;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!prefix.success) return;
    add.mutate(
      { prefix: prefix.data, driver },
      {
        onSuccess: () => {
          setText('');
          setTried(false);
        },
      },
    );
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-3">
      {add.error && <FailureNote {...toFailure(add.error)} />}
      <div className="grid max-w-140 gap-3 sm:grid-cols-2">
        <Field
          label="Prefix of a new pool"
          hint="One to five octets, locally administered, like 02:ab:cd."
          error={unfinished && !tried ? undefined : why}
        >
          {(wiring) => <Input {...wiring} mono value={text} onChange={(e) => setText(e.target.value)} />}
        </Field>
        <Field label="For guests on">
          {(wiring) => (
            <Select {...wiring} value={driver} onChange={(e) => setDriver(MacDriver.parse(e.target.value))}>
              {MAC_DRIVERS.map((d) => (
                <option key={d} value={d}>
                  {driverWords[d]}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <div>
        <Button
          type="submit"
          icon={<Plus aria-hidden className="size-3.5" />}
          busy={add.isPending && 'Adding'}
        >
          Add the pool
        </Button>
      </div>
    </form>
  );
}
