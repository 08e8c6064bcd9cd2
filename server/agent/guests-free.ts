import { z } from 'zod';
import { IfName, type MacAddress } from '@/server/core/ids';
import { BUILT_IN, exhausted, firstNumber, MacPrefix, nextFree } from '@/server/core/mac-pool';
import { inUse, macSightings } from '@/server/core/mac-sightings';
import type { Observed } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { run } from './exec';
import type { Guests } from './guests-book';

/* What a new NIC of a guest is given: a port and a MAC address. */

const portsOf = ({ guests, machines }: Guests) => [...guests, ...machines.flatMap((m) => m.nics)];

export async function freePort(all: Guests): Promise<Result<IfName>> {
  const ran = await run(['ip', '-j', 'link', 'show']);
  if (!ran.ok) return ran;
  const links = z.array(z.object({ ifname: z.string().optional() })).safeParse(parseJson(ran.value.stdout));
  const taken = new Set(links.success ? links.data.map((l) => l.ifname) : []);
  for (const { port } of portsOf(all)) taken.add(port);
  for (let n = 0; ; n += 1) if (!taken.has(`vnet${n}`)) return ok(IfName.parse(`vnet${n}`));
}

/** The address that was asked for, unless somebody has it. Without one: what nobody on this host is seen to have. */
export function macFor(
  guest: string,
  wish: MacAddress | undefined,
  { all, observed }: { readonly all: Guests; readonly observed: Observed },
): Result<MacAddress> {
  const given = (mac: MacAddress) => portsOf(all).some((nic) => nic.mac === mac);
  const sightings = macSightings(observed);
  if (wish === undefined) {
    const prefix = MacPrefix.parse(BUILT_IN.qemu);
    const taken = (mac: MacAddress) => sightings.has(mac) || given(mac);
    const mac = nextFree(prefix, firstNumber(prefix, Math.random()), taken);
    return mac === null ? exhausted(prefix) : ok(mac);
  }
  if (given(wish)) return fail('MAC_TAKEN', `Another guest of this lab has the MAC address ${wish}.`);
  const foreign = sightings.get(wish)?.find((s) => s.guest !== guest && s.how === 'nic');
  return foreign ? fail('MAC_TAKEN', inUse(wish, foreign)) : ok(wish);
}
