'use client';
import { type ReactNode, useState } from 'react';
import { ConfirmBar } from '../change/ConfirmBar';
import { LiveProvider } from '../live/Live';
import { ApiProvider } from '../live/trpc';
import { Dialog } from '../ui/Dialog';
import { ToastProvider } from '../ui/Toast';
import { TooltipProvider } from '../ui/Tooltip';
import { Find } from './Find';
import { KeyHelp } from './KeyHelp';
import { Rail } from './Rail';
import { TopBar } from './TopBar';
import type { Theme } from './theme';
import { useKeys } from './useKeys';
import { useView } from './view';

/** Everything around a page: confirm bar, top bar, rail, find, help. */
export function AppShell({ theme, children }: { readonly theme: Theme; readonly children: ReactNode }) {
  return (
    <ApiProvider>
      <LiveProvider>
        <TooltipProvider>
          <ToastProvider>
            <Frame theme={theme}>{children}</Frame>
          </ToastProvider>
        </TooltipProvider>
      </LiveProvider>
    </ApiProvider>
  );
}

/** Keys lead to the buttons that matter, they never press them. */
const focusOn = (key: 'k' | 'a') => document.querySelector<HTMLElement>(`[data-key="${key}"]`)?.focus();

function Frame({ theme, children }: { readonly theme: Theme; readonly children: ReactNode }) {
  const [open, setOpen] = useState<'find' | 'help' | 'menu' | null>(null);
  const [rail, setRail] = useState(true);
  const view = useView();
  useKeys({
    '/': () => setOpen('find'),
    '?': () => setOpen('help'),
    a: () => focusOn('a'),
    n: () => view.go({ panel: 'new-network', host: view.host, change: null }),
  });
  useKeys({ k: () => focusOn('k') }, 'inDialogs');
  const close = () => setOpen(null);
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#main"
        className="sr-only z-50 bg-raised p-2 focus:not-sr-only focus:absolute focus:top-1 focus:left-1"
      >
        Skip to the content
      </a>
      <ConfirmBar />
      <TopBar
        theme={theme}
        railOpen={rail}
        onRail={() => setRail((r) => !r)}
        onMenu={() => setOpen('menu')}
        onFind={() => setOpen('find')}
        onHelp={() => setOpen('help')}
      />
      <div className="flex min-h-0 flex-1">
        {rail && (
          <aside className="hidden w-64 shrink-0 overflow-y-auto border-r border-line bg-bg md:block">
            <Rail />
          </aside>
        )}
        <main id="main" tabIndex={-1} className="relative min-w-0 flex-1 overflow-auto focus:outline-none">
          {children}
        </main>
      </div>
      <Find open={open === 'find'} onClose={close} />
      <KeyHelp open={open === 'help'} onClose={close} />
      <Dialog open={open === 'menu'} onClose={close} title="Patchbay" place="left">
        <Rail onGo={close} withPages />
      </Dialog>
    </div>
  );
}
