'use client';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { tabAbove, useFocusAbove } from './aboveDialogs';
import { classes } from './classes';

const PLACES = {
  center:
    'left-1/2 top-[calc(var(--bar)+6vh)] -translate-x-1/2 w-[calc(100vw-24px)] max-h-[calc(88vh-var(--bar))] rounded-lg border animate-fade',
  right: 'right-0 top-(--bar) bottom-0 border-l animate-slide',
  left: 'left-0 top-(--bar) bottom-0 w-[min(320px,88vw)] border-r animate-fade',
  bottom: 'bottom-0 left-0 w-full max-h-[calc(82vh-var(--bar))] rounded-t-lg border-t animate-rise',
} as const;

type DialogProps = {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly place?: keyof typeof PLACES;
  /** A sheet with something beside its fields, where the screen has room. */
  readonly wide?: boolean;
  /** Controls beside the title. */
  readonly tools?: ReactNode;
  /** Pixels; for `center` only. */
  readonly width?: number;
  readonly children: ReactNode;
  /** Buttons at its foot; stay visible when the body scrolls. */
  readonly footer?: ReactNode;
  /** Looks for things, has no visible title. */
  readonly bare?: boolean;
};

const FIELD = 'input:not([type="hidden"]):not(:disabled), select:not(:disabled), textarea:not(:disabled)';

/** Into the first field, or to the first button at its foot; a sheet that is only read begins at its top. */
function focusFirst(event: Event, place: keyof typeof PLACES): void {
  if (place === 'left' || place === 'bottom' || !(event.currentTarget instanceof HTMLElement)) return;
  const first =
    event.currentTarget.querySelector<HTMLElement>(FIELD) ??
    event.currentTarget.querySelector<HTMLElement>('footer button:not(:disabled)');
  if (first === null) return;
  event.preventDefault();
  first.focus();
  if (first instanceof HTMLInputElement) first.select();
}

/** A modal dialog or sheet: focus stays inside, Esc closes, the title is announced. */
export function Dialog(props: DialogProps) {
  const { open, onClose, title, description, place = 'center', width = 560, children, footer, bare } = props;
  const { wide, tools } = props;
  useFocusAbove(open);
  return (
    <Radix.Root open={open} onOpenChange={(o) => !o && onClose()}>
      <Radix.Portal>
        <Radix.Overlay
          className={classes(
            'fixed inset-x-0 top-(--bar) bottom-0 z-40 animate-fade bg-scrim',
            place === 'right' && 'xl:bg-transparent',
          )}
        />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          // The confirm bar stays above and stays usable: pressing its buttons does not throw away what is open here.
          onInteractOutside={(e) => {
            // Neither does a slip of the hand beside a form.
            if (place === 'right') e.preventDefault();
            if (e.target instanceof Element && e.target.closest('[data-above-dialogs]')) e.preventDefault();
          }}
          onOpenAutoFocus={(e) => focusFirst(e, place)}
          onKeyDown={tabAbove}
          style={place === 'center' ? { maxWidth: width } : {}}
          className={classes(
            'fixed z-40 flex flex-col border-line bg-raised text-text shadow-float focus:outline-none',
            PLACES[place],
            place === 'right' &&
              (wide ? 'w-[min(560px,100vw)] xl:w-[min(1160px,100vw)]' : 'w-[min(560px,100vw)]'),
          )}
        >
          {bare ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <header className="flex items-center gap-3 border-b border-line px-4 py-3">
              <div className="min-w-0 flex-1">
                <Radix.Title className="text-lg font-semibold break-words">{title}</Radix.Title>
                {description && (
                  <Radix.Description asChild>
                    <div className="mt-0.5 text-dim">{description}</div>
                  </Radix.Description>
                )}
              </div>
              {tools}
              <Radix.Close
                aria-label="Close"
                className="-mr-1 inline-flex size-7 shrink-0 items-center justify-center rounded-md hover:bg-sunken"
              >
                <X aria-hidden className="size-4" />
              </Radix.Close>
            </header>
          )}
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
          {footer && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-3">
              {footer}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
