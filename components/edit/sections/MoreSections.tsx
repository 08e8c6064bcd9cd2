import { listenerWarnings } from '@/server/core/check-listeners';
import { AreaCell, ChoiceCell, RowCell, RowsOf, TextCell, YesNoCell } from '../cells';
import { useFields } from '../useNetworkForm';

const PAIR = 'grid items-start gap-3 sm:grid-cols-2';
const PROTOCOLS = [
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
] as const;

/** What it takes from programs of the host, as far as they are known. */
function ForwardWarnings() {
  const { said, context } = useFields();
  const warnings = said === null ? [] : listenerWarnings(said, context);
  if (warnings.length === 0) return null;
  return (
    <ul role="status" className="grid gap-1 rounded-md border border-amber/40 bg-amber-soft p-2 text-sm">
      {warnings.map(({ message }) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
}

export const ForwardsSection = () => (
  <>
    <RowsOf
      at="portForwards"
      title="What comes to a port of this host goes to a guest"
      noun="port forward"
      columns="sm:grid-cols-[72px_1fr_1.3fr_80px_1.2fr_auto]"
      fresh={() => ({ protocol: 'tcp' })}
    >
      {(at, n) => (
        <>
          <ChoiceCell
            at={`${at}.protocol`}
            label={`Port forward ${n + 1}, protocol`}
            options={PROTOCOLS}
            hideLabel
            className="max-sm:col-start-1"
          />
          <RowCell at={`${at}.port`} label={`Port forward ${n + 1}, ports of the host`} placeholder="8080" />
          <RowCell
            at={`${at}.to`}
            label={`Port forward ${n + 1}, guest`}
            placeholder="To guest 192.168.100.5"
          />
          <RowCell
            at={`${at}.toPort`}
            label={`Port forward ${n + 1}, port of the guest`}
            placeholder="Same"
            numeric
          />
          <RowCell
            at={`${at}.address`}
            label={`Port forward ${n + 1}, address of the host`}
            placeholder="Any address"
          />
        </>
      )}
    </RowsOf>
    <ForwardWarnings />
  </>
);

export const RoutesSection = () => (
  <RowsOf
    at="routes"
    title="Other networks that are reached by way of a guest"
    noun="route"
    columns="sm:grid-cols-[1.4fr_72px_1.4fr_80px_auto]"
  >
    {(at, n) => (
      <>
        <RowCell at={`${at}.address`} label={`Route ${n + 1}, network`} placeholder="10.9.0.0/16" />
        <RowCell at={`${at}.prefix`} label={`Route ${n + 1}, prefix`} placeholder="Prefix" />
        <RowCell
          at={`${at}.gateway`}
          label={`Route ${n + 1}, gateway`}
          placeholder="By way of 192.168.100.9"
        />
        <RowCell at={`${at}.metric`} label={`Route ${n + 1}, metric`} placeholder="Metric" numeric />
      </>
    )}
  </RowsOf>
);

export const BridgeSection = () => (
  <>
    <div className={PAIR}>
      <TextCell at="mtu" label="MTU (bytes)" placeholder="1500" numeric />
      <TextCell at="mac" label="MAC of the bridge" placeholder="Made up by the kernel" />
      <TextCell at="bridge.delay" label="Forward delay (seconds)" placeholder="0" numeric />
      <TextCell at="bridge.zone" label="Zone of firewalld" placeholder="None" />
    </div>
    <div className={PAIR}>
      <ChoiceCell
        at="bridge.macTableManager"
        label="MAC table"
        options={[
          ['', 'The kernel learns (usual)'],
          ['kernel', 'The kernel learns'],
          ['libvirt', 'Told when a guest is plugged in'],
        ]}
      />
      <YesNoCell at="guestIpv6" label="IPv6 between guests without an address here" usual="no" />
      <YesNoCell at="isolated" label="Keep guests from each other" usual="no" />
    </div>
  </>
);

export const AboutSection = () => (
  <>
    <TextCell at="title" label="Title" plain />
    <AreaCell at="description" label="Description" />
    <TextCell at="uuid" label="UUID" placeholder="Made up where one is needed" />
    <AreaCell at="metadata" label="Metadata" hint="XML elements of other programs, kept as they are." />
  </>
);
