import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { GuestName, IfName, MacAddress } from '@/server/core/ids';
import type { Input, Output } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from './durable';
import { run } from './exec';
import { DhcpClients } from './guest-dhcp';
import { pingFrom } from './guest-ping';
import { OUTSIDE } from './lab-inside';
import type { Log } from './log';
import { turns } from './turns';

/** A guest of a lab: a namespace with one NIC, `eth0`, whose other end is `port`. */
const Guest = z.strictObject({
  name: GuestName,
  mac: MacAddress,
  port: IfName,
  /** What it was last plugged into; the bridge may be gone since. */
  bridge: IfName.nullable(),
});
type Guest = z.infer<typeof Guest>;
const Guests = z.strictObject({ guests: z.array(Guest) });

export type GuestOptions = {
  readonly home: string;
  readonly dhcpScript: string;
  readonly log: Log;
  /** Called after something was changed. */
  readonly changed: () => void;
};

export type GuestKeeper = {
  readonly add: (input: Input<'guest.add'>) => Promise<Result<Output<'guest.add'>>>;
  readonly plug: (input: Input<'guest.plug'>) => Promise<Result<Output<'guest.plug'>>>;
  readonly remove: (input: Input<'guest.remove'>) => Promise<Result<Output<'guest.remove'>>>;
  readonly ping: (input: Input<'guest.ping'>) => Promise<Result<Output<'guest.ping'>>>;
  /** Makes those that are written down and not there: after the lab, or only its agent, was started again. */
  readonly restore: () => Promise<void>;
};

/** The guests of a lab, written down in `<home>/guests.json`. */
export function keepGuests(options: GuestOptions): GuestKeeper {
  const file = path.join(options.home, 'guests.json');
  const inTurn = turns();
  const dhcp = new DhcpClients(options.dhcpScript);
  let guests: readonly Guest[] = readGuests(file, options.log);

  const keep = (next: readonly Guest[]) => {
    guests = next;
    writeDurably(file, `${JSON.stringify({ guests: next }, null, 2)}\n`);
    options.changed();
  };
  const find = (name: string): Result<Guest> => {
    const guest = guests.find((g) => g.name === name);
    return guest ? ok(guest) : fail('NO_SUCH_GUEST', `There is no guest ${name} in this lab.`);
  };

  const plugIn = async (guest: Guest, bridge: IfName | null): Promise<Result<null>> => {
    await dhcp.stop(guest.name);
    const master = bridge === null ? ['nomaster'] : ['master', bridge];
    const moved = await run(['ip', 'link', 'set', 'dev', guest.port, ...master]);
    if (!moved.ok) return moved;
    // Down and up: addresses of the network it was in go, and the kernel asks for a router advertisement again.
    await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'down']);
    await run(['ip', '-n', guest.name, 'address', 'flush', 'dev', 'eth0']);
    const up = await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'up']);
    if (!up.ok) return up;
    return bridge === null ? ok(null) : dhcp.start(guest.name);
  };

  const make = async (guest: Guest): Promise<Result<null>> => {
    const { name, port, mac } = guest;
    // As libvirt does: a bridge takes the lowest MAC of its ports, and must not take a guest's.
    const portMac = `fe${mac.slice(2)}`;
    const commands = [
      ['ip', 'netns', 'add', name],
      [
        'ip',
        'link',
        'add',
        port,
        'address',
        portMac,
        'type',
        'veth',
        'peer',
        'name',
        'eth0',
        'address',
        mac,
        'netns',
        name,
      ],
      ['ip', '-n', name, 'link', 'set', 'dev', 'lo', 'up'],
      ['ip', 'link', 'set', 'dev', port, 'up'],
    ];
    for (const command of commands) {
      const ran = await run(command);
      if (!ran.ok) return ran;
    }
    return plugIn(guest, guest.bridge);
  };

  const unmake = async ({ name, port }: Guest) => {
    await dhcp.stop(name);
    await run(['ip', 'link', 'del', 'dev', port]);
    await run(['ip', 'netns', 'del', name]);
  };

  return {
    add: ({ name, mac, bridge }) =>
      inTurn(async () => {
        if (name === OUTSIDE)
          return fail('NAME_TAKEN', `"${OUTSIDE}" is the lab's physical network; take another name.`);
        if (guests.some((g) => g.name === name))
          return fail('NAME_TAKEN', `There is a guest ${name} already.`);
        if (mac !== undefined && guests.some((g) => g.mac === mac))
          return fail('MAC_TAKEN', `Another guest of this lab has the MAC address ${mac}.`);
        const there = await bridgeExists(bridge);
        if (!there.ok) return there;
        const port = await freePort(guests);
        if (!port.ok) return port;
        const guest: Guest = { name, mac: mac ?? freeMac(guests), port: port.value, bridge };
        const made = await make(guest);
        if (!made.ok) {
          await unmake(guest);
          return made;
        }
        keep([...guests, guest]);
        return ok({ name, port: guest.port, mac: guest.mac });
      }),
    plug: ({ name, bridge }) =>
      inTurn(async () => {
        const guest = find(name);
        if (!guest.ok) return guest;
        const there = await bridgeExists(bridge);
        if (!there.ok) return there;
        const plugged = await plugIn(guest.value, bridge);
        keep(guests.map((g) => (g.name === name ? { ...g, bridge } : g)));
        return plugged.ok ? ok({}) : plugged;
      }),
    remove: ({ name }) =>
      inTurn(async () => {
        const guest = find(name);
        if (!guest.ok) return guest;
        await unmake(guest.value);
        keep(guests.filter((g) => g.name !== name));
        return ok({});
      }),
    ping: async ({ from, to }) => {
      if (from !== OUTSIDE) {
        const guest = find(from);
        if (!guest.ok) return guest;
      }
      return pingFrom(
        from,
        to,
        guests.map((g) => g.name),
      );
    },
    restore: () =>
      inTurn(async () => {
        for (const guest of guests) {
          const [space, port] = await Promise.all([
            run(['ip', '-n', guest.name, 'link', 'show', 'dev', 'eth0']),
            run(['ip', '-j', 'link', 'show', 'dev', guest.port]),
          ]);
          if (space.ok && port.ok) {
            if (port.value.stdout.includes('"master"') && !dhcp.runs(guest.name))
              await dhcp.start(guest.name);
            continue;
          }
          await unmake(guest);
          const there = await bridgeExists(guest.bridge);
          const made = await make(there.ok ? guest : { ...guest, bridge: null });
          if (!made.ok)
            options.log.error({ guest: guest.name, error: made.error }, 'a guest could not be made again');
        }
        options.changed();
      }),
  };
}

