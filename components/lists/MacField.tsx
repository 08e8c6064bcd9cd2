import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { GuestName, HostId } from '@/server/core/ids';
import { type MacWish, parseMacWish } from '@/server/core/mac-pool';
import { toFailure, useTRPC } from '../live/trpc';
import { Field, Input } from '../ui/Field';

type MacFieldProps = {
  readonly host: string;
  /** Name of the guest as it is typed: its NIC may have kept an address. */
  readonly guest: string;
  /** Which NIC of the guest; absent: its first. */
  readonly index?: number;
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** The form was sent: what is merely unfinished is a fault now. */
  readonly tried: boolean;
};

/** The MAC address of a guest to be: empty, its beginning, or all of it; says while typing what comes of it. */
export function MacField({ host, guest, index = 0, value, onChange, tried }: MacFieldProps) {
  const trpc = useTRPC();
  const wish = parseMacWish(value);
  const name = GuestName.safeParse(guest);
  const preview = useQuery(
    trpc.macs.preview.queryOptions(
      {
        host: HostId.parse(host),
        guest: name.success ? name.data : GuestName.parse('guest'),
        index,
        mac: value,
      },
      { enabled: wish.ok, placeholderData: keepPreviousData, staleTime: 0 },
    ),
  );
  const error = () => {
    // One digit more would do: whoever types is in the middle of it.
    if (!wish.ok) return !tried && parseMacWish(`${value}0`).ok ? undefined : wish.error.message;
    if (preview.isError) return toFailure(preview.error).message;
    return preview.isPlaceholderData ? undefined : (preview.data?.why ?? undefined);
  };
  const said =
    wish.ok && preview.data && !preview.isPlaceholderData ? hint(wish.value, preview.data.mac) : '…';
  return (
    <Field label="MAC address" hint={said} error={error()}>
      {(wiring) => (
        <Input
          {...wiring}
          mono
          value={value}
          maxLength={40}
          placeholder={wish.ok && wish.value.is === 'next' ? (preview.data?.mac ?? '') : ''}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </Field>
  );
}

function hint(wish: MacWish, mac: string | null): string {
  switch (wish.is) {
    case 'next':
      return `Empty: ${mac ?? 'the next one of the pool'}. Its first octets are completed.`;
    case 'partial':
      return mac === null ? `Completed below ${wish.prefix}.` : `Completed to ${mac}.`;
    case 'fixed':
      return 'Fixed: it stays with this NIC.';
  }
}
