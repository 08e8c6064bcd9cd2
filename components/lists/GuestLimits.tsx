'use client';
import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { GuestName, HostId } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import type { Bandwidth } from '@/server/core/kinds/port';
import { limitWords } from '@/server/core/limit-text';
import type { Topology, TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field, Select } from '../ui/Field';
import { useSay } from '../ui/Toast';
import { guestsOf, isLabGuest } from './bridges';
import { LimitFields } from './LimitFields';

type GuestLimitsProps = {
  /** Chosen at first; null: closed. */
  readonly of: { readonly host: string; readonly guest: string | null } | null;
  readonly onClose: () => void;
};

/** Limits of NICs of a lab's guests, which take effect at once. */
export function GuestLimits({ of, onClose }: GuestLimitsProps) {
  if (of === null) return null;
  return <Limits key={`${of.host} ${of.guest}`} {...of} onClose={onClose} />;
}

type Nic = {
  readonly key: string;
  readonly guest: TopologyNode;
  readonly nic: string | undefined;
  readonly bandwidth: Bandwidth | undefined;
};

/** A namespace has one, which is not named. */
const nicsOf = (topology: Topology, host: string): readonly Nic[] =>
  guestsOf(topology, host)
    .filter(isLabGuest)
    .flatMap((guest): readonly Nic[] =>
      guest.nics === undefined
        ? [{ key: guest.label, guest, nic: undefined, bandwidth: guest.plugged?.bandwidth }]
        : guest.nics.map((n) => ({
            ...{ key: `${guest.label} ${n.name}`, guest, nic: n.name },
            bandwidth: n.plugged?.bandwidth,
          })),
    );

type LimitsProps = { readonly host: string; readonly guest: string | null; readonly onClose: () => void };

function Limits({ host: first, guest, onClose }: LimitsProps) {
  const trpc = useTRPC();
  const say = useSay();
  const form = useId();
  const { topology } = useLive();
  const labs = [
    ...new Set(
      guestsOf(topology)
        .filter(isLabGuest)
        .map((g) => g.host),
    ),
  ];
  const [host, setHost] = useState<string>(first);
  const nics = nicsOf(topology, host);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(nics.filter((n) => guest === null || n.guest.label === guest).map((n) => n.key)),
  );
  const [initial] = useState(() => nics.find((n) => chosen.has(n.key))?.bandwidth ?? null);
  const limit = useMutation(
    trpc.guests.limit.mutationOptions({
      onSuccess: (_, { nics: all, bandwidth }) => {
        const whom = all.length === 1 ? all[0]?.name : `${all.length} NICs`;
        say.done(
          bandwidth === null ? `${whom}: no limits of their own.` : `${whom}: ${limitWords(bandwidth)}.`,
        );
        onClose();
      },
    }),
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title="Limit NICs"
      width={620}
      description="Takes effect at once, while packets flow."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            look="primary"
            disabled={chosen.size === 0}
            busy={limit.isPending && 'Limiting'}
          >
            Limit {chosen.size === 1 ? 'the NIC' : `${chosen.size} NICs`}
          </Button>
        </>
      }
    >
      {guest === null && labs.length > 1 && (
        <Field label="Lab" className="px-4 pt-4">
          {(wiring) => (
            <Select
              {...wiring}
              value={host}
              onChange={(e) => {
                setHost(e.target.value);
                setChosen(new Set(nicsOf(topology, e.target.value).map((n) => n.key)));
              }}
            >
              {labs.map((lab) => (
                <option key={lab} value={lab}>
                  {hostName(lab)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <LimitFields
        {...{ form, initial, chosen }}
        choices={nics.map(({ key, bandwidth }) => ({
          ...{ key, label: key },
          now: bandwidth === undefined ? '' : limitWords(bandwidth),
        }))}
        failure={limit.error ? toFailure(limit.error) : null}
        onChoose={setChosen}
        onEdit={() => limit.isError && limit.reset()}
        onLimit={(bandwidth) =>
          limit.mutate({
            host: HostId.parse(host),
            nics: nics
              .filter((n) => chosen.has(n.key))
              .map((n) => ({
                name: GuestName.parse(n.guest.label),
                ...(n.nic === undefined ? {} : { nic: NicName.parse(n.nic) }),
              })),
            bandwidth,
          })
        }
      />
    </Dialog>
  );
}
