'use client';
import { createContext, use, useMemo, useState } from 'react';
import type { CheckContext } from '@/server/core/check';
import type { Network } from '@/server/core/kinds/network';
import type { Problem } from '@/server/core/result';
import { fitsValues, leftOut } from './fits';
import { networkShape } from './networkShape';
import { byField, checkValues, type NetworkValues, toValues } from './networkValues';
import { newRow, read, rowsAt, shapeAt, textAt, treeAt, withAt } from './shape';

export type NetworkFormState = {
  readonly values: NetworkValues;
  readonly set: (field: string, value: string | boolean) => void;
  /** Puts a row at the end of a list, with what it shall have in it. */
  readonly add: (list: string, value?: unknown) => void;
  readonly remove: (list: string, n: number) => void;
  /** A list anew, from values. */
  readonly refill: (list: string, value: readonly unknown[]) => void;
  /** Everything anew, as somebody wrote it elsewhere. */
  readonly replace: (network: Network) => void;
  /** Counts those. */
  readonly generation: number;
  /** The sentence to show at a field now, if any. */
  readonly problemAt: (field: string) => string | undefined;
  /** What is wrong at a field and not shown there as a fault yet: it is still being typed. */
  readonly faultAt: (field: string) => string | undefined;
  /** Is there one to show at these fields, or below them? */
  readonly problemIn: (fields: readonly string[]) => boolean;
  /** Is anything filled in there? */
  readonly holds: (fields: readonly string[]) => boolean;
  /** Sentences that belong to no field that is shown. */
  readonly others: readonly string[];
  /** What is filled in and not part of the network, because its forward mode has no use for it. */
  readonly leftOut: readonly string[];
  /** The network as the fields say it, be it possible or not; null while some cannot be read. */
  readonly said: Network | null;
  /** The network when everything is right; otherwise null, and every problem is shown. */
  readonly finish: () => Network | null;
  readonly onFocus: (field: string) => void;
  readonly onBlur: () => void;
  readonly context: CheckContext;
  /** Names of devices that lead outside. */
  readonly devices: readonly string[];
};

const Context = createContext<NetworkFormState | null>(null);
export const FormProvider = Context.Provider;

export function useFields(): NetworkFormState {
  const state = use(Context);
  if (state === null) throw new Error('fields of a network stand inside its form');
  return state;
}

type Given = {
  readonly initial: Network;
  readonly context: CheckContext;
  readonly devices: readonly string[];
  readonly refused: readonly Problem[];
};

/**
 * Checks while people type. A field's fault is told once they have left it; a fault elsewhere that they caused (a
 * range that is outside the new subnet) at once.
 */
export function useNetworkForm({ initial, context, devices, refused }: Given): NetworkFormState {
  const [values, setValues] = useState(() => toValues(initial));
  const [generation, setGeneration] = useState(0);
  const [submitted, setSubmitted] = useState(false);
  const [focused, setFocused] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const checked = useMemo(() => checkValues(values, context), [values, context]);
  const found = useMemo(() => byField([...checked.problems, ...refused]), [checked, refused]);

  const problemAt = (field: string): string | undefined => {
    const message = found.get(field);
    if (message === undefined || submitted || left.has(field)) return message;
    return field === focused || treeAt(values, field) === '' ? undefined : message;
  };
  const holds = (fields: readonly string[]) =>
    fields.some((field) => {
      const shape = shapeAt(networkShape, field);
      const value = shape === null ? undefined : read(shape, treeAt(values, field)).value;
      return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
    });
  const shown = (field: string) =>
    shapeAt(networkShape, field) !== null &&
    !field.endsWith('.written') &&
    fitsValues(field.split('.')[0] ?? '', values);
  return {
    values,
    set: (field, value) => setValues((v) => withAt(v, field, value)),
    add: (list, value) =>
      setValues((v) => {
        const shape = shapeAt(networkShape, list);
        return shape?.is === 'rows' ? withAt(v, list, [...rowsAt(v, list), newRow(shape, value)]) : v;
      }),
    remove: (list, n) =>
      setValues((v) =>
        withAt(
          v,
          list,
          rowsAt(v, list).filter((_, i) => i !== n),
        ),
      ),
    refill: (list, value) =>
      setValues((v) => {
        const shape = shapeAt(networkShape, list);
        return shape?.is === 'rows'
          ? withAt(
              v,
              list,
              value.map((each) => newRow(shape, each)),
            )
          : v;
      }),
    replace: (network) => {
      setValues((v) => keepBridge(v, toValues(network)));
      setGeneration((n) => n + 1);
    },
    generation,
    problemAt,
    faultAt: (field) => (problemAt(field) === undefined ? found.get(field) : undefined),
    problemIn: (fields) =>
      [...found.keys()].some(
        (at) => fields.some((f) => at === f || at.startsWith(`${f}.`)) && problemAt(at) !== undefined,
      ),
    holds,
    others: submitted ? [...found].filter(([field]) => !shown(field)).map(([, message]) => message) : [],
    leftOut: leftOut(values, (field) => holds([field])),
    said: checked.said,
    finish: () => {
      setSubmitted(true);
      return checked.network;
    },
    onFocus: setFocused,
    onBlur: () => {
      if (focused !== null && focused !== '') setLeft((all) => new Set(all).add(focused));
      setFocused(null);
    },
    context,
    devices,
  };
}

/** A network without a bridge of its own keeps the proposed name at hand. */
const keepBridge = (old: NetworkValues, next: NetworkValues): NetworkValues =>
  textAt(next, 'bridge.name') === '' ? withAt(next, 'bridge.name', textAt(old, 'bridge.name')) : next;
