import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { GuestName } from '@/server/core/ids';
import type { MicroGuest } from '@/server/core/kinds/micro-guest';
import { fail, ok, type Result } from '@/server/core/result';
import type { ProcessRef } from '../processes';
import { accelerator, startMachine, stopMachine, withMonitor } from './machine';
import type { MachinePlace } from './place';
import type { Qmp } from './qmp';
import { bringUp, seatsOf } from './tap-life';

/*
 * A guest moves from one QEMU to another while it runs. Its taps are opened at both ends and set up at one: where it
 * runs. Otherwise its routes and its MAC address would be in two places, and packets would go to where it is not yet.
 */

/** Milliseconds. */
const PATIENCE = 600_000;

const Migration = z.object({ status: z.string().optional(), 'error-desc': z.string().optional() });
const Running = z.object({ status: z.string() });

export type Arrival = {
  readonly process: ProcessRef;
  /** Once it runs here and its taps are set up: what failed after they were up. */
  readonly arrived: Promise<Result<readonly string[]>>;
};

/**
 * Starts a QEMU that waits for this guest at this socket; until it has come, its taps are in nothing and down. Failures:
 * those of starting; of arriving NOT_ARRIVED: nothing runs here then; and those of the taps' set-up: then it runs here, as it
 * runs nowhere else any more, and has no network.
 */
export async function receiveMachine(
  place: MachinePlace,
  guest: MicroGuest,
  socket: string,
): Promise<Result<Arrival>> {
  const started = await startMachine(place, guest, 'arriving');
  if (!started.ok) return started;
  const process = started.value;
  let listening = (_: Result<null>) => {};
  const listens = new Promise<Result<null>>((resolve) => {
    listening = resolve;
  });
  const arrived = withMonitor(place, guest.name, async (qmp) => {
    const complete = qmp.event((e) => e.event === 'MIGRATION' && e.data?.status === 'completed', PATIENCE);
    const capabilities = [{ capability: 'events', state: true }];
    const told = await qmp.execute('migrate-set-capabilities', { capabilities });
    const waits = told.ok ? await qmp.execute('migrate-incoming', { uri: `unix:${socket}` }) : told;
    listening(waits.ok ? ok(null) : waits);
    const came = waits.ok ? await complete : waits;
    // One that was paused for the journey is so here too.
    const here = came.ok ? await qmp.execute('cont') : came;
    if (!here.ok) return fail('NOT_ARRIVED', `Guest ${guest.name} has not arrived: ${here.error.message}`);
    return settle({ place, guest, process, qmp });
  }).then(async (result) => {
    listening(result.ok ? ok(null) : result);
    if (!result.ok && result.error.code === 'NOT_ARRIVED') await stopMachine(place, guest.name);
    return result;
  });
  const ready = await listens;
  return ready.ok ? ok({ process, arrived }) : ready;
}

type Arrived = {
  readonly place: MachinePlace;
  readonly guest: MicroGuest;
  readonly process: ProcessRef;
  readonly qmp: Qmp;
};

async function settle({ place, guest, process, qmp }: Arrived): Promise<Result<readonly string[]>> {
  const up = await bringUp(place, { guest: guest.name, process, seats: seatsOf(guest) });
  if (!up.ok) return up;
  // Switches learn where it is now; those before the tap was up went nowhere.
  const told = await qmp.execute('announce-self', { initial: 50, max: 550, rounds: 5, step: 50 });
  return told.ok ? ok([...up.value.values()]) : told;
}

export type Sending = {
  readonly guest: GuestName;
  readonly socket: string;
  /** Bytes a second; absent: as QEMU has it. */
  readonly most?: number;
};

/**
 * Sends a guest to the QEMU that listens at this socket; once it runs there, its taps here are taken down, and its
 * process ends. Where that fails it goes on here. Answers what failed of the taps. Failures: GUEST_GONE, QMP_*,
 * NOT_MOVED, GUEST_NOT_ENDED.
 */
export async function sendMachine(
  place: MachinePlace,
  { guest, socket, most }: Sending,
): Promise<Result<string | null>> {
  const moved = await withMonitor(place, guest, async (qmp) => {
    const limited =
      most === undefined ? ok(null) : await qmp.execute('migrate-set-parameters', { 'max-bandwidth': most });
    if (!limited.ok) return limited;
    // What an emulated processor writes while QEMU 7.2 copies its memory may be lost: its queues were seen to disagree.
    const still = accelerator() === 'tcg' ? await qmp.execute('stop') : ok(null);
    if (!still.ok) return still;
    const begun = await qmp.execute('migrate', { uri: `unix:${socket}` });
    return ended(qmp, guest, begun);
  });
  return moved.ok ? stopMachine(place, guest) : moved;
}

async function ended(qmp: Qmp, guest: GuestName, begun: Result<unknown>): Promise<Result<null>> {
  let why = begun.ok ? 'it takes too long' : begun.error.message;
  for (const end = performance.now() + PATIENCE; begun.ok && performance.now() < end; await pause(20)) {
    const asked = await qmp.execute('query-migrate');
    if (!asked.ok) return asked;
    const { status, 'error-desc': said } = Migration.parse(asked.value);
    if (status === 'completed') return ok(null);
    if (status !== 'failed' && status !== 'cancelled') continue;
    why = said ?? status;
    break;
  }
  await qmp.execute('migrate_cancel');
  const now = await qmp.execute('query-status');
  // What had stopped for its last pages goes on here.
  if (now.ok && Running.safeParse(now.value).data?.status !== 'running') await qmp.execute('cont');
  return fail('NOT_MOVED', `Guest ${guest} could not be moved, and goes on here: ${why}.`);
}
