'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { toFailure, toLogin, useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input } from '../ui/Field';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { useSay } from '../ui/Toast';
import { When } from '../ui/When';
import { BandwidthProfiles } from './BandwidthProfiles';
import { MacPools } from './MacPools';

const CARD = 'grid gap-3 rounded-lg border border-line bg-raised p-4';

export function SettingsPage() {
  const trpc = useTRPC();
  const settings = useQuery(trpc.settings.get.queryOptions());
  return (
    <Page title="Settings" narrow>
      {settings.isPending && <Skeleton label="Reading the settings" />}
      {settings.isError && <FailureNote {...toFailure(settings.error)} />}
      {settings.isSuccess && (
        <>
          <ConfirmSeconds initial={settings.data.confirmSeconds} />
          <MacPools className={CARD} />
          <BandwidthProfiles className={CARD} />
          <Password isSet={settings.data.password} />
          <section className={CARD}>
            <h2 className="text-lg font-semibold">Sessions</h2>
            <ul className="grid gap-2">
              {settings.data.sessions.map((s) => (
                <li key={s.id} className="flex flex-wrap items-center gap-2">
                  <span className="min-w-40 flex-1">{s.label}</span>
                  {s.current && <Badge tone="accent">this one</Badge>}
                  <span className="text-dim">
                    seen <When at={s.lastSeenAt} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </Page>
  );
}

function ConfirmSeconds({ initial }: { readonly initial: number }) {
  const trpc = useTRPC();
  const say = useSay();
  const queries = useQueryClient();
  const [text, setText] = useState(String(initial));
  const set = useMutation(
    trpc.settings.set.mutationOptions({
      onSuccess: () => {
        say.done('The time to confirm is set.');
        void queries.invalidateQueries(trpc.settings.pathFilter());
      },
    }),
  );
  const n = Number(text);
  const valid = Number.isInteger(n) && n >= 5 && n <= 3600;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (valid) set.mutate({ confirmSeconds: n });
  };
  return (
    <form className={CARD} noValidate onSubmit={submit}>
      <h2 className="text-lg font-semibold">Confirming</h2>
      {set.error && <FailureNote {...toFailure(set.error)} />}
      <Field
        label="Seconds to confirm a change in"
        hint="An applied change that nobody keeps in this time goes back by itself. Each change can have its own."
        error={valid ? undefined : 'A whole number from 5 to 3600.'}
        className="max-w-80"
      >
        {(wiring) => (
          <Input {...wiring} inputMode="numeric" value={text} onChange={(e) => setText(e.target.value)} />
        )}
      </Field>
      <div>
        <Button type="submit" disabled={!valid || n === initial} busy={set.isPending && 'Saving'}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Password({ isSet }: { readonly isSet: boolean }) {
  const trpc = useTRPC();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const set = useMutation(trpc.settings.setPassword.mutationOptions({ onSuccess: toLogin }));
  const short = [...password].length < 10 ? 'At least 10 characters.' : undefined;
  const differs = password === again ? undefined : 'Both are to be the same.';
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!short && !differs) set.mutate({ password });
  };
  return (
    <form className={CARD} noValidate onSubmit={submit}>
      <h2 className="text-lg font-semibold">Password</h2>
      <p className="text-dim">
        {isSet
          ? 'A password is set. A new one logs every session out, this one too.'
          : 'None is set: login links from the terminal are the way in. To listen on another address than 127.0.0.1 a password is needed. Setting one logs every session out.'}
      </p>
      {set.error && <FailureNote {...toFailure(set.error)} />}
      <div className="grid max-w-140 gap-3 sm:grid-cols-2">
        <Field label="New password" error={tried ? short : undefined}>
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
          )}
        </Field>
        <Field label="Once more" error={tried ? differs : undefined}>
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              value={again}
              onChange={(e) => setAgain(e.target.value)}
            />
          )}
        </Field>
      </div>
      <div>
        <Button type="submit" busy={set.isPending && 'Setting'}>
          {isSet ? 'Change the password' : 'Set the password'}
        </Button>
      </div>
    </form>
  );
}
