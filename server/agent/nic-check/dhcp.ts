import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { discoverFrame, type Offer, parseOffer } from '@/server/core/nic-check/frames';
import type { NicCheck } from '@/server/core/nic-check/request';
import type { Result } from '@/server/core/result';
import { openFrameSocket } from './frame-socket';
import { type CheckPlace, type Found, found, guestOf, nicInside } from './place';

/** Milliseconds; dnsmasq pings an address for up to 3 s before it offers it to somebody new. */
const PATIENCE = 4_500;
const AGAIN = 1_500;

/** Asks for offers as this guest's NIC would and takes none: nothing changes for the guest. */
export async function checkDhcp(
  { check, from }: Extract<NicCheck, { check: 'dhcp' | 'pxe' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  const guest = guestOf(place, from);
  if (!guest.ok) return guest;
  const nic = nicInside(await place.observe(), from);
  if (!nic.ok) return nic;
  const socket = openFrameSocket(from, nic.value.index);
  if (!socket.ok) return socket;
  const offers = new Map<string, Offer>();
  try {
    const xid = randomInt(2 ** 32);
    const question = discoverFrame(guest.value.mac, xid, check === 'pxe');
    place.say(`${from} asks, and waits for offers`);
    const begun = performance.now();
    for (let asked = 0; performance.now() - begun < PATIENCE; await pause(20)) {
      if (performance.now() - begun >= asked * AGAIN && asked < PATIENCE / AGAIN) {
        asked += 1;
        const sent = socket.value.send(question);
        if (!sent.ok) return sent;
      }
      for (const frame of socket.value.read()) {
        const offer = parseOffer(frame, xid);
        if (offer !== null) offers.set(`${offer.server} ${offer.serverMac}`, offer);
      }
    }
  } finally {
    socket.value.close();
  }
  const all = [...offers.values()];
  return check === 'pxe' ? bootsFrom(from, all) : addressesFrom(from, all);
}

const text = ({ server, serverMac, address, router, lease, bootServer, bootFile }: Offer): string =>
  [
    `${server} (${serverMac}) offers ${address}`,
    lease === null ? '' : `for ${lease === 0xffff_ffff ? 'ever' : `${lease} s`}`,
    router === null ? 'no router' : `router ${router}`,
    bootFile === null ? '' : `boot file ${bootFile}${bootServer === null ? '' : ` from ${bootServer}`}`,
  ]
    .filter((part) => part !== '')
    .join(', ');

function addressesFrom(from: string, offers: readonly Offer[]): Result<Found> {
  const details = offers.map(text);
  const [first] = offers;
  if (first === undefined)
    return found(
      'fault',
      `Nobody offers ${from} an address: no DHCP server hears it, or its network has none.`,
    );
  if (offers.length > 1)
    return found(
      'fault',
      `${offers.length} DHCP servers offer ${from} an address: ${offers.map((o) => o.server).join(' and ')}. Which one it takes is chance.`,
      { details },
    );
  return found('ok', `${first.server} offers ${from} the address ${first.address}.`, { details });
}

function bootsFrom(from: string, offers: readonly Offer[]): Result<Found> {
  const details = offers.map(text);
  const boots = offers.find((o) => o.bootFile !== null);
  if (boots !== undefined)
    return found(
      'ok',
      `${boots.server} offers ${from} ${boots.bootFile} to boot${boots.bootServer === null ? '' : ` from ${boots.bootServer}`}.`,
      { details },
    );
  return found(
    'fault',
    offers.length === 0
      ? `Nobody offers ${from} anything: no DHCP server hears it, or its network has none.`
      : `${from} is offered an address, but nothing to boot: its network says no boot file.`,
    { details },
  );
}
