import Link from 'next/link';
import type { HostId } from '@/server/core/ids';

/** The name of something, which leads to it in the graph. */
export function LinkToNode({
  host,
  link,
  label,
}: {
  readonly host: HostId;
  /** Interface that stands for it there. */
  readonly link: string | null;
  readonly label: string;
}) {
  return (
    <Link
      href={`/?select=${encodeURIComponent(`${host}/link/${link}`)}`}
      className="mono font-medium text-accent underline-offset-2 hover:underline"
    >
      {label}
    </Link>
  );
}

type Prefixed = { readonly address: string; readonly prefix: number };

/** Addresses one below the other. */
export const Prefixes = ({ of }: { readonly of: readonly Prefixed[] }) => (
  <span className="mono grid">
    {of.map(({ address, prefix }) => (
      <span key={address}>
        {address}/{prefix}
      </span>
    ))}
  </span>
);

/** The same as text, for sorting and filtering. */
export const prefixText = (of: readonly Prefixed[]): string =>
  of.map(({ address, prefix }) => `${address}/${prefix}`).join(' ');
