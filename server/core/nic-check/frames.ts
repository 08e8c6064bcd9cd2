import type { MacAddress } from '../ids';

/* Ethernet frames that checks send and look for, byte by byte: their tags, and DHCP (RFC 2131, 2132, 4578). */

const EVERYBODY = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/** IEEE 802: for experiments on one's own network. */
const OURS = 0x88b5;
const TAGGED = 0x8100;
const IPV4 = 0x0800;

const bytesOf = (mac: string): readonly number[] => mac.split(':').map((b) => Number.parseInt(b, 16));
const word = (n: number): readonly number[] => [(n >> 8) & 255, n & 255];
const long = (n: number): readonly number[] => [...word(n >>> 16), ...word(n & 0xffff)];

/** A broadcast that nobody acts upon, with this text in it; `vid`: tagged by its sender. At least 60 bytes. */
export function broadcastFrame(mac: MacAddress, text: string, vid?: number): Uint8Array {
  const frame = [
    ...EVERYBODY,
    ...bytesOf(mac),
    ...(vid === undefined ? [] : [...word(TAGGED), ...word(vid)]),
    ...word(OURS),
    ...new TextEncoder().encode(text),
  ];
  return Uint8Array.from([...frame, ...Array<number>(Math.max(0, 60 - frame.length)).fill(0)]);
}

/** Is it the broadcast with this text? The kernel takes a tag out of the frame where it says it aside. */
export function isBroadcast(frame: Uint8Array, text: string): boolean {
  const at = wordAt(frame, 12) === TAGGED ? 16 : 12;
  if (wordAt(frame, at) !== OURS) return false;
  const words = new TextEncoder().encode(text);
  return words.every((byte, i) => frame[at + 2 + i] === byte);
}

const wordAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const CLIENT = 68;
const SERVER = 67;
const COOKIE = [99, 130, 83, 99];
const OPTION = {
  mask: 1,
  router: 3,
  dns: 6,
  lease: 51,
  type: 53,
  server: 54,
  wanted: 55,
  vendor: 60,
  tftp: 66,
  file: 67,
  arch: 93,
  interface: 94,
} as const;
const DISCOVER = 1;
const OFFER = 2;

/** Asks all DHCP servers for offers, to be answered to everybody. `pxe`: as the ROM of a PC's NIC asks. */
export function discoverFrame(mac: MacAddress, xid: number, pxe = false): Uint8Array {
  const option = (code: number, ...value: readonly number[]) => [code, value.length, ...value];
  const text = (s: string) => [...new TextEncoder().encode(s)];
  const bootp = [
    ...[1, 1, 6, 0, ...long(xid), ...word(0), ...word(0x8000)],
    ...Array<number>(16).fill(0),
    ...[...bytesOf(mac), ...Array<number>(10).fill(0)],
    ...Array<number>(64 + 128).fill(0),
    ...COOKIE,
    ...option(OPTION.type, DISCOVER),
    ...option(OPTION.wanted, OPTION.mask, OPTION.router, OPTION.dns, OPTION.lease, OPTION.tftp, OPTION.file),
    ...(pxe
      ? [
          ...option(OPTION.vendor, ...text('PXEClient:Arch:00000:UNDI:002001')),
          ...option(OPTION.arch, 0, 0),
          ...option(OPTION.interface, 1, 2, 1),
        ]
      : []),
    255,
  ];
  const udp = [...word(CLIENT), ...word(SERVER), ...word(8 + bootp.length), ...word(0), ...bootp];
  const header = [
    ...[0x45, 0, ...word(20 + udp.length), 0, 0, 0, 0, 64, 17, 0, 0],
    ...[0, 0, 0, 0, 255, 255, 255, 255],
  ];
  const sum = checksum(header);
  header[10] = sum >> 8;
  header[11] = sum & 255;
  return Uint8Array.from([...EVERYBODY, ...bytesOf(mac), ...word(IPV4), ...header, ...udp]);
}

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** What a DHCP server offers. `lease` in seconds. */
export type Offer = {
  readonly server: string;
  readonly serverMac: string;
  readonly address: string;
  readonly router: string | null;
  readonly lease: number | null;
  /** Where and what to boot. */
  readonly bootServer: string | null;
  readonly bootFile: string | null;
};

/** Null for frames that are no offer to this question. */
export function parseOffer(frame: Uint8Array, xid: number): Offer | null {
  const ip = 14;
  if (wordAt(frame, 12) !== IPV4 || frame[ip + 9] !== 17) return null;
  const udp = ip + 4 * ((frame[ip] ?? 0) & 15);
  if (wordAt(frame, udp) !== SERVER || wordAt(frame, udp + 2) !== CLIENT) return null;
  const bootp = udp + 8;
  if (frame[bootp] !== 2 || ((wordAt(frame, bootp + 4) << 16) | wordAt(frame, bootp + 6)) >>> 0 !== xid)
    return null;
  const options = optionsOf(frame, bootp + 236);
  if (options === null || options.get(OPTION.type)?.[0] !== OFFER) return null;
  const address = (bytes: Uint8Array | undefined) =>
    bytes === undefined || bytes.length < 4 ? null : [...bytes.slice(0, 4)].join('.');
  const at = (offset: number) => address(frame.slice(bootp + offset, bootp + offset + 4));
  const said = (bytes: Uint8Array | undefined) => plain(bytes ?? new Uint8Array());
  const next = at(20);
  const lease = options.get(OPTION.lease);
  return {
    server: address(options.get(OPTION.server)) ?? at(20) ?? '',
    serverMac: [...frame.slice(6, 12)].map((b) => b.toString(16).padStart(2, '0')).join(':'),
    address: at(16) ?? '',
    router: address(options.get(OPTION.router)),
    lease: lease === undefined ? null : new DataView(lease.slice().buffer).getUint32(0),
    bootServer: said(options.get(OPTION.tftp)) ?? (next === '0.0.0.0' ? null : next),
    bootFile: said(options.get(OPTION.file)) ?? said(frame.slice(bootp + 108, bootp + 236)),
  };
}

/** Text up to its null byte, without what could move a cursor; null where there is none. */
function plain(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  const text = new TextDecoder('latin1').decode(end < 0 ? bytes : bytes.slice(0, end));
  const kept = text.replace(/[^\x20-\x7e]/g, '?');
  return kept === '' ? null : kept;
}

function optionsOf(frame: Uint8Array, at: number): ReadonlyMap<number, Uint8Array> | null {
  if (!COOKIE.every((byte, i) => frame[at + i] === byte)) return null;
  const found = new Map<number, Uint8Array>();
  for (let i = at + 4; i < frame.length && frame[i] !== 255; ) {
    const code = frame[i] ?? 255;
    if (code === 0) {
      i += 1;
      continue;
    }
    const length = frame[i + 1] ?? 0;
    if (i + 2 + length > frame.length) return null;
    if (!found.has(code)) found.set(code, frame.slice(i + 2, i + 2 + length));
    i += 2 + length;
  }
  return found;
}
