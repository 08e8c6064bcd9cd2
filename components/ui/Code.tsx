'use client';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './Button';
import { classes } from './classes';

/** A command or a file as it is, to be read and copied. Focusable, so that the keyboard can scroll it. */
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
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="group relative min-w-0">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
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
        className="absolute top-1 right-1 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
      />
    </div>
  );
}
