'use client';
import { ArrowDown, ArrowUp, Search } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { byName } from './byName';
import { Input } from './Field';

export type Column<Row> = {
  readonly id: string;
  readonly header: string;
  /** What is sorted and filtered by; null in columns of buttons. */
  readonly value: ((row: Row) => string | number) | null;
  readonly cell?: (row: Row) => ReactNode;
  readonly align?: 'right';
};

type TableProps<Row> = {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
};

/** A sortable, filterable list. Sorting and filtering are the viewer's; rows keep their order otherwise. */
export function Table<Row>({ label, rows, columns, rowKey, empty, actions }: TableProps<Row>) {
  const [sort, setSort] = useState<{ readonly id: string; readonly down: boolean } | null>(null);
  const [filter, setFilter] = useState('');
  const shown = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row: Row) =>
      columns
        .map((c) => String(c.value?.(row) ?? ''))
        .join(' ')
        .toLowerCase();
    const found = rows.filter((row) => words.every((w) => text(row).includes(w)));
    const value = columns.find((c) => c.id === sort?.id)?.value;
    if (!value) return found;
    const way = sort?.down ? -1 : 1;
    return found.toSorted((a, b) => way * byName(String(value(a)), String(value(b))));
  }, [rows, columns, filter, sort]);
  if (rows.length === 0) return empty;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative w-64 max-w-full">
          <Search aria-hidden className="absolute inset-y-0 left-2 my-auto size-4 text-dim" />
          <Input
            type="search"
            aria-label={`Filter ${label.toLowerCase()}`}
            placeholder="Filter"
            value={filter}
            onChange={(e) => setFilter(e.target.value)}
            className="pl-7"
          />
        </div>
        <span role="status" className="flex-1 text-sm text-dim">
          {shown.length === rows.length ? `${rows.length} in all` : `${shown.length} of ${rows.length}`}
        </span>
        {actions}
      </div>
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-lg border border-line bg-raised"
      >
        <table className="w-full border-collapse text-sm max-md:block">
          <thead className="max-md:hidden">
            <tr className="border-b border-line text-left text-dim">
              {columns.map((c) => (
                <th
                  key={c.id}
                  scope="col"
                  aria-sort={sort?.id !== c.id ? undefined : sort.down ? 'descending' : 'ascending'}
                  className={`px-3 py-2 font-medium whitespace-nowrap ${c.align === 'right' ? 'text-right' : ''}`}
                >
                  {c.value === null ? (
                    <span className="sr-only">{c.header}</span>
                  ) : (
                    <button
                      type="button"
                      className="inline-flex items-center gap-1 hover:text-text"
                      onClick={() => setSort({ id: c.id, down: sort?.id === c.id && !sort.down })}
                    >
                      {c.header}
                      {sort?.id === c.id &&
                        (sort.down ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ArrowUp aria-hidden className="size-3" />
                        ))}
                    </button>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="max-md:block">
            {shown.map((row) => (
              <tr
                key={rowKey(row)}
                className="border-b border-line last:border-0 hover:bg-bg max-md:grid max-md:gap-1 max-md:py-2"
              >
                {columns.map((c) => (
                  <td
                    key={c.id}
                    className={`px-3 py-1.5 align-middle max-md:flex max-md:min-w-0 max-md:gap-3 max-md:py-0.5 ${c.align === 'right' ? 'md:text-right' : ''}`}
                  >
                    {c.value !== null && (
                      <span aria-hidden className="w-24 shrink-0 text-dim md:hidden">
                        {c.header}
                      </span>
                    )}
                    {c.cell ? c.cell(row) : String(c.value?.(row) ?? '')}
                  </td>
                ))}
              </tr>
            ))}
            {shown.length === 0 && (
              <tr>
                <td colSpan={columns.length} className="px-3 py-6 text-center text-dim">
                  Nothing matches “{filter}”.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </section>
    </div>
  );
}
