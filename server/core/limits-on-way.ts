import type { Desired } from './change';
import { compileNative } from './compile/native';
import type { Limits } from './compile/realisation';
import { isForeign, type LimitState, limitStateOf } from './limit-state';
import type { Observed } from './observed';
import { limitedDevices, wantedLimits } from './plan-limits';
import { portsOf } from './plan-situation';

/* Which limits packets meet on their way between the ends of a host's cables. */

/** A device that packets pass: out of it, or into it. */
export type Hop = { readonly device: string; readonly of: 'sent' | 'received' };

/** Rates in bytes per second, burst in bytes. */
export type WayLimit = Hop & {
  readonly rate: number;
  /** Null: the same as the rate for a queue, and none for what is dropped. */
  readonly peak: number | null;
  /** Null: whatever the kernel takes. */
  readonly burst: number | null;
  readonly by: 'queue' | 'redirect' | 'police';
  /** Said by the design; otherwise only the kernel has it. */
  readonly designed: boolean;
};

/** What stands at an end: a guest's port, or a bridge's own side. */
export type EndPoint = { readonly port: string } | { readonly bridge: string };

/** The bridge of Linux or of Open vSwitch that a port is plugged into. */
export function bridgeOfPort(observed: Observed, port: string): string | null {
  const master = observed.links.known ? observed.links.value[port]?.master : null;
  const ovs = observed.ovsBridges.known ? Object.keys(observed.ovsBridges.value) : [];
  return ovs.find((bridge) => portsOf(observed, bridge).includes(port)) ?? master ?? null;
}

/** The devices that packets pass from one end to the other, in their order. */
export function hopsBetween(observed: Observed, from: EndPoint, to: EndPoint): readonly Hop[] {
  const bridgeAt = (end: EndPoint) => ('bridge' in end ? end.bridge : bridgeOfPort(observed, end.port));
  const [here, there] = [bridgeAt(from), bridgeAt(to)];
  const routed = here !== there || 'bridge' in from || 'bridge' in to;
  return [
    ...('port' in from ? [{ device: from.port, of: 'received' } as const] : []),
    ...(routed && here !== null && 'port' in from ? [{ device: here, of: 'received' } as const] : []),
    ...(routed && there !== null && 'port' in to ? [{ device: there, of: 'sent' } as const] : []),
    ...('port' in to ? [{ device: to.port, of: 'sent' } as const] : []),
  ];
}

/** Limits of these hops, the narrowest first: what the design says, and what only the kernel has. */
export function limitsOn(observed: Observed, desired: Desired, hops: readonly Hop[]): readonly WayLimit[] {
  const goal = compileNative(desired, observed.agent);
  const designed = limitedDevices({ observed, goal, formerly: [] });
  return hops
    .flatMap((hop): WayLimit[] => {
      const own = designed.find((l) => l.device === hop.device && l.goal[hop.of] !== null);
      const state = own ? wantedLimits(observed, own) : limitStateOf(observed, hop.device);
      const limit = toWayLimit(state, hop, own?.goal);
      return limit === null ? [] : [{ ...limit, designed: own !== undefined }];
    })
    .sort((a, b) => a.rate - b.rate || (a.burst ?? 0) - (b.burst ?? 0));
}

function toWayLimit(state: LimitState, hop: Hop, goal?: Limits): Omit<WayLimit, 'designed'> | null {
  if (hop.of === 'received') {
    const { received } = state;
    if (received === null || isForeign(received)) return null;
    return { ...hop, rate: received.rate, peak: null, burst: received.burst, by: received.by };
  }
  const { sent } = state;
  if (sent === null || isForeign(sent)) return null;
  // What the kernel took where nobody chose is no burst that anybody was promised.
  const burst = goal === undefined ? null : sent.burst;
  return {
    ...hop,
    rate: sent.rate,
    peak: sent.ceil,
    burst: sent.ceil > sent.rate ? burst : null,
    by: 'queue',
  };
}
