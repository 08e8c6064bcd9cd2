'use client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { LabName } from '@/server/core/ids';
import { useLive } from '../live/Live';
import { labOf } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input } from '../ui/Field';
import { useSay } from '../ui/Toast';

/** Makes a lab: a whole network stack of one's own, where everything can be tried. */
export function LabPanel({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New lab"
      width={440}
      description="A network stack of its own on the real kernel. Nothing in it touches this machine's network."
    >
      <LabForm onClose={onClose} />
    </Dialog>
  );
}

function LabForm({ onClose }: { readonly onClose: () => void }) {
  const trpc = useTRPC();
  const say = useSay();
  const { hosts } = useLive();
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const create = useMutation(
    trpc.labs.create.mutationOptions({
      onSuccess: (lab) => {
        say.done(`Lab ${lab.name} runs.`);
        onClose();
      },
    }),
  );
  const parsed = LabName.safeParse(name);
  const error = !parsed.success
    ? parsed.error.issues[0]?.message
    : hosts.some((h) => labOf(h.host) === name)
      ? `There is a lab ${name} already.`
      : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (parsed.success && error === undefined) create.mutate({ name: parsed.data });
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4 p-4">
      {create.error && <FailureNote {...toFailure(create.error)} />}
      <Field
        label="Name"
        hint="Lower-case letters, digits and dashes."
        error={tried || name !== '' ? error : undefined}
      >
        {(wiring) => (
          <Input {...wiring} mono placeholder="demo" value={name} onChange={(e) => setName(e.target.value)} />
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={create.isPending && 'Starting the lab'}>
          Create the lab
        </Button>
      </div>
    </form>
  );
}
