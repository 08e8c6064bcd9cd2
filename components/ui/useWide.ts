'use client';
import { useSyncExternalStore } from 'react';

const QUERY = '(min-width: 768px)';

function subscribe(changed: () => void) {
  const query = matchMedia(QUERY);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** Is there room for panels beside the content? On the server, and for the first picture, there is. */
export const useWide = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => matchMedia(QUERY).matches,
    () => true,
  );
