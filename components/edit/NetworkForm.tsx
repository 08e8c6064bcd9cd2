'use client';
import { Plus } from 'lucide-react';
import { type FormEvent, useRef } from 'react';
import { useFieldArray } from 'react-hook-form';
import type { CheckContext } from '@/server/core/check';
import type { Network } from '@/server/core/kinds/network';
import type { Failure, Problem } from '@/server/core/result';
import { suggestNetwork } from '@/server/core/suggest';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Field, FieldError, Input, Select } from '../ui/Field';
import { ForwardMode } from './ForwardMode';
import { EMPTY_SUBNET, toValues } from './networkValues';
import { SubnetFields } from './SubnetFields';
import { useNetworkForm } from './useNetworkForm';

type NetworkFormProps = {
  readonly id: string;
  readonly initial: Network;
  /** The network as it is committed, when it is edited. */
  readonly editing: boolean;
  readonly context: CheckContext;
  /** Names of devices that lead outside. */
  readonly devices: readonly string[];
  /** What the server said about what was sent last. */
  readonly failure: Failure | null;
  readonly onSubmit: (network: Network) => void;
  readonly onEdit: () => void;
};

const NONE: readonly Problem[] = [];

/** Defines a network. Nothing happens on the host: what comes out is a change to review. */
export function NetworkForm(props: NetworkFormProps) {
  const { id, initial, editing, context, devices, failure, onSubmit, onEdit } = props;
  const state = useNetworkForm(initial, context, failure?.problems ?? NONE);
  const { form, values, problemAt } = state;
  const { register } = form;
  const subnets = useFieldArray({ control: form.control, name: 'subnets' });
  const element = useRef<HTMLFormElement>(null);
  const suggested = useRef(toValues(initial).subnets);

  const submit = (e: FormEvent) => {
    e.preventDefault();
    const network = state.finish();
    if (network) return onSubmit(network);
    // After the messages are drawn.
    requestAnimationFrame(() =>
      element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    );
  };
  /** An untouched suggestion follows the mode: routed networks want a block that the outside routes. */
  const followMode = () => {
    if (editing || JSON.stringify(form.getValues('subnets')) !== JSON.stringify(suggested.current)) return;
    const fitting = suggestNetwork(context.others, context.observed, form.getValues('mode'));
    suggested.current = toValues(fitting).subnets;
    form.resetField('subnets', { defaultValue: suggested.current });
  };
  const subnetsProblem = problemAt('subnets');
  return (
    <form
      id={id}
      ref={element}
      noValidate
      onSubmit={submit}
      onChange={onEdit}
      onFocus={(e) => state.onFocus((e.target as Element).getAttribute('name') ?? '')} // React types it as the form
      onBlur={state.onBlur}
      className="grid gap-5 p-4"
    >
      {failure && <FailureNote message={failure.message} detail={failure.detail} />}
      {state.others.map((message) => (
        <FieldError key={message} text={message} />
      ))}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Name" hint="What it is called in Patchbay." error={problemAt('name')}>
          {(wiring) => <Input {...wiring} {...register('name')} mono autoFocus={!editing} />}
        </Field>
        <Field label="Bridge" hint="The interface it becomes on the host." error={problemAt('bridge')}>
          {(wiring) => <Input {...wiring} {...register('bridge')} mono />}
        </Field>
      </div>
      <ForwardMode register={register} onChoose={followMode} />
      {values.mode !== 'none' && (
        <Field
          label="Leaves through"
          hint="Any: where the host's routes lead."
          error={problemAt('dev')}
          className="sm:w-1/2"
        >
          {(wiring) => (
            <Select {...wiring} {...register('dev')}>
              <option value="">Any device</option>
              {[...new Set([...devices, ...(values.dev ? [values.dev] : [])])].map((d) => (
                <option key={d}>{d}</option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <fieldset className="grid gap-2">
        <legend className="mb-1 font-medium">Subnets</legend>
        {subnetsProblem && <FieldError text={subnetsProblem} />}
        {subnets.fields.map((field, n) => (
          <SubnetFields key={field.id} state={state} index={n} onRemove={() => subnets.remove(n)} />
        ))}
        {subnets.fields.length === 0 && (
          <p className="text-dim">
            No subnet: the bridge only connects guests, the host has no address in it.
          </p>
        )}
        <div>
          <Button
            small
            icon={<Plus aria-hidden className="size-3.5" />}
            onClick={() => subnets.append(EMPTY_SUBNET)}
          >
            Add a subnet
          </Button>
        </div>
      </fieldset>
      <label className="flex items-start gap-2">
        <input type="checkbox" {...register('stp')} className="mt-1 accent-(--accent)" />
        <span>
          Spanning tree (STP)
          <span className="block text-sm text-dim">
            Only where guests could connect bridges with each other.
          </span>
        </span>
      </label>
    </form>
  );
}
