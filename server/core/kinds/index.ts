import type { z } from 'zod';
import { type CheckContext, checkNetwork } from '../check';
import type { Problem } from '../result';
import { Network } from './network';

/** Everything a person can define. A kind that is missing in the registry does not compile. */
type Thing = Network;
type KindName = Thing['kind'];

/** What a change of a field does to guests that are plugged in. */
type Liveness =
  /** They notice nothing. */
  | 'live'
  /** They stay plugged in, but only what they ask for from now on is new. */
  | 'next-lease'
  /** Refused while anything is plugged in. */
  | 'unplugged';

type Kind<T extends Thing> = {
  readonly schema: z.ZodType<T>;
  readonly title: string;
  readonly check: (thing: T, context: CheckContext) => readonly Problem[];
  readonly liveness: { readonly [F in Exclude<keyof T, 'kind'>]: Liveness };
};

export const kinds: { readonly [K in KindName]: Kind<Extract<Thing, { kind: K }>> } = {
  network: {
    schema: Network,
    title: 'Network',
    check: checkNetwork,
    liveness: { name: 'live', forward: 'live', bridge: 'unplugged', subnets: 'next-lease' },
  },
};
