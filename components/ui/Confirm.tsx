'use client';
import type { ReactNode } from 'react';
import { Button } from './Button';
import { Dialog } from './Dialog';

type ConfirmProps = {
  readonly open: boolean;
  readonly title: string;
  readonly children: ReactNode;
  /** Verb and object: "Remove the lab". */
  readonly action: string;
  readonly busy: string | false;
  readonly onYes: () => void;
  readonly onClose: () => void;
};

/** Asks once before something that cannot be taken back. */
export function Confirm({ open, title, children, action, busy, onYes, onClose }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      width={420}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" busy={busy} onClick={onYes}>
            {action}
          </Button>
        </>
      }
    >
      <div className="p-4">{children}</div>
    </Dialog>
  );
}
