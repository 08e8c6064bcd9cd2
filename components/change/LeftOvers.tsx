import type { LeftOver } from '@/server/core/change';
import { Code } from '../ui/Code';

/** What could not be put back, each with the command that would. */
export function LeftOvers({ items }: { readonly items: readonly LeftOver[] }) {
  return (
    <ul className="grid gap-2">
      {items.map((l) => (
        <li key={`${l.what} ${l.command}`} className="grid gap-1">
          <span>
            {l.what}
            {l.error && <span className="text-dim"> ({l.error})</span>}
          </span>
          <Code text={l.command} label={`Command for ${l.what}`} />
        </li>
      ))}
    </ul>
  );
}
