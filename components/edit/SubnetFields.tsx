import { Plus, Trash2 } from 'lucide-react';
import { useFieldArray } from 'react-hook-form';
import { Button, IconButton } from '../ui/Button';
import { Field, FieldError, Input } from '../ui/Field';
import type { NetworkFormState } from './useNetworkForm';

type SubnetProps = {
  readonly state: NetworkFormState;
  readonly index: number;
  readonly onRemove: () => void;
};

const ICON = 'size-3.5';

/** One address of the host in the network, with what DHCP gives out there. */
export function SubnetFields({ state, index, onRemove }: SubnetProps) {
  const { form, values, problemAt } = state;
  const { register } = form;
  const at = `subnets.${index}` as const;
  const serves = values.subnets[index]?.dhcp ?? false;
  const dhcpProblem = problemAt(`${at}.dhcp`);
  return (
    <section aria-label={`Subnet ${index + 1}`} className="grid gap-3 rounded-md border border-line p-3">
      <div className="grid grid-cols-[1fr_72px_auto] items-start gap-2">
        <Field label="Address of the host (gateway)" error={problemAt(`${at}.address`)}>
          {(wiring) => <Input {...wiring} {...register(`${at}.address`)} mono placeholder="192.168.100.1" />}
        </Field>
        <Field label="Prefix" error={problemAt(`${at}.prefix`)}>
          {(wiring) => <Input {...wiring} {...register(`${at}.prefix`)} mono inputMode="numeric" />}
        </Field>
        <IconButton
          label={`Remove subnet ${index + 1}`}
          icon={<Trash2 aria-hidden className={ICON} />}
          onClick={onRemove}
          className="mt-6"
        />
      </div>
      <label className="flex items-center gap-2">
        <input type="checkbox" {...register(`${at}.dhcp`)} className="accent-(--accent)" />
        Give guests addresses by DHCP
      </label>
      {dhcpProblem && <FieldError text={dhcpProblem} />}
      {serves && (
        <>
          <Ranges state={state} index={index} />
          <Reservations state={state} index={index} />
        </>
      )}
    </section>
  );
}

function Ranges({ state, index }: Omit<SubnetProps, 'onRemove'>) {
  const { form, problemAt } = state;
  const { fields, append, remove } = useFieldArray({
    control: form.control,
    name: `subnets.${index}.ranges`,
  });
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium text-dim">DHCP ranges: first and last address</legend>
      {fields.map((field, n) => {
        const at = `subnets.${index}.ranges.${n}` as const;
        return (
          <div
            key={field.id}
            className="grid grid-cols-[1fr_auto] items-start gap-2 sm:grid-cols-[1fr_1fr_auto]"
          >
            <Field label={`Range ${n + 1}, first address`} hideLabel error={problemAt(`${at}.start`)}>
              {(w) => <Input {...w} {...form.register(`${at}.start`)} mono placeholder="First address" />}
            </Field>
            <Field
              label={`Range ${n + 1}, last address`}
              hideLabel
              error={problemAt(`${at}.end`)}
              className="max-sm:col-start-1"
            >
              {(w) => <Input {...w} {...form.register(`${at}.end`)} mono placeholder="Last address" />}
            </Field>
            <IconButton
              label={`Remove range ${n + 1}`}
              icon={<Trash2 aria-hidden className={ICON} />}
              onClick={() => remove(n)}
              className="max-sm:col-start-2 max-sm:row-start-1"
            />
          </div>
        );
      })}
      <div>
        <Button
          small
          icon={<Plus aria-hidden className={ICON} />}
          onClick={() => append({ start: '', end: '' })}
        >
          Add a range
        </Button>
      </div>
    </fieldset>
  );
}

function Reservations({ state, index }: Omit<SubnetProps, 'onRemove'>) {
  const { form, problemAt } = state;
  const { fields, append, remove } = useFieldArray({ control: form.control, name: `subnets.${index}.hosts` });
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium text-dim">
        Reservations: always the same address for a MAC
      </legend>
      {fields.map((field, n) => {
        const at = `subnets.${index}.hosts.${n}` as const;
        return (
          <div
            key={field.id}
            className="grid grid-cols-[1fr_auto] items-start gap-2 sm:grid-cols-[1.3fr_1.2fr_1fr_auto]"
          >
            <Field
              label={`Reservation ${n + 1}, MAC`}
              hideLabel
              error={problemAt(`${at}.mac`)}
              className="max-sm:col-start-1"
            >
              {(w) => <Input {...w} {...form.register(`${at}.mac`)} mono placeholder="52:54:00:12:34:56" />}
            </Field>
            <Field
              label={`Reservation ${n + 1}, address`}
              hideLabel
              error={problemAt(`${at}.ip`)}
              className="max-sm:col-start-1"
            >
              {(w) => <Input {...w} {...form.register(`${at}.ip`)} mono placeholder="Address" />}
            </Field>
            <Field
              label={`Reservation ${n + 1}, name`}
              hideLabel
              error={problemAt(`${at}.name`)}
              className="max-sm:col-start-1"
            >
              {(w) => <Input {...w} {...form.register(`${at}.name`)} mono placeholder="Name (optional)" />}
            </Field>
            <IconButton
              label={`Remove reservation ${n + 1}`}
              icon={<Trash2 aria-hidden className={ICON} />}
              onClick={() => remove(n)}
              className="max-sm:col-start-2 max-sm:row-start-1"
            />
          </div>
        );
      })}
      <div>
        <Button
          small
          icon={<Plus aria-hidden className={ICON} />}
          onClick={() => append({ mac: '', ip: '', name: '' })}
        >
          Add a reservation
        </Button>
      </div>
    </fieldset>
  );
}
