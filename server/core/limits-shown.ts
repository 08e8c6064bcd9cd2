import { kernelQos, policedBy } from './kernel-qos';
import { type LimitState, limitStateOf } from './limit-state';
import { items, type Observed } from './observed';

/** How a device is limited, whoever did it and in whatever way, as far as we can read it. */
export function shownLimits(observed: Observed, device: string): LimitState {
  const port = items(observed.ovsBridges)
    .flatMap((b) => b.ports)
    .find((p) => p.name === device);
  if (port === undefined) return limitStateOf(observed, device);
  // What Open vSwitch wants may be what the kernel has no more.
  const kernel = kernelQos(observed, device);
  const { rate = 0, burst = 0 } = port.interfaces[0]?.policing ?? {};
  const dropped = policedBy(observed, device) === 'something';
  return {
    sent:
      kernel.is === 'shaper'
        ? {
            ...{ shape: 'port', rate: kernel.leaf.rate, ceil: kernel.leaf.ceil, burst: kernel.leaf.burst },
            ...{ whole: null, floors: [] },
          }
        : kernel.is === 'foreign'
          ? { foreign: kernel.kind }
          : null,
    received: !dropped
      ? null
      : rate === 0
        ? { foreign: 'ingress' }
        : { by: 'police', rate: rate * 125, burst: burst * 128 },
  };
}
