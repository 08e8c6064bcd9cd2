'use client';
import { Tooltip as Radix } from 'radix-ui';
import { type ReactNode, useState } from 'react';

export const TooltipProvider = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={350}>{children}</Radix.Provider>
);

/** Words on hover or focus of its one child. */
export function Tooltip({ text, children }: { readonly text: ReactNode; readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  // A dialog takes the focus back when something in it goes away while the focus is between two elements, and Tab
  // would never get past this button: the words go after the focus has arrived.
  const change = (now: boolean) => (now ? setOpen(true) : setTimeout(() => setOpen(false)));
  return (
    <Radix.Root open={open} onOpenChange={change}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Content
        sideOffset={6}
        collisionPadding={8}
        className="z-50 w-max max-w-80 animate-fade rounded-md bg-text px-2 py-1 text-left text-sm font-normal whitespace-normal text-bg shadow-float"
      >
        {text}
      </Radix.Content>
    </Radix.Root>
  );
}
