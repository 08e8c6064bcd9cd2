'use client';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from 'react';

type Toast = { readonly id: number; readonly text: string; readonly bad: boolean };
type Say = { readonly done: (text: string) => void; readonly failed: (text: string) => void };

const Context = createContext<Say>({ done: () => {}, failed: () => {} });

/** Short news for eyes and screen readers: `say.done('Guest web added.')`. */
export const useSay = (): Say => use(Context);

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(1);
  const drop = useCallback((id: number) => setToasts((all) => all.filter((t) => t.id !== id)), []);
  const add = useCallback(
    (text: string, bad: boolean) => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-2), { id, text, bad }]);
      // What failed is to be read: it stays until it is dismissed.
      if (!bad) setTimeout(() => drop(id), 5_000);
    },
    [drop],
  );
  const say = useMemo(
    () => ({ done: (t: string) => add(t, false), failed: (t: string) => add(t, true) }),
    [add],
  );
  return (
    <Context value={say}>
      {children}
      <section
        aria-label="News"
        aria-live="polite"
        className="fixed bottom-3 left-1/2 z-50 grid w-[min(400px,calc(100vw-24px))] -translate-x-1/2 gap-2"
      >
        {toasts.map((t) => (
          <div
            key={t.id}
            className="flex animate-rise items-start gap-2 rounded-md border border-line bg-raised p-3 shadow-float"
          >
            {t.bad ? (
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-red" />
            ) : (
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-green" />
            )}
            <p className="min-w-0 flex-1 break-words">{t.text}</p>
            <button
              type="button"
              aria-label="Dismiss"
              className="rounded-md hover:bg-sunken"
              onClick={() => drop(t.id)}
            >
              <X aria-hidden className="size-4" />
            </button>
          </div>
        ))}
      </section>
    </Context>
  );
}
