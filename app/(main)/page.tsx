import type { Metadata } from 'next';
import { OneScreen } from '@/components/screen/OneScreen';

export const metadata: Metadata = { title: 'Topology' };

export default function Page() {
  return <OneScreen />;
}
