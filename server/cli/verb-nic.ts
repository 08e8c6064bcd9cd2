import { Argument, Command, Option } from 'commander';
import type { Desired } from '@/server/core/change';
import { domainNicsOf } from '@/server/core/domain-nics';
import { IfName, type MacAddress, NetworkName } from '@/server/core/ids';
import { DomainNic } from '@/server/core/kinds/domain-nic';
import { freeNicIndex, NIC_MODELS, NicName, nicAt } from '@/server/core/kinds/nic';
import { PortgroupName } from '@/server/core/kinds/port';
import { bandwidthOf, type LimitFlags, limitWords } from '@/server/core/limit-text';
import { BUILT_IN, exhausted, firstNumber, MacPrefix, MacWish, nextFree } from '@/server/core/mac-pool';
import { allSightings } from '@/server/core/mac-sightings';
import {
  withLimits as limited,
  nicRecord,
  withCable,
  withNic,
  withoutNic,
  withPlace,
} from '@/server/core/nic-record';
import type { Observed } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { withLimits } from './limit-options';
import { complain, print, table } from './say';
import { secondsOption, tryOut } from './verb-change';
import { hostOf, hostOption, labOption, parsedBy, type WhichHost, withAgent } from './which-host';

type Into = { readonly network?: NetworkName; readonly portgroup?: string; readonly bridge?: IfName };
type Flags = WhichHost & { readonly seconds: number };
type Now = { readonly observed: Observed; readonly desired: Desired };

const HELP = `
A guest is a domain of libvirt, running or shut off. Each change shows the exact commands, is applied, and is taken back
unless you confirm it in time (patchbay confirm). A NIC that was there before is managed from its first change on.

Examples:
  patchbay nic list web
  patchbay nic add web --network virt
  patchbay nic move web net1 --bridge br0
  patchbay nic cable web net1 pull
  patchbay nic limit web net1 --inbound 1250,2500,64 --outbound 125
  patchbay nic remove web net1
`;

/** `patchbay nic`: NICs of libvirt domains, each by a change. */
export function nicVerb(): Command {
  const nic = new Command('nic')
    .helpCommand(false)
    .description(
      'NICs of libvirt domains: list them, put them in, move them, pull their cables, remove them.',
    )
    .addHelpText('after', HELP);
  nic.addCommand(listVerb());
  nic.addCommand(
    into(changing('add', 'Put a NIC into a guest.', '[nic]'))
      .addOption(
        new Option('--mac <address>', 'its MAC address, or the first octets').argParser(parsedBy(MacWish)),
      )
      .addOption(
        new Option('--model <model>', 'what card the guest sees; otherwise virtio').choices(NIC_MODELS),
      )
      .action((guest: string, name: NicName | undefined, flags: NewNic) =>
        change(flags, (now) => added(now, { guest, name, flags })),
      ),
  );
  nic.addCommand(
    into(changing('move', 'Plug a NIC into another network or bridge, while its guest runs.')).action(
      (guest: string, name: NicName, flags: Flags & Into) =>
        edit(`${guest}/${name}`, flags, (record) => checked({ ...record, source: sourceOf(flags) })),
    ),
  );
  nic.addCommand(
    changing('cable', 'Pull the cable of a NIC, or plug it in again.')
      .addArgument(new Argument('<what>', 'what to do with the cable').choices(['pull', 'plug']))
      .action((guest: string, name: NicName, what: 'pull' | 'plug', flags: Flags) =>
        edit(`${guest}/${name}`, flags, (record) => ok(withCable(record, what === 'pull' ? 'out' : 'in'))),
      ),
  );
  nic.addCommand(
    withLimits(
      changing('limit', 'Limit a NIC by itself; without limits it is limited as its portgroup says.'),
    ).action((guest: string, name: NicName, flags: Flags & LimitFlags) =>
      edit(`${guest}/${name}`, flags, (record) => checked(limited(record, bandwidthOf(flags)))),
    ),
  );
  for (const place of ['out', 'in'] as const)
    nic.addCommand(
      changing(place, PLACES[place]).action((guest: string, name: NicName, flags: Flags) =>
        edit(`${guest}/${name}`, flags, (record) => ok(withPlace(record, place))),
      ),
    );
  nic.addCommand(
    changing(
      'remove',
      'Remove a NIC that Patchbay made; one that was there before is forgotten, and stays.',
    ).action((guest: string, name: NicName, flags: Flags) =>
      change(flags, async ({ desired }) => removed(desired, `${guest}/${name}`)),
    ),
  );
  return nic;
}

const PLACES = {
  out: 'Take a NIC out of its guest; its name and MAC address are kept here.',
  in: 'Put a NIC that was taken out in again.',
} as const;

const guestName = () => new Argument('<guest>', 'name of the domain');

const changing = (name: string, what: string, nic: '<nic>' | '[nic]' = '<nic>') =>
  new Command(name)
    .description(what)
    .addArgument(guestName())
    .addArgument(new Argument(nic, 'name of the NIC, such as net0').argParser(parsedBy(NicName)))
    .addOption(secondsOption())
    .addOption(hostOption())
    .addOption(labOption());

const into = (command: Command) =>
  command
    .addOption(
      new Option('--network <name>', 'plug it into this network of libvirt')
        .argParser(parsedBy(NetworkName))
        .conflicts('bridge'),
    )
    .addOption(
      new Option('--portgroup <name>', 'as one of this portgroup of the network').argParser(
        parsedBy(PortgroupName),
      ),
    )
    .addOption(new Option('--bridge <name>', 'plug it into this bridge').argParser(parsedBy(IfName)));

