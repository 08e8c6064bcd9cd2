import { ChevronRight, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button, IconButton } from '../ui/Button';
import { Field, FieldError, Input, Select, TextArea } from '../ui/Field';
import { rowsAt, textAt, treeAt } from './shape';
import { useFields } from './useNetworkForm';

/*
 * Controls of a form, each at the field that its path names.
 */

type CellProps = {
  readonly at: string;
  readonly label: string;
  readonly hint?: ReactNode;
  readonly placeholder?: string;
  /** A column says it, or the placeholder; the label is for screen readers. */
  readonly hideLabel?: boolean;
  readonly className?: string;
};

type TextProps = CellProps & {
  readonly plain?: boolean;
  readonly numeric?: boolean;
  readonly autoFocus?: boolean;
  readonly onLeave?: (typed: string) => void;
  /** Another way to set the same. */
  readonly below?: ReactNode;
};

/** One line; monospace unless it is `plain` words. */
export function TextCell(props: TextProps) {
  const { at, placeholder, plain, numeric, autoFocus, onLeave, below, ...field } = props;
  const { values, set, problemAt } = useFields();
  return (
    <Field {...field} error={problemAt(at)}>
      {(wiring) => (
        <>
          <Input
            {...wiring}
            name={at}
            value={textAt(values, at)}
            onChange={(e) => set(at, e.target.value)}
            onBlur={(e) => onLeave?.(e.target.value)}
            mono={!plain}
            {...(numeric ? { inputMode: 'numeric' as const } : {})}
            {...(placeholder === undefined ? {} : { placeholder })}
            {...(autoFocus ? { autoFocus: true } : {})}
          />
          {below}
        </>
      )}
    </Field>
  );
}

export function AreaCell({ at, placeholder, ...field }: CellProps) {
  const { values, set, problemAt } = useFields();
  const text = textAt(values, at);
  return (
    <Field {...field} error={problemAt(at)}>
      {(wiring) => (
        <TextArea
          {...wiring}
          name={at}
          value={text}
          rows={Math.min(8, Math.max(2, text.split('\n').length))}
          onChange={(e) => set(at, e.target.value)}
          {...(placeholder === undefined ? {} : { placeholder })}
        />
      )}
    </Field>
  );
}

type ChoiceProps = CellProps & {
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChoose?: (value: string) => void;
};

export function ChoiceCell({ at, options, onChoose, ...field }: ChoiceProps) {
  const { values, set, problemAt } = useFields();
  const value = textAt(values, at);
  const all = options.some(([v]) => v === value) ? options : [...options, [value, value] as const];
  return (
    <Field {...field} error={problemAt(at)}>
      {(wiring) => (
        <Select
          {...wiring}
          name={at}
          value={value}
          onChange={(e) => {
            set(at, e.target.value);
            onChoose?.(e.target.value);
          }}
        >
          {all.map(([v, label]) => (
            <option key={v} value={v}>
              {label}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** Yes, no, or not said: then it is as `usual` says. */
export const YesNoCell = ({ usual, ...cell }: CellProps & { readonly usual: 'yes' | 'no' }) => (
  <ChoiceCell
    {...cell}
    options={[
      ['', `Usual (${usual})`],
      ['yes', 'Yes'],
      ['no', 'No'],
    ]}
  />
);

export function FlagCell({ at, label, hint, className }: CellProps) {
  const { values, set, problemAt } = useFields();
  const problem = problemAt(at);
  return (
    <div className={className}>
      <label className="flex items-start gap-2">
        <input
          type="checkbox"
          name={at}
          checked={treeAt(values, at) === true}
          aria-invalid={problem !== undefined}
          onChange={(e) => set(at, e.target.checked)}
          className="mt-1 accent-(--accent)"
        />
        <span>
          {label}
          {hint && <span className="block text-sm text-dim">{hint}</span>}
        </span>
      </label>
      {problem !== undefined && <FieldError text={problem} />}
    </div>
  );
}

const ICON = 'size-3.5';
/** A sentence below a row is as wide as that: in a column of 80 px it would have a line for every word. */
const BELOW = 'sm:[&_[role=alert]]:order-last sm:[&_[role=alert]]:col-span-full';

type RowsProps = {
  readonly at: string;
  readonly title: string;
  /** What one of them is called: "range". */
  readonly noun: string;
  /** Classes for the widths of the columns where there is room for a row; without them a row is a card. */
  readonly columns?: string;
  /** The value of a new row. */
  readonly fresh?: () => unknown;
  readonly children: (at: string, n: number) => ReactNode;
  readonly empty?: ReactNode;
};

/** Rows of fields that can be added and removed; on a phone a row's fields stand below each other. */
export function RowsOf({ at, title, noun, columns, fresh, children, empty }: RowsProps) {
  const { values, add, remove, problemAt } = useFields();
  const all = rowsAt(values, at);
  const problem = problemAt(at);
  const removeButton = (n: number) => (
    <IconButton
      label={`Remove ${noun} ${n + 1}`}
      icon={<Trash2 aria-hidden className={ICON} />}
      onClick={() => remove(at, n)}
      className={columns === undefined ? 'absolute top-1 right-1' : 'max-sm:col-start-2 max-sm:row-start-1'}
    />
  );
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 text-sm font-medium text-dim">{title}</legend>
      {problem !== undefined && <FieldError text={problem} />}
      {all.map((row, n) =>
        columns === undefined ? (
          <section
            key={String(row.id)}
            aria-label={`${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${n + 1}`}
            className="relative grid min-w-0 gap-3 rounded-md border border-line p-3"
          >
            {children(`${at}.${n}`, n)}
            {removeButton(n)}
          </section>
        ) : (
          <div
            key={String(row.id)}
            className={`grid grid-cols-[1fr_auto] items-start gap-2 max-sm:border-b max-sm:border-line max-sm:pb-2 ${BELOW} ${columns}`}
          >
            {children(`${at}.${n}`, n)}
            {removeButton(n)}
          </div>
        ),
      )}
      {all.length === 0 && empty}
      <div>
        <Button small icon={<Plus aria-hidden className={ICON} />} onClick={() => add(at, fresh?.())}>
          Add {/^[aeio]/.test(noun) ? 'an' : 'a'} {noun}
        </Button>
      </div>
    </fieldset>
  );
}

/** A cell in a row: its label is for screen readers, what it is stands in it; what is wrong, below the row. */
export const RowCell = (props: TextProps) => (
  <TextCell {...props} hideLabel className="max-sm:col-start-1 sm:contents" />
);

type FoldProps = {
  readonly title: string;
  /** What lies in it; it opens when something is filled in there, or wrong. */
  readonly fields: readonly string[];
  readonly children: ReactNode;
};

export function Fold({ title, fields, children }: FoldProps) {
  const { holds, problemIn } = useFields();
  const [open, setOpen] = useState(() => holds(fields));
  return (
    <details
      open={open || problemIn(fields)}
      onToggle={(e) => setOpen(e.currentTarget.open)}
      className="group min-w-0 border-t border-line pt-2 [&[open]>summary>svg]:rotate-90"
    >
      <summary className="flex list-none items-center gap-1 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 text-dim transition-transform" />
        {title}
        {holds(fields) && <span className="ml-1 text-sm font-normal text-dim">in use</span>}
      </summary>
      <div className="grid gap-3 pt-3 pb-1">{children}</div>
    </details>
  );
}
