import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { BandwidthProfile } from '@/server/core/bandwidth-profile';
import { toFailure, useTRPC } from '../../live/trpc';
import { Button } from '../../ui/Button';
import { FailureNote } from '../../ui/FailureNote';
import { Field, Input, Select } from '../../ui/Field';
import { useSay } from '../../ui/Toast';
import { bandwidthAt, textsFor } from '../limitFields';
import { useFields } from '../useNetworkForm';

type ProfileFieldsProps = { readonly at: string; readonly floor: boolean };

/** Limits that were saved under a name, and these under one. */
export function ProfileFields({ at, floor }: ProfileFieldsProps) {
  const { set } = useFields();
  const trpc = useTRPC();
  const list = useQuery(trpc.bandwidthProfiles.list.queryOptions());
  const choose = (name: string) => {
    const chosen = list.data?.find((p) => p.name === name);
    if (chosen === undefined) return;
    for (const [field, text] of textsFor(chosen.bandwidth, at, floor)) set(field, text);
  };
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      <Field
        label="Limit as in a profile"
        hint={list.data?.length === 0 ? 'None is saved yet.' : 'Takes its numbers; they can be changed here.'}
      >
        {(wiring) => (
          <Select {...wiring} value="" onChange={(e) => choose(e.target.value)} disabled={!list.data?.length}>
            <option value="">Choose a profile</option>
            {list.data?.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
      <SaveProfile at={at} />
      {list.isError && <FailureNote {...toFailure(list.error)} />}
    </div>
  );
}

function SaveProfile({ at }: { readonly at: string }) {
  const { values } = useFields();
  const trpc = useTRPC();
  const say = useSay();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const create = useMutation(
    trpc.bandwidthProfiles.create.mutationOptions({
      onSuccess: () => {
        say.done('The profile is saved.');
        setName('');
        setTried(false);
        void queries.invalidateQueries(trpc.bandwidthProfiles.pathFilter());
      },
    }),
  );
  const bandwidth = bandwidthAt(values, at);
  const parsed = BandwidthProfile.safeParse({ name, bandwidth });
  const fault =
    bandwidth === null
      ? 'One of the limits cannot be read.'
      : parsed.success
        ? undefined
        : parsed.error.issues[0]?.message;
  const refused = create.error === null ? undefined : toFailure(create.error).message;
  const save = () => {
    setTried(true);
    if (parsed.success) create.mutate(parsed.data);
  };
  return (
    <Field label="Name of a new profile" error={tried ? (fault ?? refused) : undefined}>
      {(wiring) => (
        <div className="flex gap-2">
          <Input
            {...wiring}
            value={name}
            onChange={(e) => {
              setName(e.target.value);
              create.reset();
            }}
            onKeyDown={(e) => {
              if (e.key !== 'Enter') return;
              e.preventDefault(); // it would send the whole form
              save();
            }}
          />
          <Button onClick={save} busy={create.isPending && 'Saving'}>
            Save the profile
          </Button>
        </div>
      )}
    </Field>
  );
}
