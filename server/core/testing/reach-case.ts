import type { TraceCode } from '../reach/report';

/* What is made on the stage of server/agent/testing/reach-stage.ts, and how it is taken away again. */

export type ReachCase = {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly make: readonly string[];
  readonly undo: readonly string[];
  /** Null: nothing is wrong, and nothing must be found. */
  readonly code: TraceCode | null;
  readonly needs?: 'VLANs' | 'iptables' | 'br_netfilter';
};

export const table = (text: string) => [`nft 'table ${text}'`];
export const sets = (name: string, value: number) => `sysctl -q -w ${name}=${value}`;
export const GONE = 'nft delete table ip t';
export const MAC_OF = (guest: string) =>
  `$(ip -n ${guest} -j link show eth0 | sed 's/.*"address":"\\([^"]*\\)".*/\\1/')`;

export const near = { from: 'a', to: 'b' } as const;
export const routed = { from: 'a', to: 'c' } as const;