function readGuests(file: string, log: Log): readonly Guest[] {
  const text = readIfThere(file);
  if (text === null) return [];
  const parsed = Guests.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.guests;
  log.error({ file, issues: parsed.error.issues }, 'the list of guests cannot be read; there are none now');
  return [];
}

async function bridgeExists(bridge: string | null): Promise<Result<null>> {
  if (bridge === null) return ok(null);
  const ran = await run(['ip', '-j', '-d', 'link', 'show', 'dev', bridge]);
  if (ran.ok && ran.value.stdout.includes('"info_kind":"bridge"')) return ok(null);
  return fail('NO_SUCH_BRIDGE', `There is no bridge ${bridge} in this lab.`);
}

async function freePort(guests: readonly Guest[]): Promise<Result<IfName>> {
  const ran = await run(['ip', '-j', 'link', 'show']);
  if (!ran.ok) return ran;
  const links = z.array(z.object({ ifname: z.string().optional() })).safeParse(parseJson(ran.value.stdout));
  const taken = new Set(links.success ? links.data.map((l) => l.ifname) : []);
  for (const g of guests) taken.add(g.port);
  for (let n = 0; ; n += 1) if (!taken.has(`vnet${n}`)) return ok(IfName.parse(`vnet${n}`));
}

/** 52:54:00 is the prefix that QEMU and libvirt give to guests. */
function freeMac(guests: readonly Guest[]): MacAddress {
  for (;;) {
    const mac = MacAddress.parse(`52:54:00${randomBytes(3).toString('hex').replace(/../g, ':$&')}`);
    if (!guests.some((g) => g.mac === mac)) return mac;
  }
}
