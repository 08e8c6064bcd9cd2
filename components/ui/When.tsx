'use client';
import { useEffect, useState } from 'react';
import { relative } from './time';

/** A time as people say it, with the exact one on hover. */
export function When({ at }: { readonly at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} suppressHydrationWarning>
      {relative(at, now)}
    </time>
  );
}
