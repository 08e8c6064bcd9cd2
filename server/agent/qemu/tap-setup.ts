import { compileRouted } from '@/server/core/compile/routed';
import type { GuestName } from '@/server/core/ids';
import { hasTap, type Nic } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from '../durable';
import { run } from '../exec';
import { type HookEnv, lastWords, openHooks, type Part } from '../hooks';

/*
 * Sets up the taps of guests, as their NICs say: when the guest starts or has arrived from elsewhere, and back when it
 * goes. What stays in no bridge and down is up to whoever started the guest.
 */

export type Seat = { readonly guest: GuestName; readonly nic: Nic; readonly index: number };

export type TapSetup = {
  /** Answers what failed once it was up. Failures SCRIPT_FAILED, NOT_FORWARDING, HOOK_*, TOOL_*. */
  readonly up: (seat: Seat) => Promise<Result<string | null>>;
  /** Answers what failed; the tap goes all the same. */
  readonly down: (seat: Seat) => Promise<string | null>;
};

/** Milliseconds that a script may take. */
const PATIENCE = 30_000;

/** `bridges`: puts taps of NICs on bridges into them, and up. */
export function tapSetup({ hooks = openHooks(null), bridges = false } = {}): TapSetup {
  const partsOf = (seat: Seat) => parts(seat, bridges);
  return {
    up: async (seat) => {
      const own = partsOf(seat);
      return own.length === 0 ? ok(null) : hooks.bringUp(envOf(seat), own);
    },
    down: async (seat) => {
      const own = partsOf(seat);
      return own.length === 0 ? null : hooks.takeDown(envOf(seat), own);
    },
  };
}

function parts({ nic }: Seat, bridges: boolean): readonly Part[] {
  const { name, tap, source } = nic;
  if (tap === undefined || !hasTap(nic)) return [];
  const up: Part = {
    name: 'up',
    usual: () => link(tap, 'up'),
    undo: () => tapDown(tap),
  };
  if (source.type === 'bridge' && bridges)
    return [
      // As libvirt does: a bridge takes the lowest MAC of its ports, and must not take a guest's.
      { name: 'address', usual: () => link(tap, 'address', `fe${nic.mac.slice(2)}`) },
      {
        name: 'bridge',
        usual: () => link(tap, 'master', source.bridge),
        undo: () => ifThere(tap, 'nomaster'),
      },
      up,
    ];
  if (source.type === 'routed') return [up, routed(tap, nic, source)];
  if (source.type !== 'ethernet' || (source.script ?? source.downscript) === undefined) return [];
  const { script, downscript } = source;
  return [
    {
      name: 'script',
      usual: () =>
        script === undefined ? Promise.resolve(ok(null)) : runScript(`script of NIC ${name}`, script, tap),
      ...(downscript === undefined
        ? {}
        : { undo: () => runScript(`downscript of NIC ${name}`, downscript, tap) }),
    },
  ];
}

const link = (tap: string, ...words: readonly string[]) => run(['ip', 'link', 'set', 'dev', tap, ...words]);

const isThere = async (tap: string): Promise<boolean> => (await run(['ip', 'link', 'show', 'dev', tap])).ok;

/** A tap goes with QEMU: where that has ended by itself, nothing is left to set. */
const ifThere = async (tap: string, ...words: readonly string[]): Promise<Result<unknown>> =>
  (await isThere(tap)) ? link(tap, ...words) : ok(null);

/** Done also where it is gone. */
export const tapDown = (tap: string) => ifThere(tap, 'down');

async function runScript(what: string, file: string, tap: string): Promise<Result<null>> {
  const ran = await run([file, tap], { cwd: '/', timeout: PATIENCE });
  if (ran.ok) return ok(null);
  const { detail } = ran.error;
  return fail(
    'SCRIPT_FAILED',
    `The ${what} fails at ${tap}: ${lastWords(ran.error)}`,
    detail === undefined ? {} : { detail },
  );
}

function routed(
  tap: NonNullable<Nic['tap']>,
  { name }: Nic,
  source: Extract<Nic['source'], { type: 'routed' }>,
): Part {
  const steps = compileRouted(tap, source);
  const back = async (done: typeof steps): Promise<Result<null>> => {
    let failed: Result<null> = ok(null);
    // What went with the tap cannot be taken back: only its rules and the proxies elsewhere are left then.
    const there = await isThere(tap);
    for (const { inverse } of done.toReversed()) {
      const undone = inverse === undefined ? ok(null) : await run(inverse);
      if (!undone.ok && there) failed = undone;
    }
    return failed;
  };
  return {
    name: 'routed',
    usual: async () => {
      const closed = notForwarding(source.addresses);
      if (closed !== null)
        return fail(
          'NOT_FORWARDING',
          `NIC ${name} is routed, and this host forwards no IPv${closed}: turn on net.ipv6.conf.all.forwarding first.`,
        );
      for (const [i, { command }] of steps.entries()) {
        const done = await run(command);
        if (done.ok) continue;
        await back(steps.slice(0, i));
        return done;
      }
      return ok(null);
    },
    undo: () => back(steps),
  };
}

/** IPv6 is forwarded by all links or by none; turning it on could take the host's own router from it (`accept_ra`). */
const notForwarding = (addresses: readonly string[]): 6 | null =>
  addresses.some((a) => a.includes(':')) &&
  readIfThere('/proc/sys/net/ipv6/conf/all/forwarding')?.trim() !== '1'
    ? 6
    : null;

/** What hooks are told of a NIC. */
function envOf({ guest, nic, index }: Seat): HookEnv {
  const { mac, tap = '', source, vlan, virtualPort } = nic;
  const [tag] = vlan?.tags ?? [];
  return {
    ...{ INSTANCE: guest, MAC: mac, INTERFACE: tap, INTERFACE_INDEX: String(index), TAGS: '' },
    ...(tag === undefined ? {} : { VLAN: String(tag.id) }),
    ...(source.type === 'bridge'
      ? {
          MODE: virtualPort?.type === 'openvswitch' ? 'openvswitch' : 'bridged',
          ...{ LINK: source.bridge, BRIDGE: source.bridge },
        }
      : source.type === 'routed'
        ? {
            ...{ MODE: 'routed', IP: source.addresses.join(' ') },
            ...(source.device === undefined ? {} : { LINK: source.device }),
          }
        : { MODE: 'ethernet' }),
  };
}

/** All or none, in their order; answers what failed once they were up, by NIC. */
export async function upAll(
  setup: TapSetup,
  seats: readonly Seat[],
): Promise<Result<ReadonlyMap<Nic['name'], string>>> {
  const troubles = new Map<Nic['name'], string>();
  for (const [i, seat] of seats.entries()) {
    const done = await setup.up(seat);
    if (!done.ok) {
      await downAll(setup, seats.slice(0, i));
      return done;
    }
    if (done.value !== null) troubles.set(seat.nic.name, done.value);
  }
  return ok(troubles);
}

/** In reverse; answers what failed. */
export async function downAll(setup: TapSetup, seats: readonly Seat[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const seat of seats.toReversed()) {
    const trouble = await setup.down(seat);
    if (trouble !== null) failed.push(trouble);
  }
  return failed;
}
