'use client';
import { useState } from 'react';
import type { DomainNicView } from '@/server/core/domain-nics';
import type { DomainNic } from '@/server/core/kinds/domain-nic';
import { limitWords } from '@/server/core/limit-text';
import { withLimits } from '@/server/core/nic-record';
import type { TopologyNode } from '@/server/core/topology';
import { type Drafting, DraftSheet } from '../edit/DraftSheet';
import { useView } from '../shell/view';
import { LimitFields } from './LimitFields';

type LimitsProps = {
  readonly guest: TopologyNode;
  readonly nics: readonly DomainNicView[];
  readonly version: number;
  readonly open: boolean;
  readonly onClose: () => void;
};

/** Limits of NICs of a libvirt domain that are managed, as one change. */
export function DomainNicLimits({ open, onClose, ...rest }: LimitsProps) {
  const view = useView();
  return (
    <DraftSheet
      open={open}
      title={`Limit NICs of ${rest.guest.label}`}
      host={rest.guest.host}
      onClose={onClose}
      onDrafted={(change) => {
        onClose();
        view.go({ change });
      }}
    >
      {(drafting) => <Limits {...drafting} {...rest} />}
    </DraftSheet>
  );
}

type FormProps = Omit<Drafting, 'host'> & Omit<LimitsProps, 'open' | 'onClose' | 'guest'>;

function Limits({ form, failure, onEdit, onItems, nics, version }: FormProps) {
  const records = nics.flatMap(({ record }) => (record === null ? [] : [record]));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(records.map((r) => r.name)));
  const [initial] = useState(() => records.find((r) => r.bandwidth !== undefined)?.bandwidth ?? null);
  const words = ({ bandwidth }: DomainNic) => (bandwidth === undefined ? '' : limitWords(bandwidth));
  return (
    <LimitFields
      {...{ form, initial, chosen, failure, onEdit }}
      choices={records.map((r) => ({ key: r.name, label: r.name, now: words(r) }))}
      onChoose={setChosen}
      onLimit={(bandwidth) =>
        onItems(
          records
            .filter((r) => chosen.has(r.name))
            .map((before) => ({ op: 'update', before, after: withLimits(before, bandwidth) })),
          version,
        )
      }
    />
  );
}
