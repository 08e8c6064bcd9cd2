import { ArrowLeftRight, DoorClosed, Route } from 'lucide-react';
import type { UseFormRegister } from 'react-hook-form';
import type { NetworkValues } from './networkValues';

const MODES = [
  {
    mode: 'none',
    icon: DoorClosed,
    title: 'Isolated',
    text: 'Guests reach each other and the host, nothing else.',
  },
  {
    mode: 'nat',
    icon: ArrowLeftRight,
    title: 'NAT',
    text: 'Guests reach the outside with the address of the host.',
  },
  {
    mode: 'route',
    icon: Route,
    title: 'Routed',
    text: 'Packets pass as they are; the outside needs a route back.',
  },
] as const;

/** How packets leave: three cards, one radio group. */
export function ForwardMode({
  register,
  onChoose,
}: {
  register: UseFormRegister<NetworkValues>;
  onChoose: () => void;
}) {
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">Forward mode</legend>
      <div className="grid gap-2 sm:grid-cols-3">
        {MODES.map(({ mode, icon: Icon, title, text }) => (
          <label
            key={mode}
            className="grid cursor-pointer grid-cols-[auto_1fr] items-start gap-x-2 gap-y-1 rounded-md border border-strong bg-raised p-3 hover:bg-bg has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-focus"
          >
            <input
              type="radio"
              value={mode}
              {...register('mode', { onChange: onChoose })}
              className="mt-1 accent-(--accent) outline-none"
            />
            <span className="flex items-center gap-1.5 font-medium">
              <Icon aria-hidden className="size-4 text-dim" />
              {title}
            </span>
            <span className="col-span-2 text-sm text-dim">{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
