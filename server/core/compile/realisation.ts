import type { IfName, NetworkName } from '../ids';

/** Where an agent keeps generated files, and whether its dnsmasq can change its user. Part of `AgentFacts`. */
export type Place = { readonly runDir: string; readonly singleUser: boolean };

export type AddressGoal = {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
};

export type BridgeGoal = {
  readonly name: IfName;
  readonly network: NetworkName;
  /** The mark by which we know our own: `patchbay:NETWORK`. */
  readonly alias: string;
  /** Given once, when it is made: without it a bridge takes the MAC of its lowest port and changes it as guests come and go. */
  readonly mac: string;
  readonly stp: boolean;
  readonly addresses: readonly AddressGoal[];
  /** Checksums must be filled in before a packet leaves towards guests: it carries DHCP answers. */
  readonly checksums: boolean;
};

export type RuleGoal = { readonly text: string; readonly comment: string };

export type ChainGoal = {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: 'forward' | 'postrouting';
  readonly priority: number;
  readonly policy: 'accept';
  readonly rules: readonly RuleGoal[];
};

export type DnsmasqFiles = {
  readonly conf: string;
  readonly hosts: string;
  readonly leases: string;
  readonly pid: string;
};

export type DnsmasqGoal = {
  readonly network: NetworkName;
  readonly files: DnsmasqFiles;
  readonly conf: string;
  /** Null where no DHCP is served: no such file. */
  readonly hosts: string | null;
  readonly args: readonly string[];
};

/** What must be so on the host for the desired networks to be real. */
export type Realisation = {
  readonly bridges: readonly BridgeGoal[];
  /** Empty: no table at all. */
  readonly chains: readonly ChainGoal[];
  readonly dnsmasq: readonly DnsmasqGoal[];
  /** Families that must be forwarded. */
  readonly forwarding: readonly (4 | 6)[];
};
