import type { Metadata } from 'next';
import { OpenqaPage } from '@/components/openqa/OpenqaPage';

export const metadata: Metadata = { title: 'openQA' };

export default function Page() {
  return <OpenqaPage />;
}
