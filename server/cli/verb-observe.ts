import { Command } from 'commander';
import { MACHINE } from '@/server/core/ids';
import { items, type Observed, sectionNames } from '@/server/core/observed';
import type { Result } from '@/server/core/result';
import { observeHere } from './observe-here';
import { conclude, print, table } from './say';
import { hostOf, hostOption, labOption, type WhichHost, withAgent } from './which-host';

/** `patchbay observe`: without a host it needs no agent and reads the namespace that it is started in. */
export function observeVerb(): Command {
  return new Command('observe')
    .description('Show what is there: the network namespace that this is started in, or a host by its agent.')
    .option('--json', 'everything, as JSON')
    .addOption(hostOption())
    .addOption(labOption())
    .action(async (flags: WhichHost & { readonly json?: boolean }) => {
      const observed = flags.host || flags.lab ? await fromAgent(flags) : await observeHere(MACHINE);
      conclude(observed, (o) => print(flags.json ? JSON.stringify(o) : toText(o)));
    });
}

const fromAgent = (which: WhichHost): Promise<Result<Observed>> =>
  withAgent(hostOf(which), (link) => link.request('observe', {}));

function toText(o: Observed): string {
  const { agent } = o;
  const links = items(o.links).map((l) => [
    l.name,
    l.kind,
    l.up ? (l.carrier ? 'up' : 'no carrier') : 'down',
    l.master ?? '',
    String(l.mtu),
    l.addresses.map((a) => `${a.address}/${a.prefix}`).join(' '),
    l.alias ?? '',
  ]);
  const parts = [
    `${agent.hostname} (kernel ${agent.kernel}), ${o.at}`,
    agent.writable.yes ? 'May be changed.' : agent.writable.why,
    '',
    table(['interface', 'kind', 'state', 'in', 'mtu', 'addresses', 'alias'], links),
  ];
  const leases = items(o.leases).map((l) => [l.network, l.address, l.mac ?? '', l.hostname ?? '']);
  if (leases.length > 0) parts.push('', table(['network', 'lease', 'mac', 'name'], leases));
  const counts = sectionNames.map((name) => {
    const fact = o[name];
    return fact.known ? `${name} ${Object.keys(fact.value).length}` : null;
  });
  parts.push('', `Read: ${counts.filter((c) => c !== null).join(', ')}`);
  for (const name of sectionNames) {
    const fact = o[name];
    if (!fact.known) parts.push(`Unknown: ${name}: ${fact.why}`);
  }
  return parts.join('\n');
}
