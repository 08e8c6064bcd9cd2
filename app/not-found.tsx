import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center gap-2 p-6 text-center">
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="text-dim">
        The address may be mistyped, or what it named is gone.{' '}
        <Link href="/" className="text-accent underline underline-offset-2">
          Go to the topology
        </Link>
      </p>
    </main>
  );
}
