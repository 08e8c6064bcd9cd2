import type { Desired } from './change';
import { compileLimits, REDIRECT } from './compile/limits';
import { compilePorts } from './compile/ports';
import { isForeign, type LimitState, limitStateOf, sameReceived, sameSent } from './limit-state';
import { amountWords, type KernelLimit, type LimitAmount, type LimitTruth, type LimitWay } from './limited';
import type { Observed } from './observed';
import { type Limited, limitedDevices, wantedLimits } from './plan-limits';

/* What is kept of the limits of a device, what the kernel has, and how they differ. */

type Kept = {
  readonly desired: Desired;
  /** A change is being applied, or waits: nothing is where it shall be. */
  readonly moving: boolean;
};

/** By device: of all that are limited, or should be. */
export function limitTruths(observed: Observed, kept: Kept): ReadonlyMap<string, LimitTruth> {
  const goal = { limits: compileLimits(kept.desired), ports: compilePorts(kept.desired) };
  const ours = new Map(
    limitedDevices({ observed, goal, formerly: [goal] }).map((l) => [l.device, l] as const),
  );
  const there = observed.limits.known ? Object.keys(observed.limits.value) : [];
  const truths = [...new Set([...ours.keys(), ...there])].flatMap((device) => {
    if (device.startsWith(REDIRECT)) return [];
    const truth = truthOf(observed, device, { limited: ours.get(device), moving: kept.moving });
    return truth.inbound === null && truth.outbound === null ? [] : [[device, truth] as const];
  });
  return new Map(truths);
}

type Ours = { readonly limited: Limited | undefined; readonly moving: boolean };

function truthOf(observed: Observed, device: string, { limited, moving }: Ours): LimitTruth {
  const is = limitStateOf(observed, device);
  const want = limited && wantedLimits(observed, limited);
  const unread = [observed.limits, observed.qdiscs].find((fact) => !fact.known);
  const way = (which: 'sent' | 'received', same: boolean): LimitWay | null => {
    const configured = amountOf(want?.[which] ?? null);
    const kernel: KernelLimit =
      unread?.known === false ? { is: 'unknown', why: unread.why } : kernelOf(is[which]);
    // What somebody else set where nothing of ours is, is theirs.
    if (configured === null && kernel.is !== 'limit') return null;
    const told = !moving && !same && kernel.is !== 'unknown';
    return {
      configured,
      kernel,
      drift: told ? driftWords(device, which, { configured, kernel }) : null,
      full: false,
    };
  };
  return {
    ...{ device, network: limited?.network ?? null },
    inbound: way('sent', want === undefined || sameSent(want.sent, is.sent)),
    outbound: way('received', want === undefined || sameReceived(want.received, is.received)),
  };
}

function amountOf(state: LimitState['sent' | 'received']): LimitAmount | null {
  if (state === null || isForeign(state)) return null;
  const peak = 'ceil' in state && state.ceil > state.rate ? state.ceil * 8 : null;
  return { rate: state.rate * 8, peak, burst: state.burst };
}

function kernelOf(state: LimitState['sent' | 'received']): KernelLimit {
  if (state === null) return { is: 'none' };
  if (isForeign(state)) return { is: 'foreign', kind: state.foreign };
  const { rate, peak, burst } = amountOf(state) ?? { rate: 0, peak: null, burst: null };
  return { is: 'limit', by: 'by' in state ? state.by : 'htb', rate, peak, burst };
}

const WAYS = { sent: 'Towards the guest', received: 'From the guest' } as const;

function driftWords(
  device: string,
  which: 'sent' | 'received',
  { configured, kernel }: Pick<LimitWay, 'configured' | 'kernel'>,
): string {
  const way = WAYS[which];
  const shall = configured === null ? 'no limit is configured' : `${amountWords(configured)} is configured`;
  switch (kernel.is) {
    case 'none':
      return `${way} ${shall}, but the kernel has no limit on ${device}: it was taken away.`;
    case 'foreign':
      return `${way} ${shall}, but somebody else has set how ${device} queues packets (${kernel.kind}). \`tc qdisc del dev ${device} ${which === 'sent' ? 'root' : 'ingress'}\` takes that away; then the limit can be put back.`;
    case 'limit':
      return configured !== null && amountWords(configured) === amountWords(kernel)
        ? `${way} ${shall}; the kernel has the same on ${device}, but made in another way.`
        : `${way} ${shall}, but the kernel has ${amountWords(kernel)} on ${device}.`;
    case 'unknown':
      return '';
  }
}
