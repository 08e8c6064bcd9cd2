import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { GuestName, IfName, IpAddress, LabName, labHostId, MACHINE, NetworkName } from '@/server/core/ids';
import { PortgroupName } from '@/server/core/kinds/port';
import { MacWish } from '@/server/core/mac-pool';
import type { LabStatus } from '@/server/core/protocol';
import { conclude, print, table } from './say';
import { parsedBy, withAgent } from './which-host';

/** Booting a lab takes a second, ending and removing a large one some more (ms). */
const PATIENCE = 90_000;

const labName = () => new Argument('<name>', 'name of the lab').argParser(parsedBy(LabName));
const showState = ({ state }: LabStatus): string =>
  state.is === 'stopped'
    ? `stopped: ${state.why}`
    : state.is === 'running'
      ? `running, process ${state.pid}`
      : state.is;

/** `patchbay lab`: asks the machine's agent, which owns the labs. */
export function labVerb(): Command {
  const lab = new Command('lab')
    .helpCommand(false)
    .description('Labs: private network stacks on this kernel, to try everything in.');
  lab
    .command('list')
    .description('Show the labs and whether they run.')
    .action(async () => {
      const labs = await withAgent(MACHINE, (link) => link.request('lab.list', {}));
      conclude(labs, (all) =>
        print(
          table(
            ['lab', 'state'],
            all.map((l) => [l.name, showState(l)]),
          ),
        ),
      );
    });
  lab
    .command('create')
    .description('Make a lab and start it.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const made = await withAgent(MACHINE, (link) => link.request('lab.create', { name }, PATIENCE));
      conclude(made, () => print(`Lab ${name} runs. Look at it with: patchbay observe --lab ${name}`));
    });
  lab
    .command('reset')
    .description('Take everything out of a lab and start it empty.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const made = await withAgent(MACHINE, (link) => link.request('lab.reset', { name }, PATIENCE));
      conclude(made, () => print(`Lab ${name} is empty and runs.`));
    });
  lab
    .command('remove')
    .description('End a lab and remove what it keeps.')
    .addArgument(labName())
    .action(async (name: LabName) => {
      const gone = await withAgent(MACHINE, (link) => link.request('lab.remove', { name }, PATIENCE));
      conclude(gone, () => print(`Lab ${name} is gone.`));
    });
  return lab;
}

const inLab = () =>
  new Option('--lab <name>', 'the lab').argParser(parsedBy(LabName)).default(LabName.parse('lab'));
const guestName = () => new Argument('<name>', 'name of the guest').argParser(parsedBy(GuestName));
const inNetwork = () =>
  new Option('--network <name>', 'plug it into this network').argParser(parsedBy(NetworkName));
const inPortgroup = () =>
  new Option('--portgroup <name>', 'as one of this portgroup of the network').argParser(
    parsedBy(PortgroupName),
  );
type InNetwork = { readonly network?: NetworkName; readonly portgroup?: string };
type InLab = { readonly lab: LabName };

/** `patchbay guest`: guests of a lab. */
export function guestVerb(): Command {
  const guest = new Command('guest')
    .helpCommand(false)
    .description('Guests of a lab: namespaces with one NIC, a DHCP client and ping.');
  guest
    .command('add')
    .description('Make a guest.')
    .addArgument(guestName())
    .addOption(inLab())
    .addOption(new Option('--bridge <name>', 'plug it in there').argParser(parsedBy(IfName)))
    .addOption(inNetwork())
    .addOption(inPortgroup())
    .addOption(
      new Option('--mac <address>', 'MAC address of its NIC, or its first octets').argParser(
        parsedBy(MacWish),
      ),
    )
    .action(
      async (
        name: GuestName,
        { lab, bridge, mac, ...socket }: InLab & InNetwork & { bridge?: IfName; mac?: MacWish },
      ) => {
        const input = { name, bridge: bridge ?? null, ...socket };
        const { addGuest } = await import('./guest-macs');
        const added = await addGuest(labHostId(lab), input, mac ?? { is: 'next' });
        conclude(added, (g) => print(`Guest ${g.name} has port ${g.port} and MAC address ${g.mac}.`));
      },
    );
  guest
    .command('plug')
    .description('Plug a guest into a bridge or a network, or, without either, out.')
    .addArgument(guestName())
    .addArgument(new Argument('[bridge]', 'name of the bridge').argParser(parsedBy(IfName)))
    .addOption(inLab())
    .addOption(inNetwork())
    .addOption(inPortgroup())
    .action(async (name: GuestName, bridge: IfName | undefined, { lab, ...socket }: InLab & InNetwork) => {
      const input = { name, bridge: bridge ?? null, ...socket };
      const into = socket.network ?? bridge;
      const plugged = await withAgent(labHostId(lab), (link) => link.request('guest.plug', input));
      conclude(plugged, () =>
        print(into ? `Guest ${name} is plugged into ${into}.` : `Guest ${name} is unplugged.`),
      );
    });
  guest
    .command('remove')
    .description('Remove a guest.')
    .addArgument(guestName())
    .addOption(inLab())
    .action(async (name: GuestName, { lab }: InLab) => {
      const { removeGuest } = await import('./guest-macs');
      const gone = await removeGuest(labHostId(lab), name);
      conclude(gone, () => print(`Guest ${name} is gone.`));
    });
  guest
    .command('ping')
    .description(
      'Ping from a guest, or from "outside", to a guest, "outside" or an address. Exit code 1 without an answer.',
    )
    .addArgument(new Argument('<from>', 'guest').argParser(parsedBy(GuestName)))
    .addArgument(
      new Argument('<to>', 'guest or address').argParser(parsedBy(z.union([GuestName, IpAddress]))),
    )
    .addOption(inLab())
    .action(async (from: GuestName, to: string, { lab }: InLab) => {
      const pinged = await withAgent(labHostId(lab), (link) => link.request('guest.ping', { from, to }));
      conclude(pinged, (p) => {
        print(`$ ${p.command}\n${p.output.trim()}`);
        if (p.received === 0) process.exitCode = 1;
      });
    });
  return guest;
}
