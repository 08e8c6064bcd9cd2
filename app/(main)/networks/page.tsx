import type { Metadata } from 'next';
import { NetworksPage } from '@/components/lists/NetworksPage';

export const metadata: Metadata = { title: 'Networks' };

export default function Page() {
  return <NetworksPage />;
}
