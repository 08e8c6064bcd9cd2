'use client';
import { Bookmark, Check, Pencil, PinOff, Save, Trash2, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { NO_PINS } from '@/server/core/layout-pins';
import { ViewName } from '@/server/core/view';
import { toFailure } from '../live/trpc';
import { Button } from '../ui/Button';
import { Confirm } from '../ui/Confirm';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input } from '../ui/Field';
import { Menu, type MenuItem } from '../ui/Menu';
import type { Views } from './useViews';

type Asked = 'save-as' | 'rename' | 'remove' | null;

/** Saved views: open one, save what is seen, rename and delete. */
export function ViewsMenu({ views }: { readonly views: Views }) {
  const [asked, setAsked] = useState<Asked>(null);
  const { list, current, changed } = views;
  const icon = { 'aria-hidden': true } as const;
  const pinned = Object.keys(views.pins).length > 0;
  const save = () => {
    if (current === null) setAsked('save-as');
    else views.save.mutate({ id: current.id, data: views.now() });
  };
  const items: readonly (MenuItem | false)[] = [
    ...list.map((v) => ({
      label: v.name,
      icon: v.id === current?.id ? <Check {...icon} /> : <Bookmark {...icon} />,
      onSelect: () => views.open(v),
    })),
    { label: 'Save as a new view…', icon: <Save {...icon} />, onSelect: () => setAsked('save-as') },
    current !== null && {
      label: 'Rename this view…',
      icon: <Pencil {...icon} />,
      onSelect: () => setAsked('rename'),
    },
    current !== null && {
      label: 'Delete this view…',
      icon: <Trash2 {...icon} />,
      danger: true,
      onSelect: () => setAsked('remove'),
    },
    current !== null && { label: 'Close this view', icon: <X {...icon} />, onSelect: views.close },
    pinned && { label: 'Unpin all', icon: <PinOff {...icon} />, onSelect: () => views.setPins(NO_PINS) },
  ];
  return (
    <>
      <Menu
        trigger={
          <button type="button" className="topology-tool topology-views" aria-label={labelOf(current?.name)}>
            <Bookmark aria-hidden size={15} />
            <span>{current?.name ?? 'Views'}</span>
          </button>
        }
        items={items.filter((i) => i !== false)}
      />
      {changed && (
        <Button small busy={views.save.isPending && 'Saving'} onClick={save}>
          {current === null ? 'Save view…' : 'Save view'}
        </Button>
      )}
      {(asked === 'save-as' || (asked === 'rename' && current)) && (
        <NameDialog
          views={views}
          renames={asked === 'rename' ? current : null}
          onClose={() => setAsked(null)}
        />
      )}
      <Confirm
        open={asked === 'remove' && current !== null}
        title={`Delete the view ${current?.name ?? ''}?`}
        action="Delete the view"
        busy={views.remove.isPending && 'Deleting'}
        onYes={() => current && views.remove.mutate({ id: current.id }, { onSettled: () => setAsked(null) })}
        onClose={() => setAsked(null)}
      >
        Its name, pins and unfolded groups go, for everybody. The topology stays as it is.
      </Confirm>
    </>
  );
}

const labelOf = (name: string | undefined): string => (name === undefined ? 'Views' : `Views: ${name}`);

type NameDialogProps = {
  readonly views: Views;
  /** The view that gets another name; null: what is seen is saved under one. */
  readonly renames: Views['current'];
  readonly onClose: () => void;
};

function NameDialog({ views, renames, onClose }: NameDialogProps) {
  const [name, setName] = useState(renames?.name ?? '');
  const [tried, setTried] = useState(false);
  const form = useId();
  const parsed = ViewName.safeParse(name);
  const taken = parsed.success && views.list.some((v) => v.name === parsed.data && v.id !== renames?.id);
  const error = !parsed.success
    ? parsed.error.issues[0]?.message
    : taken
      ? `There is a view ${parsed.data} already.`
      : undefined;
  const work = renames === null ? views.create : views.rename;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!parsed.success || taken) return;
    if (renames === null)
      views.create.mutate({ name: parsed.data, data: views.now() }, { onSuccess: onClose });
    else views.rename.mutate({ id: renames.id, name: parsed.data }, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={renames === null ? 'Save as a new view' : `Rename the view ${renames.name}`}
      width={420}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            look="primary"
            busy={work.isPending && (renames === null ? 'Saving' : 'Renaming')}
          >
            {renames === null ? 'Save the view' : 'Rename the view'}
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={submit} className="grid gap-3 p-4">
        {work.error && <FailureNote {...toFailure(work.error)} />}
        <Field
          label="Name"
          error={tried || name !== (renames?.name ?? '') ? error : undefined}
          hint="Keeps pins, unfolded groups, the VLAN overlay and where you look. Everybody who logs in sees it."
        >
          {(wiring) => <Input {...wiring} value={name} onChange={(e) => setName(e.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
