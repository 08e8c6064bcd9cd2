import { largestPacket, mtuOnTheWay } from '@/server/core/nic-check/largest';
import type { Evidence, NicCheck } from '@/server/core/nic-check/request';
import { fail, type Result } from '@/server/core/result';
import { addressOf } from '../guest-ping';
import { type CheckPlace, type Found, found, guestOf, inGuest, nicInside } from './place';

/** Pings that may not be cut into fragments, larger and smaller, until the largest that is answered is found. */
export async function checkJumbo(
  { from, to }: Extract<NicCheck, { check: 'jumbo' }>,
  place: CheckPlace,
): Promise<Result<Found>> {
  const guest = guestOf(place, from);
  if (!guest.ok) return guest;
  const address = await addressOf(to, place.pingable);
  if (!address.ok) return address;
  const iputils = await inGuest(from, ['ping', '-V']);
  if (!iputils.ran.ok || !iputils.evidence.output.includes('iputils'))
    return fail('NO_PING', 'This check takes the ping of iputils (apt-get install iputils-ping).');
  const observed = await place.observe();
  const nic = nicInside(observed, from);
  if (!nic.ok) return nic;
  // Headers of IP and ICMP.
  const headers = address.value.includes(':') ? 48 : 28;
  const evidence: Evidence[] = [];
  const passes = async (size: number): Promise<boolean> => {
    place.say(`a packet of ${size} bytes`);
    const argv = [
      'ping',
      '-n',
      '-c',
      '1',
      '-W',
      '1',
      '-M',
      'do',
      '-s',
      String(size - headers),
      address.value,
    ];
    const { ran, evidence: one } = await inGuest(from, argv);
    evidence.push(one);
    return ran.ok;
  };
  const peer = place.guests.find((g) => g.name === to);
  const way = mtuOnTheWay(observed, guest.value, peer);
  const largest = await largestPacket({ most: nic.value.mtu, guess: way.least, least: headers }, passes);
  const details = way.devices.map((d) => `${d.name}: MTU ${d.mtu}`);
  const kept = evidence.slice(-4);
  if (largest === null)
    return found('fault', `${to} does not answer ${from} at all: not even the smallest packet comes back.`, {
      details,
      evidence: kept,
    });
  if (largest < way.least)
    return found(
      'fault',
      `Packets of more than ${largest} bytes do not get from ${from} to ${to} whole, though every device that is known on the way takes ${way.least}.`,
      { details, evidence: kept },
    );
  return found(
    'ok',
    `Packets of up to ${largest} bytes get from ${from} to ${to} whole: the MTU on the way.`,
    {
      details,
      evidence: kept,
    },
  );
}
