'use client';
import { useMutation } from '@tanstack/react-query';
import {
  CircleHelp,
  EllipsisVertical,
  LogOut,
  Menu as MenuIcon,
  PanelLeft,
  Plus,
  Search,
  Settings,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { toLogin, useTRPC } from '../live/trpc';
import { Button, IconButton } from '../ui/Button';
import { Menu } from '../ui/Menu';
import { Logo } from './Logo';
import { isCurrent, PAGES } from './pages';
import { ThemeMenu } from './ThemeMenu';
import type { Theme } from './theme';
import { useView } from './view';

type TopBarProps = {
  readonly theme: Theme;
  readonly railOpen: boolean;
  readonly onRail: () => void;
  readonly onMenu: () => void;
  readonly onFind: () => void;
  readonly onHelp: () => void;
};

const NEW = [
  ['new-network', 'Network'],
  ['new-bridge', 'Bridge of the host'],
  ['new-vlan', 'VLAN of the host'],
  ['new-bond', 'Bond of the host'],
  ['new-tap', 'Tap of the host'],
] as const;

export function TopBar({ theme, railOpen, onRail, onMenu, onFind, onHelp }: TopBarProps) {
  const path = usePathname();
  const router = useRouter();
  const view = useView();
  const trpc = useTRPC();
  const logout = useMutation(trpc.session.logout.mutationOptions({ onSettled: toLogin }));
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-raised px-2">
      <IconButton
        label="Menu"
        className="md:hidden!"
        icon={<MenuIcon aria-hidden className="size-4" />}
        onClick={onMenu}
      />
      <IconButton
        label={railOpen ? 'Hide the list of hosts' : 'Show the list of hosts'}
        className="max-md:hidden!"
        aria-expanded={railOpen}
        icon={<PanelLeft aria-hidden className="size-4" />}
        onClick={onRail}
      />
      <Link href="/" className="mr-3 flex items-center gap-2 rounded-md px-1 font-semibold">
        <Logo />
        Patchbay
      </Link>
      <nav aria-label="Pages" className="hidden h-full items-stretch gap-1 md:flex">
        {PAGES.map((p) => (
          <Link
            key={p.href}
            href={p.href}
            aria-current={isCurrent(p.href, path) ? 'page' : undefined}
            className="flex items-center border-b-2 border-transparent px-2.5 text-dim hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
          >
            {p.label}
          </Link>
        ))}
      </nav>
      <div className="flex-1" />
      <button
        type="button"
        onClick={onFind}
        aria-keyshortcuts="/"
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-bg px-2 text-dim hover:border-strong lg:w-52"
      >
        <Search aria-hidden className="size-4" />
        <span className="flex-1 text-left max-lg:sr-only">Find</span>
        <kbd aria-hidden className="rounded border border-line px-1 text-xs max-lg:hidden">
          /
        </kbd>
      </button>
      <Menu
        trigger={
          <Button
            look="primary"
            className="max-sm:w-8 max-sm:px-0"
            icon={<Plus aria-hidden className="size-4" />}
            aria-keyshortcuts="n"
          >
            <span className="max-sm:sr-only">New</span>
          </Button>
        }
        items={NEW.map(([panel, label]) => ({
          label,
          onSelect: () => view.go({ panel, host: view.host, link: null, change: null }),
        }))}
      />
      <ThemeMenu initial={theme} />
      <Menu
        trigger={<IconButton label="More" icon={<EllipsisVertical aria-hidden className="size-4" />} />}
        items={[
          { label: 'Settings', icon: <Settings aria-hidden />, onSelect: () => router.push('/settings') },
          { label: 'Keys', icon: <CircleHelp aria-hidden />, onSelect: onHelp },
          { label: 'Log out', icon: <LogOut aria-hidden />, onSelect: () => logout.mutate() },
        ]}
      />
    </header>
  );
}
