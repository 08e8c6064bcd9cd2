import type { Metadata } from 'next';
import { GuestsPage } from '@/components/lists/GuestsPage';

export const metadata: Metadata = { title: 'Guests' };

export default function Page() {
  return <GuestsPage />;
}
