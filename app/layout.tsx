import type { Metadata, Viewport } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { THEME_COOKIE, toTheme } from '@/components/shell/theme';
import './globals.css';

export const metadata: Metadata = { title: { default: 'Patchbay', template: '%s · Patchbay' } };
export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

/** Reads a cookie, and so makes every page dynamic: each response has its own nonce. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = toTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <body>{children}</body>
    </html>
  );
}
