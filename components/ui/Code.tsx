'use client';
import { Check, Copy } from 'lucide-react';
import { useCallback, useState } from 'react';
import { IconButton } from './Button';
import { classes } from './classes';

/** A command or a file as it is, to be read and copied. Focusable where the keyboard has something to scroll. */
export function Code({
  text,
  label,
  tall,
}: {
  readonly text: string;
  readonly label: string;
  readonly tall?: boolean;
}) {
  const [copied, setCopied] = useState(false);
  const [scrolls, setScrolls] = useState(false);
  const measure = useCallback((pre: HTMLPreElement) => {
    const watch = new ResizeObserver(() =>
      setScrolls(pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight),
    );
    watch.observe(pre);
    return () => watch.disconnect();
  }, []);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="group relative min-w-0">
      <pre
        ref={measure}
        tabIndex={scrolls ? 0 : undefined}
        className={classes(
          'overflow-auto rounded-md border border-line bg-sunken py-1.5 pr-8 pl-2',
          tall ? 'max-h-96' : 'max-h-56',
        )}
      >
        {text}
      </pre>
      <IconButton
        label={copied ? 'Copied' : `Copy: ${label}`}
        small
        icon={copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
        onClick={() => void copy()}
        className="absolute top-1 right-1 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      />
    </div>
  );
}
