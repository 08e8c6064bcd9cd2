import type { Desired } from '@/server/core/change';
import type { GuestName, IfName, MacAddress } from '@/server/core/ids';
import type { CheckResult, Evidence } from '@/server/core/nic-check/request';
import { items, type Link, type Namespace, type Observed } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { commandLine, type Ran, type RunOptions, run } from '../exec';
import type { Pingable } from '../guest-ping';
import type { End } from './traffic';

/** A guest as checks need it: a namespace whose NIC `eth0` has its other end at `port` of the host. */
export type CheckedGuest = {
  readonly name: GuestName;
  readonly port: IfName;
  readonly mac: MacAddress;
  readonly bridge: IfName | null;
};

export type CheckPlace = {
  readonly guests: readonly CheckedGuest[];
  /** Whom a guest may ping by name; virtual machines too. */
  readonly pingable: Pingable;
  readonly observe: () => Promise<Observed>;
  /** What is in force on this host, confirmed or not, and the version of what was committed last. */
  readonly design: () => { readonly desired: Desired; readonly version: number };
  /** Tells whoever waits what is being done. */
  readonly say: (doing: string) => void;
};

/** What a check finds out, without how long it took. */
export type Found = Omit<CheckResult, 'seconds'>;

export const found = (
  verdict: Found['verdict'],
  sentence: string,
  more: Partial<Pick<Found, 'details' | 'evidence' | 'proof'>> = {},
): Result<Found> =>
  ok({ verdict, sentence, ...more, details: more.details ?? [], evidence: more.evidence ?? [] });

export function guestOf({ guests }: CheckPlace, name: string): Result<CheckedGuest> {
  const guest = guests.find((g) => g.name === name);
  return guest ? ok(guest) : fail('NO_SUCH_GUEST', `There is no guest ${name} in this lab.`);
}

/** The NIC of a guest as it is inside. Failure NO_NIC. */
export function nicInside(observed: Observed, guest: string): Result<Link> {
  const nic = namespaceOf(observed, guest)?.links.eth0;
  return nic ? ok(nic) : fail('NO_NIC', `The inside of guest ${guest} cannot be seen: it has no eth0.`);
}

export const namespaceOf = (observed: Observed, guest: string): Namespace | undefined =>
  items(observed.namespaces).find((n) => n.name === guest);

/** A guest as an end of traffic. */
export const insideOf = (name: string, address: string): End => ({
  ...{ name, address },
  enter: ['ip', 'netns', 'exec', name],
});

/** A command in a guest; what it printed is kept as evidence whether or not it went well. */
export async function inGuest(
  guest: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly ran: Result<Ran>; readonly evidence: Evidence }> {
  const whole = ['ip', 'netns', 'exec', guest, ...argv];
  const ran = await run(whole, options);
  const output = ran.ok ? ran.value.stdout : (ran.error.detail ?? ran.error.message);
  return { ran, evidence: { command: commandLine(whole), output: output.trim() } };
}
