import { LoaderCircle } from 'lucide-react';

/** Turns while something runs. With `label` it says what, otherwise the text beside it does. */
export function Spinner({ label }: { readonly label?: string }) {
  const icon = <LoaderCircle aria-hidden className="size-3.5 animate-spin" />;
  if (label === undefined) return icon;
  return (
    <span role="status" className="inline-flex items-center gap-2 text-dim">
      {icon}
      {label}
    </span>
  );
}

/** Grey bars where content will be. */
export function Skeleton({ lines = 3, label }: { readonly lines?: number; readonly label: string }) {
  return (
    <div role="status" aria-label={label} className="grid gap-2 p-4">
      {Array.from({ length: lines }, (_, n) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: bars are all alike
          key={n}
          className={`h-4 animate-pulse rounded-md bg-sunken ${n % 3 === 2 ? 'w-1/2' : n % 3 === 1 ? 'w-3/4' : 'w-full'}`}
        />
      ))}
    </div>
  );
}
