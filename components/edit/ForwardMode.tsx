import {
  ArrowLeftRight,
  ArrowUpFromLine,
  Cable,
  Cpu,
  DoorClosed,
  DoorOpen,
  EyeOff,
  GitFork,
  Route,
} from 'lucide-react';
import { FieldError } from '../ui/Field';
import { textAt } from './shape';
import { useFields } from './useNetworkForm';

const GROUPS = [
  {
    title: 'A bridge of its own',
    brief: false,
    modes: [
      ['none', DoorClosed, 'Isolated', 'Guests reach each other and the host, nothing else.'],
      ['nat', ArrowLeftRight, 'NAT', 'Guests reach the outside with the address of the host.'],
      ['route', Route, 'Routed', 'Packets pass as they are; the outside needs a route back.'],
      ['open', DoorOpen, 'Open', 'Routed, without any firewall rule.'],
    ],
  },
  {
    title: "On the host's network",
    brief: true,
    modes: [
      ['bridge', Cable, 'Bridged', 'On a bridge of the host, or macvtap on its devices.'],
      ['private', EyeOff, 'Private', 'macvtap: guests of one device never reach each other.'],
      ['vepa', ArrowUpFromLine, 'VEPA', 'macvtap: the switch outside sends it back.'],
      ['passthrough', GitFork, 'Passthrough', 'macvtap: a device for each guest alone.'],
      ['hostdev', Cpu, 'PCI passthrough', 'A virtual function of a card for each guest.'],
    ],
  },
] as const;

/** How packets leave: nine cards in two groups, one choice. */
export function ForwardMode({ onChoose }: { readonly onChoose: (mode: string) => void }) {
  const { values, set, problemAt } = useFields();
  const chosen = textAt(values, 'forward.mode');
  const problem = problemAt('forward.mode');
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 font-medium">Forward mode</legend>
      {GROUPS.map(({ title, brief, modes }) => (
        <fieldset key={title} className="grid min-w-0 gap-1">
          <legend className="mb-1 text-sm text-dim">{title}</legend>
          <div className={brief ? 'grid grid-cols-2 gap-2 sm:grid-cols-3' : 'grid gap-2 sm:grid-cols-2'}>
            {modes.map(([mode, Icon, name, text]) => (
              <label
                key={mode}
                title={text}
                className="relative grid cursor-pointer grid-cols-[auto_1fr] items-start gap-x-2 rounded-md border border-strong bg-raised px-3 py-2 hover:bg-bg has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-focus"
              >
                <input
                  type="radio"
                  name="forward.mode"
                  value={mode}
                  checked={chosen === mode}
                  onChange={() => {
                    set('forward.mode', mode);
                    onChoose(mode);
                  }}
                  className="mt-1 accent-(--accent) outline-none"
                />
                <span className="flex items-center gap-1.5 font-medium">
                  <Icon aria-hidden className="size-4 text-dim" />
                  {name}
                </span>
                <span className={brief && chosen !== mode ? 'sr-only' : 'col-start-2 text-sm text-dim'}>
                  {text}
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      {problem !== undefined && <FieldError text={problem} />}
    </fieldset>
  );
}
