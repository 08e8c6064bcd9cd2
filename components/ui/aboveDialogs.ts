import { type KeyboardEvent, useEffect } from 'react';

/** What stays usable while a dialog is open: the confirm bar. */
const ABOVE = '[data-above-dialogs]';
const TABBABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

const isAbove = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(ABOVE) !== null;

/**
 * A dialog keeps the focus inside by watching the document for it. Where the focus goes to what is above dialogs, it
 * is not told, or a change that waits could be kept with a pointer only.
 */
export function useFocusAbove(open: boolean): void {
  useEffect(() => {
    if (!open) return;
    const arrives = (e: FocusEvent) => isAbove(e.target) && e.stopPropagation();
    const leaves = (e: FocusEvent) => isAbove(e.relatedTarget) && e.stopPropagation();
    document.body.addEventListener('focusin', arrives);
    document.body.addEventListener('focusout', leaves);
    return () => {
      document.body.removeEventListener('focusin', arrives);
      document.body.removeEventListener('focusout', leaves);
    };
  }, [open]);
}

/** Tab from the dialog's last control, and Shift+Tab from its first, leads through what is above, if there is anything. */
export function tabAbove(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'Tab' || event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = shown(event.currentTarget);
  const edge = event.shiftKey ? inside[0] : inside.at(-1);
  if (edge !== document.activeElement) return;
  const above = [...document.querySelectorAll(ABOVE)].flatMap(shown);
  const next = event.shiftKey ? above.at(-1) : above[0];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** Radio buttons count one by one here; that only matters where one is at the very edge. */
const shown = (within: Element): HTMLElement[] =>
  [...within.querySelectorAll<HTMLElement>(TABBABLE)].filter((e) => e.checkVisibility());
