import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { broadcastFrame, isBroadcast } from '@/server/core/nic-check/frames';
import { whoHears } from '@/server/core/nic-check/hearing';
import type { NicCheck } from '@/server/core/nic-check/request';
import { fail, type Result } from '@/server/core/result';
import { type FrameSocket, openFrameSocket } from './frame-socket';
import { type CheckPlace, type Found, found, guestOf, nicInside } from './place';

/** Milliseconds that a frame may take through switches of one host. */
const PATIENCE = 1_000;
const FRAMES = 3;

/** A broadcast with this guest's MAC address: every other guest listens, and who heard it is held against who should. */
export async function checkBroadcast(
  { from, vid }: Extract<NicCheck, { check: 'vlan' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  const sender = guestOf(place, from);
  if (!sender.ok) return sender;
  const observed = await place.observe();
  const hearing = whoHears(observed, sender.value.port, vid);
  if (!hearing.known) return fail('NOT_PLUGGED', `Guest ${from} cannot be heard: ${hearing.why}`);
  const others = place.guests.filter((g) => g.name !== from);
  if (others.length === 0)
    return fail('NOBODY_THERE', 'Nobody else is in this lab who could hear it: make another guest first.');
  const open = (guest: string): Result<FrameSocket> => {
    const nic = nicInside(observed, guest);
    return nic.ok ? openFrameSocket(guest, nic.value.index) : nic;
  };
  const own = open(from);
  if (!own.ok) return own;
  const listeners = others.map((guest) => ({ guest, socket: open(guest.name), heard: false }));
  const listening = listeners.flatMap((l) => (l.socket.ok ? [{ ...l, socket: l.socket.value }] : []));
  const deaf = listeners.filter((l) => !l.socket.ok).map((l) => l.guest.name);
  const heard = new Set<string>();
  try {
    const text = `patchbay ${randomBytes(8).toString('hex')}`;
    place.say(`${from} sends, ${listening.length} others listen`);
    for (let n = 0; n < FRAMES; n += 1) {
      const sent = own.value.send(broadcastFrame(sender.value.mac, text, vid));
      if (!sent.ok) return sent;
      for (const end = performance.now() + PATIENCE / FRAMES; performance.now() < end; await pause(20))
        for (const { guest, socket } of listening)
          if (socket.read().some((frame) => isBroadcast(frame, text))) heard.add(guest.name);
    }
  } finally {
    for (const socket of [own.value, ...listening.map((l) => l.socket)]) socket.close();
  }
  const should = new Set(others.filter((g) => hearing.ports.includes(g.port)).map((g) => g.name));
  const names = listening.map((l) => l.guest.name);
  const missing = names.filter((name) => should.has(name) && !heard.has(name));
  const leaked = names.filter((name) => !should.has(name) && heard.has(name));
  const what = `${vid === undefined ? 'Untagged broadcasts' : `Broadcasts tagged ${vid}`} of ${from}`;
  const inVlan = hearing.vlan === null ? '' : ` (VLAN ${hearing.vlan})`;
  const details = [
    ...names.map((name) => `${name}: ${heard.has(name) ? 'hears it' : 'does not hear it'}`),
    ...deaf.map((name) => `${name}: unknown, its NIC cannot be seen`),
  ];
  const evidence = [
    {
      command: `bridge vlan show; ovs-vsctl show  # ${hearing.switch}`,
      output: `in force: ${hearing.ports.join(', ') || 'no port'} should send it on`,
    },
  ];
  const list = (all: readonly string[]) => all.join(', ');
  if (missing.length > 0)
    return found(
      'fault',
      `${what}${inVlan} do not arrive at ${list(missing)}, which ${missing.length === 1 ? 'is' : 'are'} in the same segment.`,
      { details, evidence },
    );
  if (leaked.length > 0)
    return found('fault', `${what}${inVlan} arrive at ${list(leaked)}, where they should not.`, {
      details,
      evidence,
    });
  return found(
    'ok',
    heard.size === 0
      ? `${what}${inVlan} arrive nowhere, as it should be: nobody else is in this segment.`
      : `${what}${inVlan} arrive at ${list([...heard])} and nowhere else, as it should be.`,
    { details, evidence },
  );
}
