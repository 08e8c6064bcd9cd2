import path from 'node:path';
import { z } from 'zod';
import { IfName, type MacAddress } from '@/server/core/ids';
import { BUILT_IN, exhausted, firstNumber, MacPrefix, nextFree } from '@/server/core/mac-pool';
import { inUse, macSightings, type Sightings } from '@/server/core/mac-sightings';
import type { CheckResult, NicCheck } from '@/server/core/nic-check/request';
import type { Input, Output } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from './durable';
import { run } from './exec';
import { DhcpClients } from './guest-dhcp';
import { pingFrom } from './guest-ping';
import { isInOvs, leaveOvs } from './guests-ovs';
import { Guest, type PlugOptions, plugNic, type Socket, socketFor } from './guests-plug';
import { OUTSIDE } from './lab-inside';
import type { Log } from './log';
import { runCheck } from './nic-check/run';
import { turns } from './turns';

const Guests = z.strictObject({ guests: z.array(Guest) });

export type GuestOptions = PlugOptions & {
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
  /** `say` is told what is being done. */
  readonly check: (check: NicCheck, say: (doing: string) => void) => Promise<Result<CheckResult>>;
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

  const plugIn = async (guest: Guest): Promise<Result<null>> => {
    await dhcp.stop(guest.name);
    const plugged = await plugNic(guest, options);
    if (!plugged.ok) return plugged;
    // Down and up: addresses of the network it was in go, and the kernel asks for a router advertisement again.
    await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'down']);
    await run(['ip', '-n', guest.name, 'address', 'flush', 'dev', 'eth0']);
    const up = await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'up']);
    if (!up.ok) return up;
    return guest.bridge === null && guest.device === undefined ? ok(null) : dhcp.start(guest.name);
  };

  const make = async (guest: Guest): Promise<Result<null>> => {
    for (const command of [
      ['ip', 'netns', 'add', guest.name],
      ['ip', '-n', guest.name, 'link', 'set', 'dev', 'lo', 'up'],
    ]) {
      const ran = await run(command);
      if (!ran.ok) return ran;
    }
    return plugIn(guest);
  };

  const unmake = async ({ name, port }: Guest) => {
    await dhcp.stop(name);
    // A namespace is emptied some time after it is gone: a device out of a pool would still be in use.
    await run(['ip', '-n', name, 'link', 'del', 'dev', 'eth0']);
    await leaveOvs(port);
    await run(['ip', 'link', 'del', 'dev', port]);
    await run(['ip', 'netns', 'del', name]);
  };

  return {
    add: ({ name, mac, ...socket }) =>
      inTurn(async () => {
        if (name === OUTSIDE)
          return fail('NAME_TAKEN', `"${OUTSIDE}" is the lab's physical network; take another name.`);
        if (guests.some((g) => g.name === name))
          return fail('NAME_TAKEN', `There is a guest ${name} already.`);
        if (mac !== undefined && guests.some((g) => g.mac === mac))
          return fail('MAC_TAKEN', `Another guest of this lab has the MAC address ${mac}.`);
        const sightings = macSightings(await options.observe());
        const seen = (mac === undefined ? [] : (sightings.get(mac) ?? [])).filter((s) => s.guest !== name);
        const foreign = seen.find((s) => s.how === 'nic');
        if (mac !== undefined && foreign) return fail('MAC_TAKEN', inUse(mac, foreign));
        const own = mac === undefined ? freeMac(guests, sightings) : ok(mac);
        if (!own.ok) return own;
        const port = await freePort(guests);
        if (!port.ok) return port;
        const bare: Guest = { name, mac: own.value, port: port.value, bridge: null };
        const guest = await socketFor(bare, withoutGaps(socket), options, guests);
        if (!guest.ok) return guest;
        const made = await make(guest.value);
        if (!made.ok) {
          await unmake(guest.value);
          return made;
        }
        keep([...guests, guest.value]);
        return ok({ name, port: bare.port, mac: bare.mac });
      }),
    plug: ({ name, ...socket }) =>
      inTurn(async () => {
        const guest = find(name);
        if (!guest.ok) return guest;
        const others = guests.filter((g) => g.name !== name);
        const next = await socketFor(guest.value, withoutGaps(socket), options, others);
        if (!next.ok) return next;
        const plugged = await plugIn(next.value);
        keep(guests.map((g) => (g.name === name ? next.value : g)));
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
    check: (check, say) => runCheck(check, { guests, observe: options.observe, say }),
    restore: () =>
      inTurn(async () => {
        for (const guest of guests) {
          const [space, port] = await Promise.all([
            run(['ip', '-n', guest.name, 'link', 'show', 'dev', 'eth0']),
            run(['ip', '-j', 'link', 'show', 'dev', guest.port]),
          ]);
          const onDevice = guest.device !== undefined;
          if (space.ok && (onDevice || port.ok)) {
            const plugged =
              onDevice ||
              (port.ok && (port.value.stdout.includes('"master"') || (await isInOvs(guest.port))));
            if (plugged && !dhcp.runs(guest.name)) await dhcp.start(guest.name);
            continue;
          }
          await unmake(guest);
          const others = guests.filter((g) => g !== guest);
          const { network, bridge, ...bare } = guest;
          const { portgroup, device: _, mode: __, ...unplugged } = bare;
          const socket = network === undefined ? { bridge } : { bridge: null, network, portgroup };
          const again = await socketFor(guest, withoutGaps(socket), options, others);
          const made = await make(again.ok ? again.value : { ...unplugged, bridge: null });
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

/** zod gives optional fields as possibly undefined. */
const withoutGaps = ({
  bridge,
  network,
  portgroup,
}: {
  readonly bridge: Socket['bridge'];
  readonly network?: Socket['network'] | undefined;
  readonly portgroup?: Socket['portgroup'] | undefined;
}): Socket => ({
  bridge,
  ...(network === undefined ? {} : { network }),
  ...(portgroup === undefined ? {} : { portgroup }),
});

async function freePort(guests: readonly Guest[]): Promise<Result<IfName>> {
  const ran = await run(['ip', '-j', 'link', 'show']);
  if (!ran.ok) return ran;
  const links = z.array(z.object({ ifname: z.string().optional() })).safeParse(parseJson(ran.value.stdout));
  const taken = new Set(links.success ? links.data.map((l) => l.ifname) : []);
  for (const g of guests) taken.add(g.port);
  for (let n = 0; ; n += 1) if (!taken.has(`vnet${n}`)) return ok(IfName.parse(`vnet${n}`));
}

/** Without records that count: what nobody on this host is seen to have, in QEMU's and libvirt's prefix. */
function freeMac(guests: readonly Guest[], sightings: Sightings): Result<MacAddress> {
  const prefix = MacPrefix.parse(BUILT_IN.qemu);
  const taken = (mac: MacAddress) => sightings.has(mac) || guests.some((g) => g.mac === mac);
  const mac = nextFree(prefix, firstNumber(prefix, Math.random()), taken);
  return mac === null ? exhausted(prefix) : ok(mac);
}
