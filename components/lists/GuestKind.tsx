import { useQuery } from '@tanstack/react-query';
import { Brackets, Monitor } from 'lucide-react';
import { useId } from 'react';
import { HostId } from '@/server/core/ids';
import { toFailure, useTRPC } from '../live/trpc';

type GuestKindProps = {
  readonly host: string;
  readonly real: boolean;
  readonly onChange: (real: boolean) => void;
};

/** Namespace or virtual machine, with what is missing where the latter cannot be. */
export function GuestKind({ host, real, onChange }: GuestKindProps) {
  const trpc = useTRPC();
  const note = useId();
  const able = useQuery(trpc.guests.real.queryOptions({ host: HostId.parse(host) }, { staleTime: 0 }));
  const why = able.isError ? toFailure(able.error).message : able.data?.yes === false ? able.data.why : null;
  const kinds = [
    {
      is: false,
      Icon: Brackets,
      name: 'Namespace',
      text: 'On this kernel, there at once: one NIC, a DHCP client, and ping from inside.',
    },
    {
      is: true,
      Icon: Monitor,
      name: 'Real guest (QEMU)',
      text: 'A small virtual machine with a kernel of its own, up in seconds. NICs go in and out while it runs.',
    },
  ] as const;
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 font-medium">Kind</legend>
      {kinds.map(({ is, Icon, name, text }) => (
        <label
          key={name}
          className="relative grid cursor-pointer grid-cols-[auto_1fr] items-start gap-x-2 rounded-md border border-strong bg-raised px-3 py-2 hover:bg-bg has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:disabled]:cursor-not-allowed has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-focus"
        >
          <input
            type="radio"
            name="kind"
            checked={real === is}
            disabled={is && able.data?.yes !== true}
            aria-describedby={is && why !== null ? note : undefined}
            onChange={() => onChange(is)}
            className="mt-1 accent-(--accent) outline-none"
          />
          <span className="flex items-center gap-1.5 font-medium">
            <Icon aria-hidden className="size-4 text-dim" />
            {name}
          </span>
          <span className="col-start-2 text-sm text-dim">{text}</span>
        </label>
      ))}
      {why !== null && (
        <p id={note} className="rounded-md border border-amber/40 bg-amber-soft p-2 text-sm text-amber">
          {why}
        </p>
      )}
    </fieldset>
  );
}
