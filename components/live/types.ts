import type { inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '@/server/api/router';

type Outputs = inferRouterOutputs<AppRouter>;
export type Change = Outputs['changes']['get'];
export type HostNetworks = Outputs['networks']['list'][number];
export type OpenqaChecks = Outputs['openqa']['check'];
