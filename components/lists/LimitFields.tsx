'use client';
import type { Bandwidth } from '@/server/core/kinds/port';
import type { Problem } from '@/server/core/result';
import { BandwidthFields } from '../edit/sections/BandwidthSection';
import { useLimitForm } from '../edit/useLimitForm';
import { FormProvider } from '../edit/useNetworkForm';
import { FailureNote } from '../ui/FailureNote';

/** A NIC that can be limited, by a key of its own. */
export type LimitChoice = { readonly key: string; readonly label: string; readonly now: string };

type LimitFieldsProps = {
  readonly form: string;
  /** What stands in the fields at first. */
  readonly initial: Bandwidth | null;
  readonly choices: readonly LimitChoice[];
  readonly chosen: ReadonlySet<string>;
  readonly failure: { readonly message: string; readonly problems?: readonly Problem[] | undefined } | null;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  readonly onEdit: () => void;
  /** Null: without limits of their own. */
  readonly onLimit: (bandwidth: Bandwidth | null) => void;
};

/** One limit for all NICs that are chosen. */
export function LimitFields(props: LimitFieldsProps) {
  const { form, initial, choices, chosen, failure, onChoose, onEdit, onLimit } = props;
  const { state, finish } = useLimitForm(initial, failure?.problems ?? [], onEdit);
  const toggle = (key: string, on: boolean) => {
    onEdit();
    onChoose(new Set(on ? [...chosen, key] : [...chosen].filter((k) => k !== key)));
  };
  return (
    <FormProvider value={state}>
      <form
        id={form}
        noValidate
        className="grid min-w-0 gap-4 p-4"
        onFocus={(e) => state.onFocus((e.target as Element).getAttribute('name') ?? '')} // React types it as the form
        onBlur={state.onBlur}
        onSubmit={(e) => {
          e.preventDefault();
          const bandwidth = finish();
          if (bandwidth !== undefined && chosen.size > 0) onLimit(bandwidth);
        }}
      >
        {failure && <FailureNote message={failure.message} />}
        <fieldset className="grid min-w-0 gap-1">
          <legend className="mb-1 text-sm font-medium text-dim">NICs</legend>
          {choices.map(({ key, label, now }) => (
            <label key={key} className="flex min-w-0 items-start gap-2 pointer-coarse:py-1.5">
              <input
                type="checkbox"
                checked={chosen.has(key)}
                onChange={(e) => toggle(key, e.target.checked)}
                className="mt-1 accent-(--accent)"
              />
              <span className="min-w-0">
                <span className="mono">{label}</span>
                <span className="block text-sm text-dim">{now === '' ? 'no limits of its own' : now}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <BandwidthFields at="bandwidth" floor />
        <p className="text-sm text-dim">
          These take the place of what a portgroup says. All empty: no limits of their own.
        </p>
      </form>
    </FormProvider>
  );
}
