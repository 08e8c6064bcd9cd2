import { digest } from '../canonical';
import { forwardDevice, hasOwnBridge, type Network, type OwnNetwork } from '../kinds/network';
import { inRules, isTranslated, natRules, type Worded } from './nft-nat';
import { gatewaysOf, hairpinRules, passRules, redirectRules, stayRule } from './nft-port-forward';
import type { ChainGoal, RuleGoal } from './realisation';

/*
 * What passes and what is dropped is libvirt's (network_nftables.c): in one forward chain first guest to guest, then
 * what comes in, then what goes out, over all networks; `accept` ends the chain, so that order decides between
 * networks. Interfaces are matched by name: rules bound to an index go dead when the device is made again.
 */

export const TABLE_FAMILY = 'inet';
export const TABLE_NAME = 'patchbay';

type Part = {
  /** What port forwards brought, ahead of everything that rejects. */
  readonly forwarded: RuleGoal[];
  readonly cross: RuleGoal[];
  readonly input: RuleGoal[];
  readonly output: RuleGoal[];
  readonly nat: RuleGoal[];
};

/** Chains of the whole table; none when no network needs a rule. */
export function compileNft(networks: readonly Network[]): readonly ChainGoal[] {
  const own = networks.filter(hasOwnBridge);
  const parts = own.map(compileNetwork);
  const filter = [
    ...parts.flatMap((p) => p.cross),
    ...parts.flatMap((p) => p.forwarded),
    ...parts.flatMap((p) => p.input),
    ...parts.flatMap((p) => p.output),
  ];
  const gateways = gatewaysOf(own);
  const redirect = own.flatMap((n) => redirectRules(n, gateways).map((r) => ruleOf(n, r)));
  const stay = redirect.length === 0 ? [] : own.flatMap((n) => stayRule(n).map((r) => ruleOf(n, r)));
  const chains: readonly Omit<ChainGoal, 'policy'>[] = [
    { name: 'prerouting', type: 'nat', hook: 'prerouting', priority: -100, rules: [...stay, ...redirect] },
    { name: 'output', type: 'nat', hook: 'output', priority: -100, rules: redirect },
    { name: 'forward', type: 'filter', hook: 'forward', priority: 0, rules: filter },
    {
      name: 'postrouting',
      type: 'nat',
      hook: 'postrouting',
      priority: 100,
      rules: parts.flatMap((p) => p.nat),
    },
  ];
  return chains.filter((c) => c.rules.length > 0).map((chain) => ({ ...chain, policy: 'accept' }));
}

/** Told by its comment: whose it is, what it does, and a hash of what we wrote. */
const ruleOf = ({ name }: Network, { words, text }: Worded): RuleGoal => ({
  text,
  comment: `${name}: ${words} #${digest(text).slice(0, 8)}`,
});

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

function compileNetwork(network: OwnNetwork): Part {
  const { forward } = network;
  const bridge = network.bridge.name;
  const part: Part = { cross: [], forwarded: [], input: [], output: [], nat: [] };
  const add = (into: keyof Part, rules: readonly Worded[]) =>
    part[into].push(...rules.map((r) => ruleOf(network, r)));
  const rule = (into: keyof Part, words: string, text: string) => add(into, [{ words, text }]);

  add('forwarded', passRules(network));
  add('nat', hairpinRules(network));
  // Whoever opens a network has a firewall of his own.
  if (forward.mode === 'open') return part;
  rule('cross', 'guest to guest', `iifname "${bridge}" oifname "${bridge}" counter accept`);
  if (forward.mode !== 'none') {
    const dev = forwardDevice(network);
    const from = dev === undefined ? '' : `iifname "${dev}" `;
    const to = dev === undefined ? '' : ` oifname "${dev}"`;
    for (const subnet of network.subnets) {
      const { ip, cidr } = inRules(subnet);
      const masked = isTranslated(network, subnet);
      const replies = masked ? 'ct state established,related ' : '';
      rule(
        'input',
        masked ? `replies to ${cidr}` : `in to ${cidr}`,
        `${from}oifname "${bridge}" ${ip} daddr ${cidr} ${replies}counter accept`,
      );
      rule('output', `out from ${cidr}`, `iifname "${bridge}"${to} ${ip} saddr ${cidr} counter accept`);
      add('nat', natRules(network, subnet));
    }
  }
  rule('input', 'nothing else in', `oifname "${bridge}" counter reject`);
  rule('output', 'nothing else out', `iifname "${bridge}" counter reject`);
  return part;
}
