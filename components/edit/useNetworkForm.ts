'use client';
import { useMemo, useState } from 'react';
import { type UseFormReturn, useForm, useWatch } from 'react-hook-form';
import type { CheckContext } from '@/server/core/check';
import type { Network } from '@/server/core/kinds/network';
import type { Problem } from '@/server/core/result';
import { byField, checkValues, type NetworkValues, toValues } from './networkValues';

export type NetworkFormState = {
  readonly form: UseFormReturn<NetworkValues>;
  readonly values: NetworkValues;
  /** The sentence to show at a field now, if any. */
  readonly problemAt: (field: string) => string | undefined;
  /** Sentences that belong to no field that is shown. */
  readonly others: readonly string[];
  /** The network when everything is right; otherwise null, and every problem is shown. */
  readonly finish: () => Network | null;
  readonly onFocus: (field: string) => void;
  readonly onBlur: () => void;
};

const SHOWN =
  /^(name|dev|mode|bridge|subnets(\.\d+\.(address|prefix|dhcp|ranges\.\d+\.(start|end)|hosts\.\d+\.(mac|ip|name)))?)$/;

/**
 * Checks while people type. A field's fault is told once they have left it; a fault elsewhere that they caused (a
 * range that is outside the new subnet) at once.
 */
export function useNetworkForm(
  initial: Network,
  context: CheckContext,
  refused: readonly Problem[],
): NetworkFormState {
  const form = useForm<NetworkValues>({ defaultValues: toValues(initial) });
  const values = useWatch({ control: form.control }) as NetworkValues; // all fields are registered with defaults
  const [submitted, setSubmitted] = useState(false);
  const [focused, setFocused] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const checked = useMemo(() => checkValues(values, context), [values, context]);
  const found = useMemo(() => byField([...checked.problems, ...refused]), [checked, refused]);

  const isEmpty = (field: string): boolean => {
    const value: unknown = form.getValues(field as keyof NetworkValues); // a path into the values
    return value === '';
  };
  const problemAt = (field: string): string | undefined => {
    const message = found.get(field);
    if (message === undefined || submitted) return message;
    if (left.has(field)) return message;
    return field === focused || isEmpty(field) ? undefined : message;
  };
  return {
    form,
    values,
    problemAt,
    others: submitted ? [...found].filter(([field]) => !SHOWN.test(field)).map(([, message]) => message) : [],
    finish: () => {
      setSubmitted(true);
      return checked.network;
    },
    onFocus: setFocused,
    onBlur: () => {
      if (focused !== null) setLeft((all) => new Set(all).add(focused));
      setFocused(null);
    },
  };
}
