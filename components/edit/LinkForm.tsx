'use client';
import { type FormEvent, useMemo, useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import type { CheckContext } from '@/server/core/check-context';
import { Bond, type HostLink } from '@/server/core/kinds/link';
import type { Failure } from '@/server/core/result';
import { FailureNote } from '../ui/FailureNote';
import { Field, FieldError, Input, Select } from '../ui/Field';
import { Lines, LinkPorts } from './LinkFields';
import { byLinkField, checkLinkValues, type LinkValues, toLinkInput, toLinkValues } from './linkValues';
import { TapFields } from './TapFields';

type LinkFormProps = {
  readonly id: string;
  readonly initial: HostLink;
  readonly editing: boolean;
  readonly context: CheckContext;
  /** Devices of the host that it may be made of. */
  readonly devices: readonly string[];
  /** What the server said about what was sent last. */
  readonly failure: Failure | null;
  readonly onSubmit: (link: HostLink) => void;
  readonly onEdit: () => void;
};

const SHOWN = [
  'name',
  'ports',
  'addresses',
  'routes',
  'mtu',
  'mac',
  'delay',
  'vlans',
  'device',
  'id',
  'mode',
  'primary',
  'miimon',
  'lacpRate',
  'hashPolicy',
  'user',
  'group',
  'bridge',
  'tapVlan',
];

/** Defines a bridge, VLAN or bond of the host. Nothing happens on the host: what comes out is a change to review. */
export function LinkForm({
  id,
  initial,
  editing,
  context,
  devices,
  failure,
  onSubmit,
  onEdit,
}: LinkFormProps) {
  const form = useForm<LinkValues>({ defaultValues: toLinkValues(initial) });
  const { register } = form;
  const values = useWatch({ control: form.control }) as LinkValues; // all fields are registered with defaults
  const [submitted, setSubmitted] = useState(false);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const checked = useMemo(
    () => checkLinkValues(toLinkInput(values, initial), context),
    [values, initial, context],
  );
  const found = useMemo(
    () => byLinkField([...checked.problems, ...(failure?.problems ?? [])]),
    [checked, failure],
  );
  const problemAt = (field: string) => (submitted || left.has(field) ? found.get(field) : undefined);
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const element = e.currentTarget;
    setSubmitted(true);
    if (checked.link) return onSubmit(checked.link);
    // After the messages are drawn.
    requestAnimationFrame(() => element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const { kind } = initial;
  return (
    <form
      id={id}
      noValidate
      onSubmit={submit}
      onChange={onEdit}
      onBlur={(e) => {
        const name = (e.target as Element).getAttribute('name'); // React types it as the form
        if (name !== null) setLeft((all) => new Set(all).add(name));
      }}
      className="grid gap-5 p-4"
    >
      {failure && <FailureNote message={failure.message} detail={failure.detail} />}
      {submitted &&
        [...found].flatMap(([field, message]) =>
          SHOWN.includes(field) ? [] : [<FieldError key={field} text={message} />],
        )}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Name" hint="The interface on the host." error={problemAt('name')}>
          {(wiring) => (
            <Input {...wiring} {...register('name')} mono autoFocus={!editing} disabled={editing} />
          )}
        </Field>
        {kind === 'vlan' && (
          <Field label="VLAN tag" error={problemAt('id')}>
            {(wiring) => <Input {...wiring} {...register('id')} mono inputMode="numeric" />}
          </Field>
        )}
      </div>
      {kind === 'vlan' ? (
        <Field label="Device" hint="What carries the VLAN." error={problemAt('device')} className="sm:w-1/2">
          {(wiring) => (
            <Select {...wiring} {...register('device')}>
              {[...new Set([...devices, values.device])].map((d) => (
                <option key={d}>{d}</option>
              ))}
            </Select>
          )}
        </Field>
      ) : kind === 'tap' ? (
        <TapFields bridges={devices} values={values} register={register} problemAt={problemAt} />
      ) : (
        <LinkPorts
          title={kind === 'bond' ? 'Members' : 'Uplinks'}
          devices={[...new Set([...devices.filter((d) => d !== initial.name), ...values.ports])].sort()}
          register={register}
          error={problemAt('ports')}
        />
      )}
      {kind === 'bond' && <BondFields values={values} register={register} problemAt={problemAt} />}
      <Lines
        label="Addresses of the host"
        hint="One a line: 192.0.2.10/24"
        error={problemAt('addresses')}
        field={register('addresses')}
      />
      <Lines
        label="Routes"
        hint="One a line: default via 192.0.2.1 metric 100"
        error={problemAt('routes')}
        field={register('routes')}
      />
      {kind === 'bridge' && (
        <fieldset className="grid gap-3">
          <legend className="mb-1 font-medium">Bridge</legend>
          <label className="flex items-start gap-2">
            <input type="checkbox" {...register('stp')} className="mt-1 accent-(--accent)" />
            <span>Spanning tree (STP)</span>
          </label>
          {values.stp && (
            <Field label="Forward delay (s)" error={problemAt('delay')} className="w-40">
              {(wiring) => (
                <Input {...wiring} {...register('delay')} mono placeholder="2" inputMode="numeric" />
              )}
            </Field>
          )}
          <label className="flex items-start gap-2">
            <input type="checkbox" {...register('vlanAware')} className="mt-1 accent-(--accent)" />
            <span>
              VLAN-aware
              <span className="block text-sm text-dim">Every port has VLANs of its own.</span>
            </span>
          </label>
          {values.vlanAware && (
            <Field label="VLANs on the uplinks, tagged" hint="10-12, 20" error={problemAt('vlans')}>
              {(wiring) => <Input {...wiring} {...register('vlans')} mono />}
            </Field>
          )}
        </fieldset>
      )}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="MTU" hint="Bytes; empty: as it comes." error={problemAt('mtu')}>
          {(wiring) => <Input {...wiring} {...register('mtu')} mono inputMode="numeric" />}
        </Field>
        <Field label="MAC" hint="Empty: that of the first device." error={problemAt('mac')}>
          {(wiring) => <Input {...wiring} {...register('mac')} mono />}
        </Field>
      </div>
      {initial.adopted && (
        <label className="flex items-start gap-2">
          <input type="checkbox" {...register('adopted')} className="mt-1 accent-(--accent)" />
          <span>
            It was here before Patchbay
            <span className="block text-sm text-dim">Deleted here, it is only forgotten and stays.</span>
          </span>
        </label>
      )}
    </form>
  );
}

type BondFieldsProps = {
  readonly values: LinkValues;
  readonly register: ReturnType<typeof useForm<LinkValues>>['register'];
  readonly problemAt: (field: string) => string | undefined;
};

function BondFields({ values, register, problemAt }: BondFieldsProps) {
  const choice = (all: readonly string[], none: string) => [
    <option key="" value="">
      {none}
    </option>,
    ...all.map((o) => <option key={o}>{o}</option>),
  ];
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label="Mode" error={problemAt('mode')}>
        {(wiring) => (
          <Select {...wiring} {...register('mode')}>
            {Bond.shape.mode.options.map((m) => (
              <option key={m}>{m}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Carrier interval (ms)" error={problemAt('miimon')}>
        {(wiring) => <Input {...wiring} {...register('miimon')} mono placeholder="100" inputMode="numeric" />}
      </Field>
      <Field label="Primary member" error={problemAt('primary')}>
        {(wiring) => (
          <Select {...wiring} {...register('primary')}>
            {choice([...new Set([...values.ports, ...(values.primary ? [values.primary] : [])])], 'None')}
          </Select>
        )}
      </Field>
      <Field label="LACP rate" error={problemAt('lacpRate')}>
        {(wiring) => (
          <Select {...wiring} {...register('lacpRate')}>
            {choice(['slow', 'fast'], 'As it comes')}
          </Select>
        )}
      </Field>
      <Field label="Hash policy" error={problemAt('hashPolicy')}>
        {(wiring) => (
          <Select {...wiring} {...register('hashPolicy')}>
            {choice(Bond.shape.hashPolicy.unwrap().options, 'As it comes')}
          </Select>
        )}
      </Field>
    </div>
  );
}
