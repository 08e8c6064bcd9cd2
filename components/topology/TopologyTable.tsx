'use client';
import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { limitWords } from '@/server/core/limited';
import { isTrouble, type Topology, type TopologyNode } from '@/server/core/topology';
import { matches } from '@/server/core/topology-walk';
import { kindWords } from './words';

type Props = {
  /** The full topology: also what the graph has folded. */
  readonly topology: Topology;
  readonly selection: string | null;
  readonly onSelect: (id: string) => void;
  readonly filter: string;
};

const STEP = 200;
const natural = new Intl.Collator('en', { numeric: true });
const column = createColumnHelper<TopologyNode>();

function columnsFor(topology: Topology) {
  const label = (id: string | null) => (id === null ? '' : (topology.nodes[id]?.label ?? ''));
  return [
    column.accessor('label', { header: 'Name' }),
    column.accessor((n) => kindWords(n.kind), { id: 'kind', header: 'Kind' }),
    column.accessor((n) => [n.state, ...n.badges.filter(isTrouble)].join(', '), {
      id: 'state',
      header: 'State',
    }),
    column.accessor((n) => label(n.anchor), { id: 'on', header: 'Plugged into' }),
    column.accessor((n) => n.network?.name ?? '', { id: 'network', header: 'Network' }),
    column.accessor((n) => n.vlans.join(', '), { id: 'vlans', header: 'VLANs' }),
    column.accessor('detail', { header: 'Addresses and details' }),
    column.accessor((n) => (n.limits ? limitWords(n.limits) : ''), { id: 'limits', header: 'Limits' }),
    column.accessor((n) => label(n.host), { id: 'host', header: 'Host' }),
  ];
}

/** Everything in the topology as rows; choosing one chooses it on the graph. */
export function TopologyTable({ topology, selection, onSelect, filter }: Props) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const [most, setMost] = useState(STEP);
  const rows = useMemo(() => Object.values(topology.nodes), [topology]);
  const columns = useMemo(() => columnsFor(topology), [topology]);
  const table = useReactTable({
    data: rows,
    columns,
    state: { sorting, globalFilter: filter },
    onSortingChange: setSorting,
    getRowId: (n) => n.id,
    globalFilterFn: (row, _, query) => matches(row.original, String(query)),
    getColumnCanGlobalFilter: () => true,
    getCoreRowModel: getCoreRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getSortedRowModel: getSortedRowModel(),
    sortingFns: {},
    defaultColumn: {
      sortingFn: (a, b, id) => natural.compare(String(a.getValue(id)), String(b.getValue(id))),
    },
  });
  const found = table.getRowModel().rows;
  return (
    <section
      className="topology-table"
      aria-label="Everything in the topology"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <p role="status" className="topology-count">
        {found.length === rows.length ? `${rows.length} in all` : `${found.length} of ${rows.length}`}
      </p>
      <table>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'}
                  >
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      {flexRender(header.column.columnDef.header, header.getContext())}
                      {sorted === 'asc' && <ArrowUp aria-hidden size={12} />}
                      {sorted === 'desc' && <ArrowDown aria-hidden size={12} />}
                    </button>
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {found.slice(0, most).map((row) => (
            <tr key={row.id} aria-selected={row.id === selection} onClick={() => onSelect(row.id)}>
              {row.getVisibleCells().map((cell, i) => (
                <td key={cell.id} className={i === 0 || cell.column.id === 'detail' ? 'mono' : undefined}>
                  {i === 0 ? (
                    <button type="button" aria-pressed={row.id === selection}>
                      {row.original.label}
                    </button>
                  ) : (
                    flexRender(cell.column.columnDef.cell, cell.getContext())
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {found.length === 0 && <p className="topology-nothing">Nothing matches “{filter}”.</p>}
      {found.length > most && (
        <button type="button" className="topology-more" onClick={() => setMost(most + 5 * STEP)}>
          Show {Math.min(5 * STEP, found.length - most)} more of {found.length - most}
        </button>
      )}
    </section>
  );
}
