import { Slider } from '../../ui/Slider';
import { type Amount, amountIn, stopOf, textAtStop } from '../amounts';
import { TextCell } from '../cells';
import { textAt } from '../shape';
import { useFields } from '../useNetworkForm';

type AmountCellProps = {
  readonly at: string;
  readonly label: string;
  readonly placeholder: string;
  readonly amount: Amount;
};

/** A rate or a size: what is typed, what that means in all units, and a slider beside it. */
export function AmountCell({ at, label, placeholder, amount }: AmountCellProps) {
  const { values, set, faultAt } = useFields();
  const text = textAt(values, at);
  const value = amountIn(amount, text);
  const fault = faultAt(at);
  return (
    <TextCell
      at={at}
      label={label}
      placeholder={placeholder}
      below={
        <Slider
          label={`${label} on a scale`}
          at={stopOf(amount, value)}
          last={amount.stops.length}
          words={value === undefined ? 'none' : amount.write(value)}
          onMove={(stop) => set(at, textAtStop(amount, stop))}
        />
      }
      hint={
        (value !== undefined || fault !== undefined) && (
          <>
            {value !== undefined && <span className="block tabular-nums">{amount.words(value)}</span>}
            {fault !== undefined && <span className="block text-amber">{fault}</span>}
          </>
        )
      }
    />
  );
}
