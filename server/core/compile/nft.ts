import { digest } from '../canonical';
import { blockOf, blockText, familyOf } from '../ip';
import type { Network, Subnet } from '../kinds/network';
import type { ChainGoal, RuleGoal } from './realisation';

/*
 * What passes and what is dropped is libvirt's (network_nftables.c): in one forward chain first guest to guest, then
 * what comes in, then what goes out, over all networks; `accept` ends the chain, so that order decides between
 * networks. Interfaces are matched by name: rules bound to an index go dead when the device is made again.
 */

export const TABLE_FAMILY = 'inet';
export const TABLE_NAME = 'patchbay';

type Part = {
  readonly cross: RuleGoal[];
  readonly input: RuleGoal[];
  readonly output: RuleGoal[];
  readonly nat: RuleGoal[];
};

/** Chains of the whole table; none when there is no network. */
export function compileNft(networks: readonly Network[]): readonly ChainGoal[] {
  const parts = networks.map(compileNetwork);
  if (parts.length === 0) return [];
  const nat = parts.flatMap((p) => p.nat);
  const forward: ChainGoal = {
    name: 'forward',
    type: 'filter',
    hook: 'forward',
    priority: 0,
    policy: 'accept',
    rules: [
      ...parts.flatMap((p) => p.cross),
      ...parts.flatMap((p) => p.input),
      ...parts.flatMap((p) => p.output),
    ],
  };
  if (nat.length === 0) return [forward];
  return [
    forward,
    { name: 'postrouting', type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept', rules: nat },
  ];
}

/** The text that replaces our table in one transaction, whether it existed or not; that removes it when there are no chains. */
export function tableText(chains: readonly ChainGoal[]): string {
  const table = `${TABLE_FAMILY} ${TABLE_NAME}`;
  const clear = `table ${table}\ndelete table ${table}\n`;
  if (chains.length === 0) return clear;
  const body = chains.map(
    (c) =>
      `  chain ${c.name} {\n    type ${c.type} hook ${c.hook} priority ${c.priority}; policy ${c.policy};\n${c.rules
        .map((r) => `    ${r.text} comment "${r.comment}"\n`)
        .join('')}  }\n`,
  );
  return `${clear}table ${table} {\n${body.join('')}}\n`;
}

function compileNetwork(network: Network): Part {
  const { forward } = network;
  const bridge = network.bridge.name;
  const part: Part = { cross: [], input: [], output: [], nat: [] };
  const rule = (into: keyof Part, words: string, text: string) =>
    part[into].push({ text, comment: `${network.name}: ${words} #${digest(text).slice(0, 8)}` });

  rule('cross', 'guest to guest', `iifname "${bridge}" oifname "${bridge}" counter accept`);
  if (forward.mode !== 'none') {
    const { dev } = forward;
    const from = dev === undefined ? '' : `iifname "${dev}" `;
    const to = dev === undefined ? '' : ` oifname "${dev}"`;
    for (const subnet of network.subnets) {
      const { ip, cidr } = words(subnet);
      const masked = forward.mode === 'nat' && ip === 'ip';
      const replies = masked ? 'ct state established,related ' : '';
      rule(
        'input',
        masked ? `replies to ${cidr}` : `in to ${cidr}`,
        `${from}oifname "${bridge}" ${ip} daddr ${cidr} ${replies}counter accept`,
      );
      rule('output', `out from ${cidr}`, `iifname "${bridge}"${to} ${ip} saddr ${cidr} counter accept`);
      if (!masked) continue;
      const leaving = dev === undefined ? '' : `oifname "${dev}" `;
      for (const group of ['224.0.0.0/24', '255.255.255.255'])
        rule('nat', `keep ${group}`, `${leaving}ip saddr ${cidr} ip daddr ${group} counter return`);
      const outside = `${leaving}ip saddr ${cidr} ip daddr != ${cidr}`;
      for (const l4 of ['tcp', 'udp'])
        rule('nat', `masquerade ${l4}`, `meta l4proto ${l4} ${outside} counter masquerade to :1024-65535`);
      rule('nat', 'masquerade', `${outside} counter masquerade`);
    }
  }
  rule('input', 'nothing else in', `oifname "${bridge}" counter reject`);
  rule('output', 'nothing else out', `iifname "${bridge}" counter reject`);
  return part;
}

function words(subnet: Subnet): { readonly ip: 'ip' | 'ip6'; readonly cidr: string } {
  const block = blockOf(subnet.address, subnet.prefix);
  if (block === null) throw new Error(`nft: ${subnet.address}/${subnet.prefix} was not checked`);
  return { ip: familyOf(subnet.address) === 4 ? 'ip' : 'ip6', cidr: blockText(block) };
}
