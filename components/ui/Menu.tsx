'use client';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './classes';

export type MenuItem = {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
};

/**
 * Items under a button. Drawn beside its button, not at the end of the page, and not modal: screen readers find it where
 * it belongs, and nothing that has the focus is hidden from them.
 */
export function Menu({
  trigger,
  items,
}: {
  readonly trigger: ReactNode;
  readonly items: readonly MenuItem[];
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Content
        align="end"
        sideOffset={4}
        collisionPadding={8}
        className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 animate-fade overflow-y-auto rounded-md border border-line bg-raised p-1 text-text shadow-float"
      >
        {items.map((item) => (
          <Radix.Item
            key={item.label}
            disabled={item.disabled ?? false}
            onSelect={item.onSelect}
            className={classes(
              'flex h-7 pointer-coarse:h-10 items-center gap-2 rounded-md px-2 outline-none data-[highlighted]:bg-sunken data-[disabled]:opacity-50',
              '[&>svg]:size-3.5',
              item.danger && 'text-red',
            )}
          >
            {item.icon}
            {item.label}
          </Radix.Item>
        ))}
      </Radix.Content>
    </Radix.Root>
  );
}
