import { items } from '@/server/core/observed';
import { AreaCell, ChoiceCell, Fold, TextCell, YesNoCell } from './cells';
import { textAt } from './shape';
import { useFields } from './useNetworkForm';

const PAIR = 'grid items-start gap-3 sm:grid-cols-2';
const options = (names: readonly string[], none: string) => [
  ['', none] as const,
  ...names.map((n) => [n, n] as const),
];

/** What the chosen mode needs to know of the host. */
export function ForwardFields() {
  const { values } = useFields();
  switch (textAt(values, 'forward.mode')) {
    case 'none':
    case 'open':
      return null;
    case 'nat':
      return (
        <>
          <Device />
          <Nat />
        </>
      );
    case 'route':
      return <Device />;
    case 'hostdev':
      return <Functions />;
    default:
      return <OnHost />;
  }
}

function Device() {
  const { devices } = useFields();
  return (
    <ChoiceCell
      at="forward.dev"
      label="Leaves through"
      hint="Any: where the host's routes lead."
      options={options(devices, 'Any device')}
      className="sm:w-1/2"
    />
  );
}

const Nat = () => (
  <Fold title="NAT details" fields={['forward.nat']}>
    <div className={PAIR}>
      <TextCell at="forward.nat.address.start" label="First address outside" placeholder="That of the host" />
      <TextCell at="forward.nat.address.end" label="Last address outside" />
      <TextCell at="forward.nat.port.start" label="First port outside" placeholder="1024" numeric />
      <TextCell at="forward.nat.port.end" label="Last port outside" placeholder="65535" numeric />
      <YesNoCell at="forward.nat.ipv6" label="Translate IPv6 too" usual="no" />
    </div>
  </Fold>
);

/** A bridge of the host, or a pool of its devices. */
function OnHost() {
  const { values, context } = useFields();
  const source = textAt(values, 'forward.source');
  const bridged = textAt(values, 'forward.mode') === 'bridge';
  const links = context.observed === null ? [] : items(context.observed.links);
  const bridges = [
    ...links.filter((l) => l.kind === 'bridge').map((l) => l.name),
    ...(context.observed === null ? [] : items(context.observed.ovsBridges).map((b) => b.name)),
  ];
  return (
    <div className="grid gap-3">
      <div className={PAIR}>
        <ChoiceCell
          at="forward.source"
          label="Guests are plugged into"
          options={[
            ...(bridged ? ([['bridge', 'A bridge of the host']] as const) : []),
            ['interfaces', 'Devices of the host'],
            ['pf', 'Virtual functions of a card'],
          ]}
        />
        {source === 'bridge' && (
          <ChoiceCell
            at="forward.bridge"
            label="Bridge of the host"
            options={options([...new Set(bridges)].sort(), 'Choose a bridge')}
          />
        )}
        {source === 'pf' && <Card />}
      </div>
      {source === 'bridge' && (
        <ChoiceCell
          at="forward.macTableManager"
          label="MAC table"
          options={[
            ['', 'The kernel learns (usual)'],
            ['kernel', 'The kernel learns'],
            ['libvirt', 'Told when a guest is plugged in'],
          ]}
          className="sm:w-1/2"
        />
      )}
      {source === 'interfaces' && <Devices />}
    </div>
  );
}

function Card() {
  const { devices } = useFields();
  return <ChoiceCell at="forward.pf" label="Physical function" options={options(devices, 'Choose a card')} />;
}

/** Boxes for the devices that there are; others are typed. */
function Devices() {
  const { values, set, devices } = useFields();
  const chosen = textAt(values, 'forward.interfaces')
    .split(/[\s,;]+/)
    .filter((w) => w !== '');
  const toggle = (name: string, on: boolean) =>
    set('forward.interfaces', (on ? [...chosen, name] : chosen.filter((c) => c !== name)).join(', '));
  return (
    <div className="grid gap-2">
      {devices.length > 0 && (
        <fieldset className="flex flex-wrap gap-x-4 gap-y-1">
          <legend className="sr-only">Devices of this host</legend>
          {devices.map((name) => (
            <label key={name} className="mono flex items-center gap-1.5">
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={(e) => toggle(name, e.target.checked)}
                className="accent-(--accent)"
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <TextCell
        at="forward.interfaces"
        label="Devices of the pool"
        hint="Each guest gets one of them."
        placeholder="eth1, eth2"
      />
    </div>
  );
}

function Functions() {
  const { values } = useFields();
  const source = textAt(values, 'forward.source');
  return (
    <div className="grid gap-3">
      <div className={PAIR}>
        <ChoiceCell
          at="forward.source"
          label="Functions are"
          options={[
            ['pf', 'Those of a card'],
            ['addresses', 'Listed by address'],
          ]}
        />
        {source === 'pf' && <Card />}
      </div>
      {source === 'addresses' && (
        <AreaCell
          at="forward.addresses"
          label="PCI addresses, one a line"
          hint="As lspci -D prints them."
          placeholder="0000:03:10.1"
        />
      )}
      <div className="grid items-start gap-3 sm:grid-cols-3">
        <YesNoCell at="forward.managed" label="Detached by the host" usual="no" />
        <ChoiceCell
          at="forward.driver"
          label="Driver"
          options={[
            ['', 'Usual'],
            ['vfio', 'VFIO'],
            ['kvm', 'KVM'],
          ]}
        />
        <TextCell at="forward.driverModel" label="Driver model" placeholder="None" />
      </div>
    </div>
  );
}
