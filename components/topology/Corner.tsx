import { ChevronDown, ChevronUp } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useFold } from './useFold';

/** A small panel in a corner of the graph that can be folded to its title. */
export function Corner(props: {
  readonly name: string;
  readonly title: string;
  readonly place: 'left' | 'right';
  /** Width of the window, in pixels, from which it is open at first. */
  readonly openFrom: number;
  readonly children: ReactNode;
}) {
  const [open, toggle] = useFold(props.name, props.openFrom);
  const id = useId();
  const Arrow = open ? ChevronDown : ChevronUp;
  return (
    <div className={`topology-corner topology-corner-${props.place}`}>
      <button type="button" aria-expanded={open} aria-controls={id} onClick={toggle}>
        {props.title}
        <Arrow aria-hidden size={13} />
      </button>
      <div id={id} hidden={!open}>
        {open && props.children}
      </div>
    </div>
  );
}
