import { checkNetwork } from '../check';
import { refuse } from '../check-parse';
import { MACHINE } from '../ids';
import { isMade, type Network } from '../kinds/network';
import { formatNetworkXml } from '../libvirt/format-network';
import { Observed, sectionNames } from '../observed';
import { nothingCommitted, planHost } from '../plan';
import { fail, ok, type Result, unreachable } from '../result';
import { compileNative } from './native';
import { tableText } from './nft';
import { commandText } from './render';

/** What one network can be shown as. */
export const RENDERINGS = ['xml', 'dnsmasq', 'hostsfile', 'nft', 'commands'] as const;
export type Rendering = (typeof RENDERINGS)[number];

/**
 * A network as libvirt's XML, or as what Patchbay makes of it by itself on a host that has nothing yet; its files lie
 * below `runDir`. Refused with INVALID when the network cannot be made, NOT_NATIVE when somebody else makes it, and
 * NOT_SERVED when there is no such file, because nothing is served.
 */
export function renderNetwork(network: Network, to: Rendering, runDir: string): Result<string> {
  if (to === 'xml') return ok(formatNetworkXml(network));
  const problems = checkNetwork(network, { others: [], observed: null });
  if (problems.length > 0) return refuse(problems);
  if (!isMade(network))
    return fail(
      'NOT_NATIVE',
      `Network ${network.name} (mode ${network.forward.mode}) is not made of a bridge of its own, rules and dnsmasq: it can be shown as xml only.`,
    );
  const desired = { networks: [network], links: [] };
  const place = { runDir, singleUser: false };
  const goal = compileNative(desired, place);
  const [dnsmasq] = goal.dnsmasq;
  switch (to) {
    case 'dnsmasq':
      return dnsmasq === undefined ? notServed(network, 'no dnsmasq runs') : ok(dnsmasq.conf);
    case 'hostsfile':
      return dnsmasq?.hosts == null ? notServed(network, 'there is no hosts file') : ok(dnsmasq.hosts);
    case 'nft':
      return ok(tableText(goal.chains));
    case 'commands': {
      const observed = emptyHost(runDir);
      const plan = planHost({ observed, committed: nothingCommitted(''), desired, purpose: 'restore' });
      if (!plan.ok) return plan;
      const commands = plan.value.steps.flatMap((s) => s.actions).map(commandText);
      return ok(commands.map((c) => `${c}\n`).join(''));
    }
    default:
      return unreachable(to);
  }
}

const notServed = (network: Network, what: string): Result<never> =>
  fail('NOT_SERVED', `Network ${network.name} serves nothing of the kind: ${what}.`);

/** A host where nothing is and nothing is forwarded. */
function emptyHost(runDir: string): Observed {
  const off = { value: '0' };
  const sysctls = { 'net.ipv4.ip_forward': off, 'net.ipv6.conf.all.forwarding': off };
  const sections = sectionNames.map((name) => [
    name,
    { known: true, command: '', value: name === 'sysctls' ? sysctls : {} },
  ]);
  const agent = {
    ...{ host: MACHINE, hostname: '', kernel: '', version: '', incarnation: '', runDir },
    ...{ writable: { yes: true }, singleUser: false, role: 'machine' },
  };
  return Observed.parse({ agent, at: '', ...Object.fromEntries(sections) });
}
