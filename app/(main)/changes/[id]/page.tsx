import type { Metadata } from 'next';
import { ChangePage } from '@/components/change/ChangePage';

export const metadata: Metadata = { title: 'Change' };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  return <ChangePage id={(await params).id} />;
}
