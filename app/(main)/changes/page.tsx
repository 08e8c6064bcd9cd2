import type { Metadata } from 'next';
import { ChangesPage } from '@/components/change/ChangesPage';

export const metadata: Metadata = { title: 'Changes' };

export default function Page() {
  return <ChangesPage />;
}
