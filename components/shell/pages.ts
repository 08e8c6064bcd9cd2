/** The pages of the application, in the order people need them. */
export const PAGES = [
  { href: '/', label: 'Topology' },
  { href: '/networks', label: 'Networks' },
  { href: '/guests', label: 'Guests' },
  { href: '/changes', label: 'Changes' },
  { href: '/hosts', label: 'Hosts' },
  { href: '/openqa', label: 'openQA' },
] as const;

/** `/changes/…` belongs to Changes; `/` only to itself. */
export const isCurrent = (href: string, path: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
