'use client';
import { type FormEvent, useRef } from 'react';
import type { CheckContext } from '@/server/core/check';
import type { Network } from '@/server/core/kinds/network';
import type { Failure, Problem } from '@/server/core/result';
import { suggestNetwork } from '@/server/core/suggest';
import { classes } from '../ui/classes';
import { FailureNote } from '../ui/FailureNote';
import { FieldError } from '../ui/Field';
import { FlagCell, RowsOf, TextCell } from './cells';
import { Footing } from './Footing';
import { ForwardFields } from './ForwardFields';
import { ForwardMode } from './ForwardMode';
import { fitsValues } from './fits';
import { isOwn, usualSource } from './networkShape';
import { SubnetFields } from './SubnetFields';
import { Sections } from './sections';
import { rowsAt, textAt } from './shape';
import { FormProvider, useNetworkForm } from './useNetworkForm';
import { XmlPanel } from './XmlPanel';

type NetworkFormProps = {
  readonly id: string;
  readonly initial: Network;
  /** The network as it is committed, when it is edited. */
  readonly editing: boolean;
  readonly context: CheckContext;
  /** Names of devices that lead outside. */
  readonly devices: readonly string[];
  /** Is the XML shown: beside the fields where there is room, in their place elsewhere? */
  readonly xml: boolean;
  /** What the server said about what was sent last. */
  readonly failure: Failure | null;
  readonly onSubmit: (network: Network) => void;
  readonly onEdit: () => void;
  /** It was to be sent, and something is wrong in a field. */
  readonly onRefused: () => void;
};

const NONE: readonly Problem[] = [];
const INVALID = '[aria-invalid="true"], [role="alert"]';

/** Defines a network. Nothing happens on the host: what comes out is a change to review. */
export function NetworkForm(props: NetworkFormProps) {
  const { id, initial, editing, context, devices, xml, failure, onSubmit, onEdit, onRefused } = props;
  const state = useNetworkForm({ initial, context, devices, refused: failure?.problems ?? NONE });
  const { values, set } = state;
  const element = useRef<HTMLFormElement>(null);
  const suggested = useRef(initial.subnets);

  const submit = (e: FormEvent) => {
    e.preventDefault();
    const network = state.finish();
    if (network) return onSubmit(network);
    onRefused();
    // After the messages are drawn, and folded parts that have one are open.
    requestAnimationFrame(() => {
      const first = element.current?.querySelector<HTMLElement>(INVALID);
      if (first?.getAttribute('role') === 'alert') first.scrollIntoView({ block: 'center' });
      else first?.focus();
    });
  };
  /** What would fit beside the other networks, and beside the subnets that are here. */
  const suggest = (mode: string) =>
    suggestNetwork(
      state.said === null ? context.others : [...context.others, { ...state.said, name: initial.name }],
      context.observed,
      mode === 'route' ? mode : 'nat',
    );
  const followMode = (mode: string) => {
    if (!isOwn(mode)) {
      set('forward.source', usualSource(mode));
      return;
    }
    if (textAt(values, 'bridge.name') === '') set('bridge.name', suggest(mode).bridge.name);
    // An untouched suggestion follows the mode: routed networks want a block that the outside routes.
    const fitting = suggestNetwork(context.others, context.observed, mode === 'route' ? mode : 'nat').subnets;
    const { said } = state;
    if (editing || said === null || JSON.stringify(said.subnets) !== JSON.stringify(suggested.current))
      return;
    suggested.current = fitting;
    state.refill('subnets', fitting);
  };
  const freshSubnet = () => {
    const [subnet] = suggest(textAt(values, 'forward.mode')).subnets;
    // Only one subnet of a family gives addresses.
    return rowsAt(values, 'subnets').length === 0 || subnet === undefined
      ? subnet
      : { address: subnet.address, prefix: subnet.prefix };
  };
  return (
    <FormProvider value={state}>
      <div
        onChange={onEdit}
        className={xml ? 'grid min-h-full xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]' : ''}
      >
        <form
          id={id}
          ref={element}
          noValidate
          onSubmit={submit}
          onFocus={(e) => state.onFocus((e.target as Element).getAttribute('name') ?? '')} // React types it as the form
          onBlur={state.onBlur}
          className={classes('grid min-w-0 content-start gap-5 p-4', xml && 'max-xl:hidden')}
        >
          {failure && <FailureNote message={failure.message} detail={failure.detail} />}
          {state.others.map((message) => (
            <FieldError key={message} text={message} />
          ))}
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <TextCell at="name" label="Name" hint="What it is called in Patchbay." autoFocus={!editing} />
            {fitsValues('bridge', values) && (
              <TextCell at="bridge.name" label="Bridge" hint="The interface it becomes on the host." />
            )}
          </div>
          <ForwardMode onChoose={followMode} />
          {state.leftOut.length > 0 && (
            <p role="status" className="rounded-md border border-amber/40 bg-amber-soft p-2 text-sm">
              Not in a network of this mode, and kept here in case you choose another:{' '}
              {state.leftOut.join(', ')}.
            </p>
          )}
          <ForwardFields />
          {fitsValues('subnets', values) && (
            <RowsOf
              at="subnets"
              title="Subnets"
              noun="subnet"
              fresh={freshSubnet}
              empty={
                <p className="text-dim">
                  No subnet: the bridge only connects guests, the host has no address in it.
                </p>
              }
            >
              {(at, n) => <SubnetFields at={at} index={n} />}
            </RowsOf>
          )}
          {fitsValues('bridge', values) && (
            <FlagCell
              at="bridge.stp"
              label="Spanning tree (STP)"
              hint="Only where guests could connect bridges with each other."
            />
          )}
          <Footing />
          <div className="grid min-w-0 gap-2">
            <Sections />
          </div>
        </form>
        {xml && (
          <div className="min-w-0 xl:border-l xl:border-line">
            <div className="xl:sticky xl:top-0">
              <XmlPanel />
            </div>
          </div>
        )}
      </div>
    </FormProvider>
  );
}
