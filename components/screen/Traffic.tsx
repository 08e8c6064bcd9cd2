'use client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { bitRate } from '@/server/core/bit-rate';
import type { LimitWay } from '@/server/core/limited';
import type { Topology, TopologyNode } from '@/server/core/topology';
import { Plot } from '../charts/Plot';
import type { PlotColour, PlotLimit } from '../charts/plotLines';
import { useLive } from '../live/Live';
import { KEPT } from '../live/rateHistory';
import { Limits } from './Limits';
import { agoWords, trafficOf } from './trafficLines';

const SPAN = [-KEPT / 1000, 0] as const;
const NONE: readonly never[] = [];

const words = (bits: number): string => bitRate(bits / 8);

/** An interface of the host. */
const isLink = ({ host, id }: TopologyNode): boolean => id.startsWith(`${host}/link/`);

/** An interface itself; the bridge of a network; of a guest its ports, where these are limited. */
function devicesOf({ nodes, edges }: Topology, node: TopologyNode): readonly TopologyNode[] {
  if (isLink(node)) return [node];
  if (node.kind === 'network') return [nodes[node.anchor ?? ''] ?? []].flat().filter(isLink);
  return Object.values(edges)
    .flatMap((edge) => (edge.kind === 'nic' && edge.to === node.id ? (nodes[edge.from] ?? []) : []))
    .filter((port) => port.limits !== undefined);
}

/** What flows over the devices of a node, and how they are limited. */
export function TrafficOf({ node }: { readonly node: TopologyNode }) {
  const { topology } = useLive();
  return devicesOf(topology, node).map((device) => <Traffic key={device.id} device={device} />);
}

/** What flowed in the last two minutes, as far as this page was open. */
function Traffic({ device: node }: { readonly device: TopologyNode }) {
  const { flowed, hosts, stream } = useLive();
  const device = node.label;
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
  const guests = node.band === 'bridge' || node.band === 'port';
  const [towards, from] = guests ? ['Inbound', 'Outbound'] : ['Sent', 'Received'];
  const limits = [
    ...limitLine(`${towards} limit`, 'accent', node.limits?.inbound ?? null),
    ...limitLine(`${from} limit`, 'green', node.limits?.outbound ?? null),
  ];
  const rate = (values: readonly (number | null)[]) => {
    const last = values.at(-1) ?? null;
    return last === null ? 'not known' : words(last);
  };
  const rates = told ? (samples.at(-1)?.rates ?? null) : null;
  return (
    <section aria-label={`Traffic of ${device}`} className="grid gap-2">
      <h3 className="font-medium">
        Traffic of <span className="mono">{device}</span>
      </h3>
      {node.limits && (
        <Limits node={node} truth={node.limits} rate={rates && (rates[device] ?? { rx: 0, tx: 0 })} />
      )}
      <Plot
        label={`Traffic of ${device} in the last two minutes. Now ${towards.toLowerCase()} ${rate(sent)}, ${from.toLowerCase()} ${rate(received)}.${limits.map((l) => ` ${l.label}: ${words(l.at)}.`).join('')}`}
        x={x}
        span={SPAN}
        lines={[
          { label: towards, colour: 'accent', values: sent },
          { label: from, colour: 'green', dash: [3, 3], values: received },
        ]}
        limits={limits}
        height={140}
        words={words}
        timeWords={agoWords}
      />
    </section>
  );
}

/** Where the kernel has none, the one that it should have. */
function limitLine(label: string, colour: PlotColour, way: LimitWay | null): readonly PlotLimit[] {
  if (way === null) return [];
  if (way.kernel.is === 'limit') return [{ label, colour, at: way.kernel.rate }];
  return way.configured === null
    ? []
    : [{ label: `${label}, not in the kernel`, colour, at: way.configured.rate }];
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 2000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
