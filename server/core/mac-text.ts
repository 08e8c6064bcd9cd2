/*
 * How MAC addresses are written. zod's own check takes whole addresses with one kind of separator; people paste them
 * from switches too, and begin them.
 */

/** Octets of a whole or unfinished address; null when it is written in no usual way. */
export type Octets = readonly number[];

const PAIRS = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*)?[:-]?$/;
const QUADS = /^[0-9a-f]{4}(?:\.[0-9a-f]{4})*(?:\.(?:[0-9a-f]{2})?)?$/;
const BARE = /^(?:[0-9a-f]{2})+$/;

/**
 * Reads `52:54:00`, `52-54-00-12-34-56`, `5254.0012.3456` and `525400123456` in capitals or not; a separator at the end
 * is one that was just typed. At most six octets.
 */
export function octetsOf(text: string): Octets | null {
  const plain = text.trim().toLowerCase();
  if (!PAIRS.test(plain) && !QUADS.test(plain) && !BARE.test(plain)) return null;
  const digits = plain.replace(/[:.-]/g, '');
  const octets = digits.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return octets.length <= 6 ? octets : null;
}

/** Lower case, with colons. */
export const macText = (octets: Octets): string =>
  octets.map((o) => o.toString(16).padStart(2, '0')).join(':');

/** A whole address in one of the usual spellings as it is kept; every other text as it is. */
export function spelledAsKept(text: string): string {
  const octets = octetsOf(text);
  return octets?.length === 6 && !/[:-]$/.test(text) ? macText(octets) : text;
}
