import { type Block, blockOf, blockText, toAddress, toNumber } from './ip';
import type { Subnet } from './kinds/subnet';

/** A stretch of addresses of one kind, both ends included. */
export type PlanPiece = {
  readonly kind: 'network' | 'gateway' | 'range' | 'free' | 'broadcast';
  readonly start: string;
  readonly end: string;
  readonly count: bigint;
  /** Share of the bar, 0 to 1; all together are 1. */
  readonly share: number;
};
/** One address, and where on the bar it is, 0 to 1. */
export type PlanMark = {
  readonly kind: 'reservation' | 'lease';
  readonly address: string;
  readonly at: number;
  /** Whose it is: a name or a MAC. */
  readonly whose: string | null;
};
export type AddressPlan = {
  /** `192.168.100.0/24` */
  readonly block: string;
  readonly pieces: readonly PlanPiece[];
  readonly marks: readonly PlanMark[];
  /** False: so many addresses that the shares are those of their logarithms. */
  readonly toScale: boolean;
  readonly counts: {
    /** That a guest could have. */
    readonly usable: bigint;
    readonly ranges: bigint;
    readonly reserved: number;
    readonly leased: number;
    /** In no range, and not reserved: for guests with addresses of their own. */
    readonly free: bigint;
  };
};

type Given = Pick<Subnet, 'address' | 'prefix' | 'dhcp'>;
type Leased = { readonly address: string; readonly hostname: string | null; readonly mac: string | null };

/** More than these are not drawn to scale: a range of a /64 would be nothing. */
const TO_SCALE = 4096n;

/** How the addresses of a subnet are divided; null where the subnet makes no sense. */
export function addressPlan({ address, prefix, dhcp }: Given, leases: readonly Leased[]): AddressPlan | null {
  const block = blockOf(address, prefix);
  const gateway = toNumber(address);
  if (block === null || gateway === null) return null;
  const within = (text: string) => {
    const n = toNumber(text);
    return n !== null && n >= block.first && n <= block.last ? n : null;
  };
  const ranges = (dhcp?.ranges ?? []).flatMap(({ start, end }) => {
    const [from, to] = [within(start), within(end)];
    return from === null || to === null || from > to ? [] : [{ from, to }];
  });
  const size = block.last - block.first + 1n;
  const toScale = size <= TO_SCALE;
  const stretches = divide(block, gateway, ranges);
  const weight = (n: bigint) => (toScale ? Number(n) : Math.log2(Number(n) + 1));
  const whole = stretches.reduce((sum, s) => sum + weight(s.to - s.from + 1n), 0);
  const text = (n: bigint) => toAddress(n, block.family);
  let before = 0;
  const placed = stretches.map((s) => {
    const count = s.to - s.from + 1n;
    const share = weight(count) / whole;
    const at = before;
    before += share;
    return { ...s, count, share, at };
  });
  const position = (n: bigint) => {
    const piece = placed.find((p) => n >= p.from && n <= p.to);
    if (piece === undefined) return 0;
    return piece.at + (piece.share * (Number(n - piece.from) + 0.5)) / Number(piece.count);
  };
  const reserved = (dhcp?.hosts ?? []).flatMap((h) => {
    const n = within(h.ip);
    return n === null ? [] : [{ n, whose: h.name ?? h.mac ?? h.duid ?? null }];
  });
  const leased = leases.flatMap((l) => {
    const n = within(l.address);
    return n === null ? [] : [{ n, whose: l.hostname ?? l.mac }];
  });
  const counted = (kind: PlanPiece['kind']) =>
    placed.reduce((sum, p) => (p.kind === kind ? sum + p.count : sum), 0n);
  const outside = reserved.filter(({ n }) =>
    placed.some((p) => p.kind === 'free' && n >= p.from && n <= p.to),
  );
  const mark =
    (kind: PlanMark['kind']) =>
    ({ n, whose }: { readonly n: bigint; readonly whose: string | null }): PlanMark => ({
      ...{ kind, address: text(n), at: position(n), whose },
    });
  return {
    block: blockText(block),
    pieces: placed.map(({ kind, from, to, count, share }) => ({
      ...{ kind, start: text(from), end: text(to), count, share },
    })),
    marks: [...reserved.map(mark('reservation')), ...leased.map(mark('lease'))],
    toScale,
    counts: {
      usable: counted('range') + counted('free'),
      ranges: counted('range'),
      reserved: reserved.length,
      leased: leased.length,
      free: counted('free') - BigInt(outside.length),
    },
  };
}

type Stretch = { readonly kind: PlanPiece['kind']; readonly from: bigint; readonly to: bigint };

/** Every address of the block in one stretch; what comes first here wins where two would have it. */
function divide(
  block: Block,
  gateway: bigint,
  ranges: readonly { from: bigint; to: bigint }[],
): readonly Stretch[] {
  const special = block.family === 4 && block.prefix < 31;
  const wanted: readonly Stretch[] = [
    { kind: 'gateway', from: gateway, to: gateway },
    ...(special || block.family === 6
      ? [{ kind: 'network' as const, from: block.first, to: block.first }]
      : []),
    ...(special ? [{ kind: 'broadcast' as const, from: block.last, to: block.last }] : []),
    ...ranges.map((r) => ({ kind: 'range' as const, ...r })),
  ];
  const cuts = [
    ...new Set([block.first, block.last + 1n, ...wanted.flatMap((w) => [w.from, w.to + 1n])]),
  ].sort((a, b) => (a < b ? -1 : 1));
  const found: Stretch[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [from, next] = [cuts[i], cuts[i + 1]];
    if (from === undefined || next === undefined) break;
    const kind = wanted.find((w) => from >= w.from && from <= w.to)?.kind ?? 'free';
    const last = found.at(-1);
    if (last?.kind === kind) found[found.length - 1] = { ...last, to: next - 1n };
    else found.push({ kind, from, to: next - 1n });
  }
  return found;
}
