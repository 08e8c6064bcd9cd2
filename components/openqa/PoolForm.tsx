import type { ReactNode } from 'react';
import { Field, Input } from '../ui/Field';
import type { PoolValues } from './poolValues';

type PoolFormProps = {
  readonly id: string;
  readonly values: PoolValues;
  readonly problems: ReadonlyMap<string, string>;
  readonly onEdit: (values: PoolValues) => void;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
};

type TextField = Exclude<keyof PoolValues, 'masquerade'>;

/** How many workers there are, and what they are plugged into. */
export function PoolForm({ id, values, problems, onEdit, onSubmit, children }: PoolFormProps) {
  const field = (name: TextField, label: string, hint?: string, numeric = false) => (
    <Field label={label} hint={hint} error={problems.get(name)}>
      {(wiring) => (
        <Input
          {...wiring}
          mono
          inputMode={numeric ? 'numeric' : 'text'}
          value={values[name]}
          onChange={(e) => onEdit({ ...values, [name]: e.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      id={id}
      noValidate
      aria-label="Pool of workers"
      className="grid content-start gap-4 rounded-md border border-line bg-raised p-4"
      onSubmit={(e) => {
        e.preventDefault();
        onSubmit();
      }}
    >
      <div className="grid grid-cols-2 items-start gap-4">
        {field('workers', 'Workers', undefined, true)}
        {field('nics', 'NICs of a job', undefined, true)}
        {field('bridge', 'Bridge')}
        {field('address', 'Its address', 'Always in a /15.')}
        {field('owner', 'Owner of the taps', 'A user of the host.')}
        {field('group', 'Group')}
      </div>
      <label className="flex items-start gap-2">
        <input
          type="checkbox"
          checked={values.masquerade}
          onChange={(e) => onEdit({ ...values, masquerade: e.target.checked })}
          className="mt-1 accent-(--accent)"
        />
        <span>
          Guests reach the outside
          <span className="block text-sm text-dim">
            By addresses of the host (NAT). Without it, a firewall of yours decides.
          </span>
        </span>
      </label>
      {field('network', 'Network', 'What it is called here.')}
      {field('classes', 'Worker classes', 'Beside tap, which every worker gets.')}
      {field(
        'peers',
        'Other hosts',
        'Addresses to join by GRE. Their tunnels are in the files; Patchbay makes none.',
      )}
      {children}
    </form>
  );
}
