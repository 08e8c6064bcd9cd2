import type { Thing } from './change';
import type { DomainNic } from './kinds/domain-nic';
import type { HostLink } from './kinds/link';
import type { Network } from './kinds/network';
import type { Observed } from './observed';

/** What a network or a link is checked against. */
export type CheckContext = {
  /** The other networks of this host (not the checked one itself). */
  readonly others: readonly Network[];
  /** Links of the host (not the checked one itself); absent: none. */
  readonly links?: readonly HostLink[];
  /** NICs of libvirt domains (not the checked one itself); absent: none. */
  readonly nics?: readonly DomainNic[];
  /** What it was when it was committed; absent: it is new. */
  readonly before?: Thing | undefined;
  /** Null where the host's facts are not to be taken into account, or not known. */
  readonly observed: Observed | null;
};
