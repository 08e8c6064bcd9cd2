import type { Fact, Link, Offload } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { run } from '../exec';
import { keyed, known, unknown, whyNot } from './reading';

/** Bridges that we made carry this mark in their alias. */
const OURS = /^patchbay:/;

/** Text of `ethtool -k BRIDGE`. */
export function parseOffload(text: string): Result<Offload> {
  const word = /^tx-checksumming: (on|off)\b/m.exec(text)?.[1];
  if (word === undefined) return fail('NOT_UNDERSTOOD', 'ethtool says nothing about tx-checksumming');
  return ok({ txChecksum: word === 'on' });
}

/** Of bridges that may be ours only: nobody else's is any of our plans' business. */
export async function observeOffloads(links: Fact<Link>): Promise<Fact<Offload>> {
  const command = 'ethtool -k BRIDGE';
  if (!links.known) return unknown(command, `its interfaces are not known: ${links.why}`);
  // Internal ports of Open vSwitch carry no mark (its bridges do), and are few.
  const bridges = Object.values(links.value).filter(
    (l) => l.kind === 'openvswitch' || (l.kind === 'bridge' && OURS.test(l.alias ?? '')),
  );
  const read = await Promise.all(
    bridges.map(async ({ name }) => ({ name, ran: await run(['ethtool', '-k', name]) })),
  );
  const found: [string, Offload][] = [];
  for (const { name, ran } of read) {
    // It has gone since its name was read.
    if (!ran.ok && /No such device/i.test(ran.error.detail ?? '')) continue;
    const parsed = ran.ok ? parseOffload(ran.value.stdout) : ran;
    if (!parsed.ok) return unknown(command, `${name}: ${whyNot(parsed.error, 'offloads')}`);
    found.push([name, parsed.value]);
  }
  return known(command, keyed(found));
}
