'use client';
import { Button } from '@/components/ui/Button';
import { FailureNote } from '@/components/ui/FailureNote';

export default function PageError({ error, reset }: { readonly error: Error; readonly reset: () => void }) {
  return (
    <div className="mx-auto max-w-160 p-6">
      <FailureNote
        message="This page could not be shown: there is a mistake in Patchbay."
        detail={error.message}
        action={<Button onClick={reset}>Try again</Button>}
      />
    </div>
  );
}
