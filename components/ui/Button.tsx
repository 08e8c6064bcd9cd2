import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classes } from './classes';
import { Spinner } from './Spinner';
import { Tooltip } from './Tooltip';

const LOOKS = {
  primary: 'bg-accent text-accent-text border-accent hover:brightness-110',
  plain: 'bg-raised text-text border-line hover:border-strong hover:bg-sunken',
  danger: 'bg-raised text-red border-line hover:border-red hover:bg-red-soft',
  ghost: 'bg-transparent text-text border-transparent hover:bg-sunken',
} as const;

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly look?: keyof typeof LOOKS;
  readonly icon?: ReactNode;
  /** What it is doing, while it does it: shows a spinner and takes no clicks. */
  readonly busy?: string | false | undefined;
  readonly small?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
};

export function Button(props: ButtonProps) {
  const { look = 'plain', icon, busy, small, className, children, disabled, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || Boolean(busy)}
      aria-busy={busy ? true : undefined}
      className={classes(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none',
        'disabled:opacity-60 disabled:cursor-not-allowed',
        small ? 'h-6 px-2 text-sm pointer-coarse:h-9' : 'h-8 px-3 pointer-coarse:h-10',
        LOOKS[look],
        className,
      )}
    >
      {busy ? <Spinner /> : icon}
      {busy || children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonProps, 'children' | 'icon'> & {
  readonly label: string;
  readonly icon: ReactNode;
  readonly shortcut?: string;
};

/** A button that is only an icon: its name is in the tooltip and for screen readers. */
export function IconButton({
  label,
  icon,
  shortcut,
  look = 'ghost',
  small,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={shortcut ? `${label} (${shortcut})` : label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md border disabled:opacity-60',
          small ? 'size-6 pointer-coarse:size-9' : 'size-8 pointer-coarse:size-10',
          LOOKS[look],
          className,
        )}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
