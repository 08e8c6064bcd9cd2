'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiProvider, toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input } from '../ui/Field';
import { Spinner } from '../ui/Spinner';
import { Logo } from './Logo';

export function LoginPage() {
  return (
    <ApiProvider>
      <Login />
    </ApiProvider>
  );
}

// A whole load, so that nothing of before the login is kept.
const enter = () => location.replace('/');

/** Takes `#token=…` of a login link (the part after # is never sent by itself), or asks for the password. */
function Login() {
  const trpc = useTRPC();
  const state = useQuery(trpc.session.state.queryOptions());
  const byLink = useMutation(trpc.session.login.mutationOptions({ onSuccess: enter }));
  const byPassword = useMutation(trpc.session.password.mutationOptions({ onSuccess: enter }));
  const [password, setPassword] = useState('');
  const { mutate } = byLink;
  useEffect(() => {
    const take = () => {
      const token = new URLSearchParams(location.hash.slice(1)).get('token');
      if (token === null) return;
      history.replaceState(null, '', '/login'); // a second effect finds nothing: the token works once
      mutate({ token });
    };
    take();
    // A link that is pasted while this page is open only changes the part after #.
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, [mutate]);
  const waits = byLink.isPending || byLink.isSuccess;
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="grid w-full max-w-96 gap-4 rounded-lg border border-line bg-raised p-6">
        <h1 className="flex items-center gap-2 text-lg font-semibold">
          <Logo />
          Log in to Patchbay
        </h1>
        {waits && <Spinner label="Logging in" />}
        {byLink.error && <FailureNote {...toFailure(byLink.error)} />}
        {state.error && <FailureNote {...toFailure(state.error)} />}
        {!waits && state.data?.loggedIn && (
          <Button look="primary" onClick={enter}>
            Go on, you are logged in
          </Button>
        )}
        {!waits && state.data?.password && (
          <form
            className="grid gap-3"
            onSubmit={(e) => {
              e.preventDefault();
              if (password !== '') byPassword.mutate({ password });
            }}
          >
            <Field label="Password">
              {(wiring) => (
                <Input
                  {...wiring}
                  type="password"
                  autoComplete="current-password"
                  value={password}
                  onChange={(e) => setPassword(e.target.value)}
                />
              )}
            </Field>
            {byPassword.error && <FailureNote {...toFailure(byPassword.error)} />}
            <Button type="submit" look="primary" busy={byPassword.isPending && 'Logging in'}>
              Log in
            </Button>
          </form>
        )}
        {!waits && (
          <p className="text-dim">
            {state.data?.password ? 'Or open' : 'Open'} the login link that was printed in the terminal where
            Patchbay was started. A link works once; <code>npm run -s patchbay -- login</code> prints a new
            one.
          </p>
        )}
      </div>
    </main>
  );
}
