import { readReason } from '@/server/core/explain';

/** Why a change was taken back: a sentence, and below it, folded, the command and what its tool said. */
export function Why({ text }: { readonly text: string }) {
  const { sentence, words } = readReason(text);
  return (
    <>
      {sentence}
      {words !== null && (
        <details className="text-dim">
          <summary>What the tool said</summary>
          <pre className="overflow-x-auto whitespace-pre-wrap font-mono text-sm">{words}</pre>
        </details>
      )}
    </>
  );
}
