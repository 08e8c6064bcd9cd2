import { CircleAlert } from 'lucide-react';
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classes } from './classes';

type FieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** The label is for screen readers only: a column header says it. */
  readonly hideLabel?: boolean;
  readonly className?: string;
  readonly children: (wiring: {
    id: string;
    'aria-invalid': boolean;
    'aria-describedby': string | undefined;
  }) => ReactNode;
};

/** Label, control, hint and message, tied together for screen readers. */
export function Field({ label, hint, error, hideLabel, className, children }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  return (
    <div className={classes('grid min-w-0 content-start gap-1', className)}>
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'font-medium'}>
        {label}
      </label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': error !== undefined || hint ? note : undefined,
      })}
      {error !== undefined ? (
        <FieldError id={note} text={error} />
      ) : (
        hint && (
          <p id={note} className="text-sm text-dim">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export function FieldError({ id, text }: { readonly id?: string; readonly text: string }) {
  return (
    <p {...(id ? { id } : {})} role="alert" className="flex items-start gap-1 text-sm text-red">
      <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
      <span className="min-w-0 break-words">{text}</span>
    </p>
  );
}

// 16 px for fingers: below that, phones zoom in when a field is touched.
const BOX =
  'pointer-coarse:text-[16px] w-full min-w-0 rounded-md border bg-raised px-2 text-text border-strong aria-invalid:border-red disabled:opacity-60';
const CONTROL = `h-8 pointer-coarse:h-10 ${BOX}`;

type InputProps = InputHTMLAttributes<HTMLInputElement> & {
  readonly ref?: Ref<HTMLInputElement>;
  /** Names, addresses and commands are set in monospace. */
  readonly mono?: boolean;
};

export const Input = ({ mono, className, ...rest }: InputProps) => (
  <input
    autoComplete="off"
    spellCheck={false}
    {...rest}
    className={classes(CONTROL, mono && 'mono', className)}
  />
);

type SelectProps = SelectHTMLAttributes<HTMLSelectElement> & { readonly ref?: Ref<HTMLSelectElement> };

export const Select = ({ className, ...rest }: SelectProps) => (
  <select {...rest} className={classes(CONTROL, 'pr-1', className)} />
);

type TextAreaProps = TextareaHTMLAttributes<HTMLTextAreaElement> & {
  readonly ref?: Ref<HTMLTextAreaElement>;
};

/** Several lines of text as it is: XML, options, a description. */
export const TextArea = ({ className, ...rest }: TextAreaProps) => (
  <textarea
    autoComplete="off"
    spellCheck={false}
    {...rest}
    className={classes(BOX, 'mono min-h-8 py-1.5', className)}
  />
);
