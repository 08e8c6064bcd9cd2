'use client';
import type { UseFormRegister } from 'react-hook-form';
import { Field, Input, Select } from '../ui/Field';
import type { LinkValues } from './linkValues';

type TapFieldsProps = {
  readonly bridges: readonly string[];
  readonly values: LinkValues;
  readonly register: UseFormRegister<LinkValues>;
  readonly problemAt: (field: string) => string | undefined;
};

/** What a tap is plugged into, and who may open it. */
export function TapFields({ bridges, values, register, problemAt }: TapFieldsProps) {
  const choices = [...new Set([...bridges, ...(values.bridge === '' ? [] : [values.bridge])])];
  return (
    <div className="grid gap-4">
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Plugged into" error={problemAt('bridge')}>
          {(wiring) => (
            <Select {...wiring} {...register('bridge')}>
              <option value="">Nothing in particular</option>
              {choices.map((b) => (
                <option key={b}>{b}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="VLANs"
          hint="Of a VLAN-aware bridge, or Open vSwitch: 10, or a trunk: 10 native, 20"
          error={problemAt('tapVlan')}
        >
          {(wiring) => <Input {...wiring} {...register('tapVlan')} mono />}
        </Field>
        <Field label="User" hint="Who may open it beside root." error={problemAt('user')}>
          {(wiring) => <Input {...wiring} {...register('user')} mono />}
        </Field>
        <Field label="Group" error={problemAt('group')}>
          {(wiring) => <Input {...wiring} {...register('group')} mono />}
        </Field>
      </div>
      <label className="flex items-start gap-2">
        <input type="checkbox" {...register('keepVlans')} className="mt-1 accent-(--accent)" />
        <span>
          Somebody else sets its VLANs
          <span className="block text-sm text-dim">openQA, say: they are left as they are.</span>
        </span>
      </label>
      <label className="flex items-start gap-2">
        <input type="checkbox" {...register('multiQueue')} className="mt-1 accent-(--accent)" />
        <span>Several queues</span>
      </label>
      <label className="flex items-start gap-2">
        <input type="checkbox" {...register('vnetHdr')} className="mt-1 accent-(--accent)" />
        <span>virtio header</span>
      </label>
    </div>
  );
}
