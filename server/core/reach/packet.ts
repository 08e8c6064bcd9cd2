import type { Family } from '../ip';

/** A packet on its way, as far as rules may ask for it. */
export type Packet = {
  readonly family: Family;
  readonly from: string;
  readonly to: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  /** Null where the protocol has none, or it is not known. */
  readonly sport: number | null;
  readonly dport: number | null;
  readonly state: 'new' | 'established';
  /** Of Ethernet; null where it is not known. */
  readonly macFrom: string | null;
  readonly macTo: string | null;
};

/** What a hook sees of where a packet is. Absent: not set there. */
export type Passing = {
  readonly in?: string;
  readonly out?: string;
  /** In a bridge: its ports, where `in` and `out` are the bridge itself for rules of ip tables. */
  readonly ports?: { readonly in: string; readonly out: string };
};

/** The packet that answers. */
export const answerTo = (p: Packet): Packet => ({
  ...p,
  ...{ from: p.to, to: p.from, sport: p.dport, dport: p.sport, state: 'established' },
  ...{ macFrom: p.macTo, macTo: p.macFrom },
});
