'use client';
import {
  ChevronRight,
  FlaskConical,
  ListChecks,
  Lock,
  Monitor,
  Network as NetworkIcon,
  Plus,
  Server,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import type { HostSummary } from '@/server/api/live';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { hostName, hostState, readOnly } from '../live/names';
import { StateDot } from '../ui/Badge';
import { IconButton } from '../ui/Button';
import { byName } from '../ui/byName';
import { Skeleton } from '../ui/Spinner';
import { Tooltip } from '../ui/Tooltip';
import { isCurrent, PAGES } from './pages';
import { useView } from './view';

/** libvirt's word as people say it; what is not ours keeps its own. */
const forwardLabel = (mode: string): string =>
  ({ none: 'isolated', nat: 'NAT', route: 'routed' })[mode] ?? mode;

type RailProps = { readonly onGo?: () => void; readonly withPages?: boolean };

/** Hosts and labs with their networks and guests: the topology as a list. */
export function Rail({ onGo, withPages }: RailProps) {
  const { hosts, topology, stream } = useLive();
  const view = useView();
  const path = usePathname();
  const open = (params: Parameters<typeof view.go>[0]) => {
    view.go(params);
    onGo?.();
  };
  const nodes = Object.values(topology.nodes);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-1 p-2">
      {withPages && (
        <nav aria-label="Pages" className="mb-2 grid gap-0.5 border-b border-line pb-2">
          {PAGES.map((p) => (
            <Link
              key={p.href}
              href={p.href}
              onClick={() => onGo?.()}
              aria-current={isCurrent(p.href, path) ? 'page' : undefined}
              className="flex h-9 items-center rounded-md px-2 aria-[current=page]:bg-sunken aria-[current=page]:font-medium"
            >
              {p.label}
            </Link>
          ))}
        </nav>
      )}
      <div className="flex items-center justify-between pl-2">
        <h2 className="text-sm font-medium text-dim">Hosts and labs</h2>
        <IconButton
          label="New lab"
          small
          icon={<Plus aria-hidden className="size-4" />}
          onClick={() => open({ panel: 'new-lab', change: null })}
        />
      </div>
      {stream === 'waiting' && <Skeleton label="Reading the hosts" />}
      {hosts.map((h) => (
        <HostEntry
          key={h.host}
          host={h}
          nodes={nodes.filter((n) => n.host === h.host)}
          selected={path === '/' ? view.select : null}
          onSelect={(id) => open({ select: id })}
          onReview={(change) => open({ change })}
        />
      ))}
    </div>
  );
}

type HostEntryProps = {
  readonly host: HostSummary;
  readonly nodes: readonly TopologyNode[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly onReview: (change: string) => void;
};

function HostEntry({ host, nodes, selected, onSelect, onReview }: HostEntryProps) {
  const state = hostState(host);
  const locked = readOnly(host);
  const networks = networkNodes(nodes);
  const guests = nodes.filter((n) => n.kind === 'guest').sort((a, b) => byName(a.label, b.label));
  const Icon = host.host === 'machine' ? Server : FlaskConical;
  return (
    <section aria-label={hostName(host.host)} className="mb-2 grid grid-cols-[minmax(0,1fr)] gap-0.5">
      <Row
        selected={selected === host.host}
        onClick={() => onSelect(host.host)}
        icon={<Icon aria-hidden className="size-4 text-dim" />}
        label={<span className="font-medium">{hostName(host.host)}</span>}
        end={
          <>
            {locked !== null && host.link.is === 'connected' && (
              <Tooltip text={locked}>
                <span className="text-sm text-dim">
                  <Lock aria-hidden className="inline size-3" /> read-only
                </span>
              </Tooltip>
            )}
            <StateDot tone={state.tone} label={state.why ? `${state.word}: ${state.why}` : state.word} />
          </>
        }
      />
      {state.why && <p className="px-2 pb-1 text-sm text-red">{state.why}</p>}
      <Group title="To review" count={host.proposed.length}>
        {host.proposed.slice(0, 5).map((c) => (
          <Row
            key={c.id}
            nested
            selected={false}
            onClick={() => onReview(c.id)}
            icon={<ListChecks aria-hidden className="size-3.5 text-amber" />}
            label={<span title={c.summary}>{c.summary}</span>}
            end={
              host.committed !== null &&
              c.baseVersion !== host.committed.version && <span className="text-sm text-amber">stale</span>
            }
          />
        ))}
      </Group>
      {host.proposed.length > 5 && (
        <Link href="/changes" className="rounded-md py-1 pl-6 text-sm text-accent hover:underline">
          {host.proposed.length - 5} more to review
        </Link>
      )}
      <Group title="Networks" count={networks.length}>
        {networks.map((n) => (
          <Row
            key={n.id}
            nested
            selected={selected === n.id}
            onClick={() => onSelect(n.id)}
            icon={<NetworkIcon aria-hidden className="size-3.5 text-dim" />}
            label={<span className="mono">{n.network?.name ?? n.label}</span>}
            end={<span className="text-sm text-dim">{n.network && forwardLabel(n.network.forward)}</span>}
          />
        ))}
      </Group>
      <Group title="Guests" count={guests.length}>
        {guests.map((n) => (
          <Row
            key={n.id}
            nested
            selected={selected === n.id}
            onClick={() => onSelect(n.id)}
            icon={<Monitor aria-hidden className="size-3.5 text-dim" />}
            label={<span className="mono">{n.label}</span>}
            end={
              <StateDot
                tone={n.state === 'up' ? 'green' : n.state === 'down' ? 'red' : 'plain'}
                label={n.state}
              />
            }
          />
        ))}
      </Group>
    </section>
  );
}

/** One entry per network: its own node, or the bridge that realises it. */
function networkNodes(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  const found = new Map<string, TopologyNode>();
  for (const n of nodes) {
    if (n.network === null || n.kind === 'guest') continue;
    const before = found.get(n.network.name);
    if (!before || n.kind === 'network' || (n.kind === 'bridge' && before.kind !== 'network'))
      found.set(n.network.name, n);
  }
  return [...found.values()].sort((a, b) => byName(a.label, b.label));
}

function Group({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <details open className="group">
      <summary className="flex list-none items-center gap-1 rounded-md px-2 py-0.5 text-sm text-dim">
        <ChevronRight aria-hidden className="size-3 group-open:rotate-90" />
        {title}
        <span className="ml-auto">{count}</span>
      </summary>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-0.5">{children}</div>
    </details>
  );
}

type RowProps = {
  readonly icon: ReactNode;
  readonly label: ReactNode;
  readonly end?: ReactNode;
  readonly selected: boolean;
  readonly nested?: boolean;
  readonly onClick: () => void;
};

function Row({ icon, label, end, selected, nested, onClick }: RowProps) {
  return (
    <div
      className={`flex items-center gap-2 rounded-md pr-2 ${selected ? 'bg-accent-soft' : 'hover:bg-sunken'}`}
    >
      <button
        type="button"
        aria-pressed={selected}
        onClick={onClick}
        className={`flex h-7 min-w-0 flex-1 items-center gap-2 rounded-md text-left ${nested ? 'pl-6' : 'pl-2'}`}
      >
        {icon}
        <span className="min-w-0 flex-1 truncate">{label}</span>
      </button>
      {end}
    </div>
  );
}
