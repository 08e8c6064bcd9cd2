import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { type FixedWish, parseFixedWish } from '@/server/core/fixed-address';
import { GuestName, IfName, IpAddress, LabName, labHostId, NetworkName } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import { PortgroupName } from '@/server/core/kinds/port';
import { bandwidthOf, type LimitFlags, limitWords } from '@/server/core/limit-text';
import { MacWish } from '@/server/core/mac-pool';
import { withLimits } from './limit-options';
import { conclude, print } from './say';
import { parsedBy, withAgent } from './which-host';

/** Milliseconds; a virtual machine starts, and its guest is given time to notice what happens to its NICs. */
const PATIENCE = 60_000;

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
type NewNic = InLab & InNetwork & { readonly bridge?: IfName; readonly mac?: MacWish };
const onBridge = () => new Option('--bridge <name>', 'plug it in there').argParser(parsedBy(IfName));
const withMac = () =>
  new Option('--mac <address>', 'MAC address of its NIC, or its first octets').argParser(parsedBy(MacWish));

const ofMachine = () =>
  new Option('--nic <name>', 'of a virtual machine this NIC; otherwise the first').argParser(
    parsedBy(NicName),
  );

function fixedWish(text: string): FixedWish {
  const wish = parseFixedWish(text);
  if (!wish.ok) throw new InvalidArgumentError(wish.error.message);
  return wish.value;
}

/** `patchbay guest`: guests of a lab. */
export function guestVerb(): Command {
  const guest = new Command('guest')
    .helpCommand(false)
    .description('Guests of a lab: namespaces with one NIC, a DHCP client and ping, or virtual machines.')
    .addCommand(nicVerb());
  guest
    .command('add')
    .description('Make a guest.')
    .addArgument(guestName())
    .addOption(inLab())
    .addOption(new Option('--real', 'a small virtual machine (QEMU) instead of a namespace'))
    .addOption(onBridge())
    .addOption(inNetwork())
    .addOption(inPortgroup())
    .addOption(withMac())
    .addOption(
      new Option(
        '--address <address>',
        'an address that it keeps, instead of a lease: 10.1.0.50 in a subnet of its network, or 10.1.0.50/24',
      ).argParser(fixedWish),
    )
    .action(
      async (
        name: GuestName,
        {
          lab,
          bridge,
          mac,
          real,
          address,
          ...socket
        }: NewNic & { readonly real?: true; readonly address?: FixedWish },
      ) => {
        const input = {
          ...{ name, bridge: bridge ?? null, ...socket },
          ...(real ? { real } : {}),
          ...(address === undefined ? {} : { fixed: address }),
        };
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
    .addOption(ofMachine())
    .action(
      async (
        name: GuestName,
        bridge: IfName | undefined,
        { lab, ...socket }: InLab & InNetwork & { readonly nic?: NicName },
      ) => {
        const input = { name, bridge: bridge ?? null, ...socket };
        const into = socket.network ?? bridge;
        const plugged = await withAgent(labHostId(lab), (link) =>
          link.request('guest.plug', input, PATIENCE),
        );
        conclude(plugged, () =>
          print(into ? `Guest ${name} is plugged into ${into}.` : `Guest ${name} is unplugged.`),
        );
      },
    );
  withLimits(
    guest
      .command('limit')
      .description('Limit a NIC by itself; without limits it is limited as its portgroup says.')
      .addArgument(guestName()),
  )
    .addOption(inLab())
    .addOption(ofMachine())
    .action(
      async (name: GuestName, { lab, nic, ...limits }: InLab & LimitFlags & { readonly nic?: NicName }) => {
        const bandwidth = bandwidthOf(limits);
        const input = { name, bandwidth, ...(nic === undefined ? {} : { nic }) };
        const limited = await withAgent(labHostId(lab), (link) =>
          link.request('guest.limit', input, PATIENCE),
        );
        conclude(limited, () =>
          print(
            bandwidth === null
              ? `Guest ${name} has no limits of its own.`
              : `Guest ${name} ${limitWords(bandwidth)}.`,
          ),
        );
      },
    );
  guest
    .command('start')
    .description('Start a virtual machine that has ended or is switched off.')
    .addArgument(guestName())
    .addOption(inLab())
    .action(async (name: GuestName, { lab }: InLab) => {
      const started = await withAgent(labHostId(lab), (link) =>
        link.request('guest.start', { name }, PATIENCE),
      );
      conclude(started, () => print(`Guest ${name} runs.`));
    });
  guest
    .command('stop')
    .description('Switch a virtual machine off, as one pulls a plug; it stays off until it is started.')
    .addArgument(guestName())
    .addOption(inLab())
    .action(async (name: GuestName, { lab }: InLab) => {
      const stopped = await withAgent(labHostId(lab), (link) =>
        link.request('guest.stop', { name }, PATIENCE),
      );
      conclude(stopped, () => print(`Guest ${name} is off.`));
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

const nicName = () => new Argument('<nic>', 'name of the NIC, such as net0').argParser(parsedBy(NicName));
const ENDS = {
  pull: { cable: 'out', done: 'is pulled' },
  plug: { cable: 'in', done: 'is plugged in' },
} as const;

/** `patchbay guest nic`: NICs of virtual machines; of those that are off they are changed for the next start. */
function nicVerb(): Command {
  const nic = new Command('nic').helpCommand(false).description('NICs of a virtual machine, running or off.');
  nic
    .command('add')
    .description('Put a NIC in.')
    .addArgument(guestName())
    .addOption(inLab())
    .addOption(onBridge())
    .addOption(inNetwork())
    .addOption(inPortgroup())
    .addOption(withMac())
    .action(async (name: GuestName, { lab, bridge, mac, ...socket }: NewNic) => {
      const { addNic } = await import('./guest-macs');
      const input = { name, bridge: bridge ?? null, ...socket };
      const added = await addNic(labHostId(lab), input, mac ?? { is: 'next' });
      conclude(added, (n) =>
        print(`NIC ${n.nic} of guest ${name} has tap ${n.port} and MAC address ${n.mac}.`),
      );
    });
  nic
    .command('remove')
    .description('Take a NIC out.')
    .addArgument(guestName())
    .addArgument(nicName())
    .addOption(inLab())
    .action(async (name: GuestName, which: NicName, { lab }: InLab) => {
      const { removeNic } = await import('./guest-macs');
      const gone = await removeNic(labHostId(lab), { name, nic: which });
      conclude(gone, () => print(`NIC ${which} is taken out of guest ${name}.`));
    });
  nic
    .command('cable')
    .description('Pull the cable of a NIC, or plug it in again.')
    .addArgument(guestName())
    .addArgument(nicName())
    .addArgument(new Argument('<what>', 'what to do with the cable').choices(['pull', 'plug']))
    .addOption(inLab())
    .action(async (name: GuestName, which: NicName, what: keyof typeof ENDS, { lab }: InLab) => {
      const { cable, done } = ENDS[what];
      const set = await withAgent(labHostId(lab), (link) =>
        link.request('guest.nic.cable', { name, nic: which, cable }, PATIENCE),
      );
      conclude(set, ({ noticed }) =>
        print(
          `The cable of ${name} ${which} ${done}${noticed ? ', and the guest has noticed' : '; the guest has not noticed yet'}.`,
        ),
      );
    });
  return nic;
}
