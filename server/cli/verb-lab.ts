import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { GuestName, IfName, IpAddress, LabName, labHostId, MACHINE, MacAddress } from '@/server/core/ids';
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
    .addOption(new Option('--mac <address>', 'MAC address of its NIC').argParser(parsedBy(MacAddress)))
    .action(async (name: GuestName, { lab, bridge, mac }: InLab & { bridge?: IfName; mac?: MacAddress }) => {
      const input = { name, bridge: bridge ?? null, ...(mac ? { mac } : {}) };
      const added = await withAgent(labHostId(lab), (link) => link.request('guest.add', input));
      conclude(added, (g) => print(`Guest ${g.name} has port ${g.port} and MAC address ${g.mac}.`));
    });
  guest
    .command('plug')
    .description('Plug a guest into a bridge, or, without one, out.')
    .addArgument(guestName())
    .addArgument(new Argument('[bridge]', 'name of the bridge').argParser(parsedBy(IfName)))
    .addOption(inLab())
    .action(async (name: GuestName, bridge: IfName | undefined, { lab }: InLab) => {
      const input = { name, bridge: bridge ?? null };
      const plugged = await withAgent(labHostId(lab), (link) => link.request('guest.plug', input));
      conclude(plugged, () =>
        print(bridge ? `Guest ${name} is plugged into ${bridge}.` : `Guest ${name} is unplugged.`),
      );
    });
  guest
    .command('remove')
    .description('Remove a guest.')
    .addArgument(guestName())
    .addOption(inLab())
    .action(async (name: GuestName, { lab }: InLab) => {
      const gone = await withAgent(labHostId(lab), (link) => link.request('guest.remove', { name }));
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
