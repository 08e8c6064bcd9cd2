'use client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { bitRate } from '@/server/core/bit-rate';
import type { TopologyNode } from '@/server/core/topology';
import { Plot } from '../charts/Plot';
import { useLive } from '../live/Live';
import { KEPT } from '../live/rateHistory';
import { agoWords, trafficOf } from './trafficLines';

const SPAN = [-KEPT / 1000, 0] as const;
const NONE: readonly never[] = [];

const words = (bits: number): string => bitRate(bits / 8);

/** What flowed over a device in the last two minutes, as far as this page was open. */
export function Traffic({ node, device }: { readonly node: TopologyNode; readonly device: string }) {
  const { flowed, hosts, stream } = useLive();
  const samples = useSyncExternalStore(
    flowed.listen,
    () => flowed.of(node.host),
    () => NONE,
  );
  const told = stream === 'open' && hosts.find((h) => h.host === node.host)?.link.is === 'connected';
  const now = useNow();
  const { x, sent, received } = useMemo(
    () => trafficOf(samples, device, told ? Math.max(now, samples.at(-1)?.at ?? 0) : null),
    [samples, device, told, now],
  );
  // A bridge and a port of the host send towards guests.
  const [towards, from] =
    node.band === 'bridge' || node.band === 'port' ? ['Inbound', 'Outbound'] : ['Sent', 'Received'];
  const rate = (values: readonly (number | null)[]) => {
    const last = values.at(-1) ?? null;
    return last === null ? 'not known' : words(last);
  };
  return (
    <section aria-label="Traffic" className="grid gap-1">
      <h3 className="text-sm font-medium text-dim">Traffic of the last two minutes</h3>
      <Plot
        label={`Traffic of ${device} in the last two minutes. Now ${towards.toLowerCase()} ${rate(sent)}, ${from.toLowerCase()} ${rate(received)}.`}
        x={x}
        span={SPAN}
        lines={[
          { label: towards, colour: 'accent', values: sent },
          { label: from, colour: 'green', dash: [3, 3], values: received },
        ]}
        height={140}
        words={words}
        timeWords={agoWords}
      />
    </section>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 2000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
