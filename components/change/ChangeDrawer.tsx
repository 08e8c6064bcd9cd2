'use client';
import { Drawer } from '../ui/Drawer';
import { ChangeView } from './ChangeView';
import { useChangeHead } from './useChangeHead';

type ChangeDrawerProps = {
  readonly id: string;
  readonly onClose: () => void;
  readonly onOpen: (id: string) => void;
};

/** A change below the graph that shows what it would alter. */
export function ChangeDrawer({ id, onClose, onOpen }: ChangeDrawerProps) {
  const { change, title, mark } = useChangeHead(id);
  return (
    <Drawer
      title={title}
      mark={mark}
      fit={change !== undefined && change.state !== 'planned' && change.state !== 'applying'}
      onClose={onClose}
    >
      <ChangeView id={id} onGone={onClose} onOpen={onOpen} />
    </Drawer>
  );
}
