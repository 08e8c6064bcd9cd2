import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MacAddress } from '../ids';
import { broadcastFrame, discoverFrame, isBroadcast, parseOffer } from './frames';

const mac = MacAddress.parse('52:54:00:12:34:56');

/** An offer as a server sends it to everybody, after Ethernet’s header. */
const offer = (xid: number, more: readonly number[] = []) => {
  const bootp = new Uint8Array(240);
  bootp.set([2, 1, 6, 0, xid >>> 24, (xid >>> 16) & 255, (xid >>> 8) & 255, xid & 255]);
  bootp.set([192, 168, 122, 57], 16);
  bootp.set([192, 168, 122, 1], 20);
  bootp.set(new TextEncoder().encode('pxelinux.0'), 108);
  bootp.set([99, 130, 83, 99], 236);
  const options = [
    53,
    1,
    2,
    54,
    4,
    192,
    168,
    122,
    1,
    51,
    4,
    0,
    0,
    14,
    16,
    3,
    4,
    192,
    168,
    122,
    1,
    ...more,
    255,
  ];
  const udp = [0, 67, 0, 68, 0, 0, 0, 0];
  const ip = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 122, 1, 255, 255, 255, 255];
  const ethernet = [255, 255, 255, 255, 255, 255, 82, 84, 0, 171, 205, 239, 8, 0];
  return Uint8Array.from([...ethernet, ...ip, ...udp, ...bootp, ...options]);
};

test('an offer is read, with what it boots', () => {
  expect(parseOffer(offer(0xdead_beef), 0xdead_beef)).toEqual({
    ...{ server: '192.168.122.1', serverMac: '52:54:00:ab:cd:ef', address: '192.168.122.57' },
    ...{ router: '192.168.122.1', lease: 3600, bootServer: '192.168.122.1', bootFile: 'pxelinux.0' },
  });
});

test('a boot server and a file that are options come first; nothing in them can move a cursor', () => {
  const more = [66, 4, 98, 111, 111, 116, 67, 5, 97, 27, 91, 74, 98];
  expect(parseOffer(offer(1, more), 1)).toMatchObject({ bootServer: 'boot', bootFile: 'a?[Jb' });
});

test('answers to others, our own question and torn frames are no offers', () => {
  expect(parseOffer(offer(1), 2)).toBeNull();
  expect(parseOffer(discoverFrame(mac, 1), 1)).toBeNull();
  expect(parseOffer(offer(1, [66, 200, 1]), 1)).toBeNull();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (frame) => parseOffer(frame, 1) === null));
});

test('a question is a packet that adds up', () => {
  const frame = discoverFrame(mac, 7, true);
  const header = frame.slice(14, 34);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ((header[i] ?? 0) << 8) | (header[i + 1] ?? 0);
  expect(((sum & 0xffff) + (sum >> 16)) & 0xffff).toBe(0xffff);
  expect(((header[2] ?? 0) << 8) | (header[3] ?? 0)).toBe(frame.length - 14);
  expect(new TextDecoder('latin1').decode(frame)).toContain('PXEClient');
});

test('a broadcast is known by its text, tagged or not', () => {
  for (const vid of [undefined, 20]) {
    const frame = broadcastFrame(mac, 'one', vid);
    expect(frame.length).toBe(60);
    expect([isBroadcast(frame, 'one'), isBroadcast(frame, 'two')]).toEqual([true, false]);
  }
});
