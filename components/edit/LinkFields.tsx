'use client';
import type { UseFormRegister, UseFormRegisterReturn } from 'react-hook-form';
import { Field, FieldError } from '../ui/Field';
import type { LinkValues } from './linkValues';

type LinkPortsProps = {
  readonly title: string;
  readonly devices: readonly string[];
  readonly register: UseFormRegister<LinkValues>;
  readonly error: string | undefined;
};

/** Which devices of the host are its ports. */
export function LinkPorts({ title, devices, register, error }: LinkPortsProps) {
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{title}</legend>
      {error !== undefined && <FieldError text={error} />}
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {devices.map((d) => (
          <label key={d} className="flex min-h-6 items-center gap-1.5">
            <input type="checkbox" value={d} {...register('ports')} className="accent-(--accent)" />
            <span className="mono">{d}</span>
          </label>
        ))}
        {devices.length === 0 && <p className="text-dim">This host has no device that could be one.</p>}
      </div>
    </fieldset>
  );
}

type LinesProps = {
  readonly label: string;
  readonly hint: string;
  readonly error: string | undefined;
  readonly field: UseFormRegisterReturn;
};

/** A list as text, one entry a line. */
export function Lines({ label, hint, error, field }: LinesProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <textarea
          {...wiring}
          {...field}
          rows={3}
          autoComplete="off"
          spellCheck={false}
          className="mono w-full min-w-0 rounded-md border border-strong bg-raised px-2 py-1 text-text aria-invalid:border-red pointer-coarse:text-[16px]"
        />
      )}
    </Field>
  );
}
