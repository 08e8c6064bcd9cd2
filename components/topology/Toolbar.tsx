import {
  Download,
  LayoutGrid,
  Maximize,
  Minus,
  Pin,
  PinOff,
  Plus,
  Table2,
  Tags,
  Waypoints,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../ui/Button';
import { Menu } from '../ui/Menu';

type Props = {
  readonly view: 'graph' | 'table';
  readonly onView: ((view: 'graph' | 'table') => void) | undefined;
  readonly vlans: boolean;
  readonly onVlans: () => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onTidy: () => void;
  /** Whether what is selected is pinned; null where nothing is that can be. */
  readonly pinned: boolean | null;
  readonly onPin: () => void;
  readonly onSave: (format: 'png' | 'svg') => void;
  /** At the left: the table's filter. */
  readonly children?: ReactNode;
  /** At the right end. */
  readonly more?: ReactNode;
};

/** Zoom, overlay, export; graph or table. */
export function Toolbar(props: Props) {
  const { view, onView, vlans, onVlans, onFit, onZoom, onTidy, onSave, pinned, onPin, children, more } =
    props;
  const graph = view === 'graph';
  const icon = { 'aria-hidden': true, size: 15 } as const;
  return (
    <div
      className={`topology-tools ${graph ? 'topology-tools-float' : ''}`}
      role="toolbar"
      aria-label="Graph tools"
    >
      {children}
      {graph && (
        <>
          <IconButton
            small
            label="Zoom out"
            shortcut="-"
            icon={<Minus {...icon} />}
            onClick={() => onZoom(0.8)}
          />
          <IconButton
            small
            label="Zoom in"
            shortcut="+"
            icon={<Plus {...icon} />}
            onClick={() => onZoom(1.25)}
          />
          <IconButton
            small
            label="Fit everything in"
            shortcut="f"
            icon={<Maximize {...icon} />}
            onClick={onFit}
          />
          <IconButton
            small
            label="Tidy up: close the holes"
            icon={<LayoutGrid {...icon} />}
            onClick={onTidy}
          />
          <IconButton
            small
            label="Show VLANs"
            shortcut="v"
            aria-pressed={vlans}
            icon={<Tags {...icon} />}
            onClick={onVlans}
          />
          <IconButton
            small
            label={pinned ? 'Unpin it' : 'Pin it where it is'}
            shortcut="p"
            disabled={pinned === null}
            aria-pressed={pinned === true}
            icon={pinned ? <PinOff {...icon} /> : <Pin {...icon} />}
            onClick={onPin}
          />
          <Menu
            trigger={
              <button type="button" className="topology-tool" aria-label="Save the picture">
                <Download {...icon} />
              </button>
            }
            items={[
              { label: 'Save as PNG', onSelect: () => onSave('png') },
              { label: 'Save as SVG', onSelect: () => onSave('svg') },
            ]}
          />
        </>
      )}
      {onView && (
        <IconButton
          small
          label={graph ? 'Show as a table' : 'Show as a graph'}
          icon={graph ? <Table2 {...icon} /> : <Waypoints {...icon} />}
          onClick={() => onView(graph ? 'table' : 'graph')}
        />
      )}
      {more}
    </div>
  );
}
