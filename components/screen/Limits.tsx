'use client';
import type { ReactNode } from 'react';
import { bitRate } from '@/server/core/bit-rate';
import {
  AT_LIMIT,
  amountWords,
  type KernelLimit,
  type LimitTruth,
  type LimitWay,
} from '@/server/core/limited';
import type { QueueRate, Rates } from '@/server/core/observed';
import type { TopologyNode } from '@/server/core/topology';
import { Badge } from '../ui/Badge';
import { PutBack } from './PutBack';

const COLUMNS = [
  ['inbound', 'Inbound (towards the guest)'],
  ['outbound', 'Outbound (from the guest)'],
] as const;

type Column = (typeof COLUMNS)[number][0];

type LimitsProps = {
  readonly node: TopologyNode;
  readonly truth: LimitTruth;
  /** What flows now; null where that is not known. */
  readonly rate: Rates[string] | null;
};

/** What is configured, what the kernel has and what flows, side by side for both directions; how they differ, and a way back. */
export function Limits({ node, truth, rate }: LimitsProps) {
  const rows: readonly (readonly [string, (way: LimitWay, name: Column) => ReactNode])[] = [
    ['Configured', (way) => (way.configured === null ? 'not by Patchbay' : amountWords(way.configured))],
    ['In the kernel', (way) => kernelWords(way.kernel)],
    ['Flowing now', (way, name) => <Flowing way={way} rate={rateOf(rate, name)} />],
    ['Dropped', (_, name) => queueWords(rate, name, (q) => `${Math.round(q.drops)} packets/s`)],
    ['Waiting', (_, name) => queueWords(rate, name, (q) => `${(q.backlog / 1024).toFixed(1)} KiB`)],
  ];
  const drifts = COLUMNS.flatMap(([name]) => truth[name]?.drift ?? []);
  return (
    <div className="grid gap-2">
      <table className="w-full table-fixed border-collapse text-sm" aria-label={`Limits of ${truth.device}`}>
        <thead>
          <tr className="text-left align-bottom text-dim">
            <td className="w-22" />
            {COLUMNS.map(([name, title]) => (
              <th key={name} scope="col" className="py-1 pr-2 font-medium">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([title, cell]) => (
            <tr key={title} className="border-t border-line align-top">
              <th scope="row" className="py-1 pr-2 text-left font-medium text-dim">
                {title}
              </th>
              {COLUMNS.map(([name]) => {
                const way = truth[name];
                return (
                  <td key={name} className="py-1 pr-2">
                    {way ? cell(way, name) : <Unlimited row={title} rate={rateOf(rate, name)} />}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {drifts.map((drift) => (
        <p key={drift} className="rounded-md border border-amber/40 bg-amber-soft p-2 text-amber">
          {drift}
        </p>
      ))}
      {drifts.length > 0 && truth.network !== null && !isForeign(truth) && (
        <PutBack host={node.host} network={truth.network} />
      )}
    </div>
  );
}

/** What others have set cannot be put back by a change. */
const isForeign = ({ inbound, outbound }: LimitTruth): boolean =>
  [inbound, outbound].some((way) => way?.kernel.is === 'foreign');

const rateOf = (rate: Rates[string] | null, name: Column): number | null => {
  if (rate === null) return null;
  return name === 'inbound' ? (rate.sent?.bytes ?? rate.tx) : (rate.received?.bytes ?? rate.rx);
};

function queueWords(rate: Rates[string] | null, name: Column, words: (queue: QueueRate) => string): string {
  const queue = name === 'inbound' ? rate?.sent : rate?.received;
  return queue === undefined ? 'not measured' : words(queue);
}

function kernelWords(kernel: KernelLimit): string {
  switch (kernel.is) {
    case 'none':
      return 'no limit';
    case 'foreign':
      return `somebody else's queueing (${kernel.kind})`;
    case 'unknown':
      return `unknown: ${kernel.why}`;
    case 'limit':
      return kernel.by === 'redirect'
        ? `${amountWords(kernel)}, through an ifb device`
        : kernel.by === 'police'
          ? `${amountWords(kernel)}, the rest is dropped`
          : amountWords(kernel);
  }
}

function Flowing({ way, rate }: { readonly way: LimitWay; readonly rate: number | null }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      {rate === null ? 'not known' : bitRate(rate)}
      {way.full && <Badge tone="amber">{AT_LIMIT}</Badge>}
    </span>
  );
}

function Unlimited({ row, rate }: { readonly row: string; readonly rate: number | null }) {
  if (row === 'Flowing now') return rate === null ? 'not known' : bitRate(rate);
  return <span className="text-dim">{row === 'Configured' ? 'no limit' : '–'}</span>;
}
