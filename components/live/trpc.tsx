'use client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
} from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { type ReactNode, useState } from 'react';
import type { AppRouter } from '@/server/api/router';
import type { Failure } from '@/server/core/result';

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export { useTRPC, useTRPCClient };

const URL = '/api/trpc';

/** The failure as the server put it, with its problems; connection errors become one too. */
export function toFailure(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const failure: unknown = error.data?.failure;
    if (isFailure(failure)) return failure;
    if (error.data === undefined || error.data === null)
      return {
        code: 'OFFLINE',
        message: 'Patchbay does not answer. It may be restarting; if it stays so, look at its terminal.',
        detail: error.message,
      };
    return { code: String(error.data.code ?? 'FAILED'), message: error.message };
  }
  return { code: 'BUG', message: error instanceof Error ? error.message : String(error) };
}

const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value;

function onError(error: unknown) {
  if (error instanceof TRPCClientError && error.data?.code === 'UNAUTHORIZED') toLogin();
}

/** Once logged out, no page of ours can show anything. */
export function toLogin() {
  if (location.pathname !== '/login') location.assign('/login');
}

export function ApiProvider({ children }: { readonly children: ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 10_000,
            retry: (count, error) => count < 2 && toFailure(error).code === 'OFFLINE',
            throwOnError: (error) => {
              onError(error);
              return false;
            },
          },
          mutations: { onError },
        },
      }),
  );
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (op) => op.type === 'subscription',
          true: httpSubscriptionLink({ url: URL }),
          false: httpBatchLink({ url: URL, maxItems: 50 }), // the server takes no more
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
