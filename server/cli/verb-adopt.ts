import { Command } from 'commander';
import { adopt } from '@/server/core/adopt';
import { adoptable } from '@/server/core/adopt-candidates';
import { desiredOf, thingsOf } from '@/server/core/things';
import { complain, print, table } from './say';
import { secondsOption, tryOut } from './verb-change';
import { hostOf, hostOption, labOption, type WhichHost, withAgent } from './which-host';

type Flags = WhichHost & { readonly seconds: number; readonly network?: true };

/** `patchbay adopt`: manage what is there already, as it is; without a name, what could be. */
export function adoptVerb(): Command {
  return new Command('adopt')
    .description(
      'Manage a bridge, VLAN, bond, tap or network that is on the host already, as it is. It is let go again unless you confirm it in time. Without a name: list what could be managed.',
    )
    .argument('[name]', 'the interface, or the network of libvirt')
    .option('--network', 'NAME is a network of libvirt, not an interface')
    .addOption(secondsOption())
    .addOption(hostOption())
    .addOption(labOption())
    .action((name: string | undefined, flags: Flags) =>
      withAgent(hostOf(flags), async (link) => {
        const [status, observed] = [await link.request('status', {}), await link.request('observe', {})];
        if (!status.ok) return complain(status.error);
        if (!observed.ok) return complain(observed.error);
        const { desired } = status.value.committed;
        const all = adoptable(observed.value, desired);
        if (name === undefined) {
          if (all.length === 0) return print(`Nothing at ${hostOf(flags)} could be managed that is not.`);
          return print(
            table(
              ['name', 'kind'],
              all.map((c) => [c.name, c.kind]),
            ),
          );
        }
        const named = all.filter((c) => c.name === name);
        const only = named.length === 1 ? named[0]?.is : undefined;
        const is = flags.network ? 'network' : (only ?? 'interface');
        const made = adopt(observed.value, desired, { is, name });
        if (!made.ok) return complain(made.error);
        const wanted = desiredOf([...thingsOf(desired), made.value]);
        await tryOut(wanted, link, { host: hostOf(flags), seconds: flags.seconds });
      }),
    );
}
