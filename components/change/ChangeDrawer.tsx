'use client';
import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Drawer } from '../ui/Drawer';
import { ChangeView } from './ChangeView';
import { STATES } from './states';

type ChangeDrawerProps = {
  readonly id: string;
  readonly onClose: () => void;
  readonly onOpen: (id: string) => void;
};

/** A change below the graph that shows what it would alter. */
export function ChangeDrawer({ id, onClose, onOpen }: ChangeDrawerProps) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.changes.get.queryOptions({ id }));
  const state = data && STATES[data.state];
  return (
    <Drawer
      title={data?.summary ?? 'Change'}
      mark={state && <Badge tone={state.tone}>{state.word}</Badge>}
      fit={data !== undefined && data.state !== 'planned' && data.state !== 'applying'}
      onClose={onClose}
    >
      <ChangeView id={id} onGone={onClose} onOpen={onOpen} />
    </Drawer>
  );
}