/** Draws the whole change from what is now, and tries it out. */
function change(flags: Flags, make: (now: Now) => Promise<Result<Desired>>): Promise<void> {
  const host = hostOf(flags);
  return withAgent(host, async (link) => {
    const [status, observed] = [await link.request('status', {}), await link.request('observe', {})];
    if (!status.ok) return complain(status.error);
    if (!observed.ok) return complain(observed.error);
    const made = await make({ observed: observed.value, desired: status.value.committed.desired });
    if (!made.ok) return complain(made.error);
    await tryOut(made.value, link, { host, seconds: flags.seconds });
  });
}

const edit = (name: string, flags: Flags, alter: (record: DomainNic) => Result<DomainNic>) =>
  change(flags, async ({ observed, desired }) => {
    const record = nicRecord(observed, desired, name);
    const after = record.ok ? alter(record.value) : record;
    return after.ok ? ok(withNic(desired, after.value)) : after;
  });

type NewNic = Flags & Into & { readonly mac?: MacWish; readonly model?: string };
type Adding = { readonly guest: string; readonly name: NicName | undefined; readonly flags: NewNic };

async function added({ observed, desired }: Now, { guest, name, flags }: Adding): Promise<Result<Desired>> {
  const there = domainNicsOf(observed, desired, guest)?.nics.map((n) => n.name) ?? [];
  const own = name ?? nicAt(freeNicIndex(there));
  if (desired.nics?.some((n) => n.name === `${guest}/${own}`))
    return fail('NAME_TAKEN', `Guest ${guest} has a NIC ${own} already.`);
  const mac = await macFor(flags.mac ?? { is: 'next' }, desired);
  if (!mac.ok) return mac;
  const nic = checked({
    ...{ kind: 'nic', name: `${guest}/${own}`, mac: mac.value, source: sourceOf(flags) },
    ...(flags.model === undefined || flags.model === 'virtio' ? {} : { model: flags.model }),
  });
  return nic.ok ? ok(withNic(desired, nic.value)) : nic;
}

/** An address that nobody is seen with on any host, below the beginning that was asked for. */
async function macFor(wish: MacWish, { nics = [] }: Desired): Promise<Result<MacAddress>> {
  if (wish.is === 'fixed') return ok(wish.mac);
  const prefix = wish.is === 'partial' ? wish.prefix : MacPrefix.parse(BUILT_IN.qemu);
  const { observeAll } = await import('./guest-macs');
  const seen = allSightings(await observeAll());
  const taken = (mac: MacAddress) => seen.has(mac) || nics.some((nic) => nic.mac === mac);
  const mac = nextFree(prefix, firstNumber(prefix, Math.random()), taken);
  return mac === null ? exhausted(prefix) : ok(mac);
}

function removed(desired: Desired, name: string): Result<Desired> {
  const nic = desired.nics?.find((n) => n.name === name);
  const [guest, own] = name.split('/');
  return nic === undefined
    ? fail(
        'NOT_THERE',
        `Patchbay manages no NIC ${own} of guest ${guest}: one that was there before is taken out by "patchbay nic out ${guest} ${own}".`,
      )
    : ok(withoutNic(desired, nic));
}

/** What it is plugged into, as it was typed; without any, there is no source for the schema to take. */
const sourceOf = ({ network, portgroup, bridge }: Into): unknown =>
  bridge === undefined
    ? { type: 'network', network, ...(portgroup === undefined ? {} : { portgroup }) }
    : { type: 'bridge', bridge };

function checked(nic: unknown): Result<DomainNic> {
  const parsed = DomainNic.safeParse(nic);
  if (parsed.success) return ok(parsed.data);
  const [first] = parsed.error.issues;
  return first?.path[0] === 'source'
    ? fail('INVALID', 'Say what it is plugged into: --network NAME or --bridge NAME.')
    : fail('INVALID', first?.message ?? 'This NIC cannot be.');
}

function listVerb(): Command {
  return new Command('list')
    .description('List the NICs of a guest.')
    .addArgument(guestName())
    .addOption(hostOption())
    .addOption(labOption())
    .action((guest: string, flags: WhichHost) =>
      withAgent(hostOf(flags), async (link) => {
        const [status, observed] = [await link.request('status', {}), await link.request('observe', {})];
        if (!status.ok) return complain(status.error);
        if (!observed.ok) return complain(observed.error);
        const { domains } = observed.value;
        const read = domainNicsOf(observed.value, status.value.committed.desired, guest);
        if (read === null)
          return complain({
            code: 'NOT_THERE',
            message: domains.known
              ? `There is no guest ${guest} in libvirt at ${hostOf(flags)}.`
              : `libvirt cannot be asked for its guests: ${domains.why.replace(/\.?$/, '.')}`,
          });
        print(
          table(
            ['NIC', 'MAC address', 'model', 'plugged into', 'cable', 'limits', 'state'],
            read.nics.map((n) => [
              n.name,
              n.mac,
              n.model,
              n.at,
              n.cable,
              n.bandwidth === null ? '' : limitWords(n.bandwidth),
              stateWords(n),
            ]),
          ),
        );
      }),
    );
}

const STATES = { in: 'in the guest', restart: 'otherwise after a restart', out: 'only kept' } as const;
const stateWords = ({
  state,
  record,
}: {
  readonly state: keyof typeof STATES;
  readonly record: DomainNic | null;
}) => (record === null ? `${STATES[state]}, not managed` : STATES[state]);
