'use client';
import { Search } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useId, useMemo, useState } from 'react';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { Dialog } from '../ui/Dialog';
import { PAGES } from './pages';
import { useView } from './view';

type Hit = { readonly key: string; readonly label: string; readonly what: string; readonly open: () => void };
const MOST = 40;

/** Finds anything by name, MAC or address, and pages by their name. Arrow keys choose, Enter opens. */
export function Find({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Find" bare width={560}>
      <Finder onClose={onClose} />
    </Dialog>
  );
}

function Finder({ onClose }: { readonly onClose: () => void }) {
  const { topology } = useLive();
  const view = useView();
  const router = useRouter();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const hits = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (where: string) => words.every((w) => where.includes(w));
    const nodes = Object.values(topology.nodes)
      .filter((n) => has(`${n.search} ${n.label} ${n.kind}`.toLowerCase()))
      .sort((a, b) => rank(a, text) - rank(b, text))
      .slice(0, MOST);
    const pages = [...PAGES, { href: '/settings', label: 'Settings' }].filter((p) =>
      has(p.label.toLowerCase()),
    );
    return [
      ...nodes.map(
        (n): Hit => ({
          key: n.id,
          label: n.label,
          what: [n.kind, n.detail, hostName(n.host)].filter(Boolean).join(' · '),
          open: () => view.go({ select: n.id }),
        }),
      ),
      ...pages.map(
        (p): Hit => ({ key: p.href, label: p.label, what: 'page', open: () => router.push(p.href) }),
      ),
    ];
  }, [text, topology, view, router]);
  const chosen = hits[Math.min(at, hits.length - 1)];
  const take = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    hit.open();
  };
  return (
    <div>
      <div className="flex items-center gap-2 border-b border-line px-4">
        <Search aria-hidden className="size-4 text-dim" />
        <input
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={chosen ? `${list}-${chosen.key}` : undefined}
          aria-label="Find a host, network, guest, interface, MAC or address"
          placeholder="Name, MAC or address"
          value={text}
          onChange={(e) => {
            setText(e.target.value);
            setAt(0);
          }}
          onKeyDown={(e) => {
            if (e.key === 'ArrowDown') setAt((n) => Math.min(n + 1, hits.length - 1));
            else if (e.key === 'ArrowUp') setAt((n) => Math.max(n - 1, 0));
            else if (e.key === 'Enter') take(chosen);
            else return;
            e.preventDefault();
          }}
          className="h-11 flex-1 bg-transparent text-lg outline-none"
        />
      </div>
      <div id={list} role="listbox" aria-label="Found" className="max-h-[50vh] overflow-y-auto p-1">
        {hits.map((hit) => (
          <div
            key={hit.key}
            id={`${list}-${hit.key}`}
            role="option"
            tabIndex={-1}
            aria-selected={hit === chosen}
            onClick={() => take(hit)}
            onKeyDown={(e) => e.key === 'Enter' && take(hit)}
            ref={(el) => {
              if (hit === chosen) el?.scrollIntoView({ block: 'nearest' });
            }}
            className="flex cursor-pointer items-baseline gap-3 rounded-md px-3 py-1.5 hover:bg-bg aria-selected:bg-sunken"
          >
            <span className="mono shrink-0">{hit.label}</span>
            <span className="truncate text-sm text-dim">{hit.what}</span>
          </div>
        ))}
      </div>
      {hits.length === 0 && (
        <p role="status" className="px-4 pb-6 text-center text-dim">
          Nothing has “{text}” in its name or addresses.
        </p>
      )}
    </div>
  );
}

/** Exact names first, then beginnings; networks and guests before jacks. */
function rank(n: TopologyNode, text: string): number {
  const t = text.trim().toLowerCase();
  const l = n.label.toLowerCase();
  const kinds = ['host', 'network', 'guest', 'bridge'];
  const k = kinds.indexOf(n.kind);
  return (l === t ? 0 : l.startsWith(t) ? 10 : 20) + (k < 0 ? kinds.length : k);
}
