import { cidrOf, type FixedAddress } from '@/server/core/fixed-address';
import { ok, type Result } from '@/server/core/result';
import { run } from './exec';
import { DhcpClients } from './guest-dhcp';
import { type Guest, keptOf, type Seated, sameSocket } from './guests-book';
import { forgetPort } from './guests-limit';
import { isInOvs } from './guests-ovs';
import { limitPort, type PlugOptions, plugNic, seatFor } from './guests-plug';

/** The life of guests that are namespaces, each with a DHCP client. */
export type NamespaceGuests = {
  /** As it is to be; whoever fails to make one unmakes it. */
  readonly make: (guest: Guest) => Promise<Result<null>>;
  readonly plugIn: (guest: Guest) => Promise<Result<null>>;
  /** Limits its NIC as it is to be limited. */
  readonly limit: (guest: Guest) => Promise<Result<null>>;
  readonly unmake: (guest: Guest) => Promise<void>;
  /** Makes one again that is not there, or whose DHCP client is not. */
  readonly restore: (guest: Guest, others: readonly Seated[]) => Promise<Result<null>>;
};

export function namespaceGuests(options: PlugOptions & { readonly dhcpScript: string }): NamespaceGuests {
  const dhcp = new DhcpClients(options.dhcpScript);

  const plugIn = async (guest: Guest): Promise<Result<null>> => {
    await dhcp.stop(guest.name);
    const plugged = await plugNic(guest, options);
    if (!plugged.ok) return plugged;
    // Down and up: addresses of the network it was in go, and the kernel asks for a router advertisement again.
    await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'down']);
    await run(['ip', '-n', guest.name, 'address', 'flush', 'dev', 'eth0']);
    const up = await run(['ip', '-n', guest.name, 'link', 'set', 'dev', 'eth0', 'up']);
    if (!up.ok) return up;
    if (guest.bridge === null && guest.device === undefined) return ok(null);
    return guest.fixed === undefined ? dhcp.start(guest.name) : settle(guest.name, guest.fixed);
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
    await forgetPort(port);
    await run(['ip', 'link', 'del', 'dev', port]);
    await run(['ip', 'netns', 'del', name]);
  };

  const restore = async (guest: Guest, others: readonly Seated[]): Promise<Result<null>> => {
    const { name, mac, port } = guest;
    const [space, link] = await Promise.all([
      run(['ip', '-n', name, 'link', 'show', 'dev', 'eth0']),
      run(['ip', '-j', 'link', 'show', 'dev', port]),
    ]);
    const onDevice = guest.device !== undefined;
    if (space.ok && (onDevice || link.ok)) {
      const plugged =
        onDevice || (link.ok && (link.value.stdout.includes('"master"') || (await isInOvs(port))));
      return plugged && guest.fixed === undefined && !dhcp.runs(name) ? dhcp.start(name) : ok(null);
    }
    await unmake(guest);
    const seat = await seatFor(sameSocket(guest), options, others);
    return make({ name, mac, port, ...keptOf(guest), ...(seat.ok ? seat.value : { bridge: null }) });
  };

  const limit = (guest: Guest) => limitPort({ ...guest, space: guest.name }, options);

  return { make, plugIn, limit, unmake, restore };
}

/** Gives a guest the address that it keeps, and the way out. */
async function settle(guest: string, fixed: FixedAddress): Promise<Result<null>> {
  const { gateway } = fixed;
  const inside = ['ip', '-n', guest];
  for (const command of [
    [...inside, 'address', 'add', cidrOf(fixed), 'dev', 'eth0'],
    ...(gateway === null ? [] : [[...inside, 'route', 'replace', 'default', 'via', gateway, 'dev', 'eth0']]),
  ]) {
    const ran = await run(command);
    if (!ran.ok) return ran;
  }
  return ok(null);
}
