import { type Fact, items, type Lease, type Neighbour, type Observed } from './observed';

/*
 * Which addresses a MAC address is known to have, where each is from, and whether the host's own neighbours bear it out:
 * what somebody was given long ago somebody else may have by now.
 */

/** What the host's neighbours say of an address. */
type Proof =
  /** It answered; `now`: within the kernel's reachable time, about half a minute. */
  | { readonly is: 'answers'; readonly device: string; readonly now: boolean }
  /** Somebody else did. */
  | { readonly is: 'other'; readonly device: string; readonly mac: string }
  /** Asked for in vain. */
  | { readonly is: 'silent'; readonly device: string }
  /** The host has not talked to it. */
  | { readonly is: 'unasked' }
  | { readonly is: 'unknown'; readonly why: string };

export type KnownAddress = {
  readonly address: string;
  /** Null: seen among the neighbours alone. */
  readonly lease: Lease | null;
  readonly proof: Proof;
};

const IN_VAIN = ['FAILED', 'INCOMPLETE'];
const LATELY = ['REACHABLE', 'DELAY', 'PROBE', 'PERMANENT'];
const same = (a: string | null, b: string | null) => a !== null && a.toLowerCase() === b?.toLowerCase();
const isLinkLocal = (address: string) => /^fe[89ab]/i.test(address);

/** Of these MAC addresses together; leases first, then what only neighbours tell. Link-local ones are left out. */
export function knownAddresses(
  { leases, neighbours }: Pick<Observed, 'leases' | 'neighbours'>,
  macs: readonly string[],
): readonly KnownAddress[] {
  const own = (mac: string | null) => macs.some((m) => same(m, mac));
  const given = items(leases).filter((l) => own(l.mac));
  const met = items(neighbours).filter(
    (n) =>
      own(n.mac) &&
      !isLinkLocal(n.address) &&
      !n.state.some((s) => IN_VAIN.includes(s)) &&
      !given.some((l) => l.address === n.address),
  );
  return [
    ...given.map((lease) => ({
      ...{ address: lease.address, lease },
      proof: proofOf(neighbours, lease.address, lease.mac),
    })),
    ...[...new Map(met.map((n) => [n.address, n])).values()].map(({ address, mac }) => ({
      ...{ address, lease: null },
      proof: proofOf(neighbours, address, mac),
    })),
  ];
}

function proofOf(neighbours: Fact<Neighbour>, address: string, mac: string | null): Proof {
  if (!neighbours.known) return { is: 'unknown', why: neighbours.why };
  const asked = items(neighbours).filter((n) => n.address === address);
  const answered = asked.filter((n) => n.mac !== null && !n.state.some((s) => IN_VAIN.includes(s)));
  const own = answered.find((n) => same(n.mac, mac));
  if (own !== undefined)
    return { is: 'answers', device: own.device, now: own.state.some((s) => LATELY.includes(s)) };
  const [other] = answered;
  if (other?.mac != null) return { is: 'other', device: other.device, mac: other.mac };
  const [silent] = asked;
  return silent === undefined ? { is: 'unasked' } : { is: 'silent', device: silent.device };
}

/** One line for people: "lease of demo as web; it answers on virbr1". */
export function addressText({ lease, proof }: KnownAddress): string {
  const from =
    lease === null
      ? 'no lease'
      : `lease of ${lease.network}${lease.hostname === null ? '' : ` as ${lease.hostname}`}`;
  return `${from}; ${proofText(proof)}`;
}

function proofText(proof: Proof): string {
  switch (proof.is) {
    case 'answers':
      return proof.now ? `it answers on ${proof.device}` : `it has answered on ${proof.device} before`;
    case 'other':
      return `but ${proof.mac} answers for it on ${proof.device}`;
    case 'silent':
      return `but nobody answers for it on ${proof.device}`;
    case 'unasked':
      return 'the host has not talked to it yet';
    case 'unknown':
      return `whether it answers is not known: ${proof.why}`;
  }
}
