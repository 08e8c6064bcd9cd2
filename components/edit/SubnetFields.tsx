import { AddressPlan } from './AddressPlan';
import { FlagCell, Fold, RowCell, RowsOf, TextCell, YesNoCell } from './cells';
import { wholeRange } from './range';
import { rowsAt, textAt, treeAt } from './shape';
import { splitCidr } from './units';
import { useFields } from './useNetworkForm';

/** One address of the host in the network, with what is served there. */
export function SubnetFields({ at, index }: { readonly at: string; readonly index: number }) {
  const { values, set } = useFields();
  const serves = treeAt(values, `${at}.dhcp.served`) === true;
  /** An address that was typed with its length fills both fields. */
  const split = (typed: string) => {
    const parts = splitCidr(typed);
    if (parts === null) return;
    set(`${at}.address`, parts[0]);
    set(`${at}.prefix`, parts[1]);
  };
  return (
    <>
      <div className="grid grid-cols-[1fr_112px] items-start gap-2 pr-8">
        <TextCell
          at={`${at}.address`}
          label="Address of the host (gateway)"
          placeholder="192.168.100.1/24"
          onLeave={split}
        />
        <TextCell at={`${at}.prefix`} label="Prefix" placeholder="24" />
      </div>
      <AddressPlan index={index} />
      <FlagCell at={`${at}.dhcp.served`} label="Give guests addresses by DHCP" />
      {serves && (
        <>
          <Ranges at={`${at}.dhcp.ranges`} subnet={at} />
          <Reservations at={`${at}.dhcp.hosts`} />
        </>
      )}
      <Fold
        title="Network boot and reverse lookups"
        fields={[`${at}.tftp`, `${at}.localPtr`, `${at}.dhcp.bootp`]}
      >
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <TextCell at={`${at}.tftp`} label="TFTP folder" placeholder="/srv/tftp" />
          <YesNoCell at={`${at}.localPtr`} label="Answer reverse lookups here" usual="no" />
          {serves && (
            <>
              <TextCell at={`${at}.dhcp.bootp.file`} label="Boot file" placeholder="pxelinux.0" />
              <TextCell at={`${at}.dhcp.bootp.server`} label="Boot server" placeholder="This host" />
            </>
          )}
        </div>
      </Fold>
    </>
  );
}

function Ranges({ at, subnet }: { readonly at: string; readonly subnet: string }) {
  const { values } = useFields();
  /** The first one is all that there is. */
  const fresh = () =>
    rowsAt(values, at).length > 0
      ? undefined
      : (wholeRange(textAt(values, `${subnet}.address`), textAt(values, `${subnet}.prefix`)) ?? undefined);
  return (
    <RowsOf
      at={at}
      title="DHCP ranges: first and last address, and how long it is kept"
      noun="range"
      columns="sm:grid-cols-[1fr_1fr_96px_auto]"
      fresh={fresh}
    >
      {(row, n) => (
        <>
          <RowCell at={`${row}.start`} label={`Range ${n + 1}, first address`} placeholder="First address" />
          <RowCell at={`${row}.end`} label={`Range ${n + 1}, last address`} placeholder="Last address" />
          <RowCell at={`${row}.lease`} label={`Range ${n + 1}, lease time`} placeholder="Lease 1h" />
        </>
      )}
    </RowsOf>
  );
}

function Reservations({ at }: { readonly at: string }) {
  const { values } = useFields();
  const byDuid =
    rowsAt(values, at).some((r) => r.duid !== '') ||
    textAt(values, `${at.replace(/\.dhcp\.hosts$/, '')}.address`).includes(':');
  return (
    <RowsOf
      at={at}
      title="Reservations: always the same address for a guest"
      noun="reservation"
      columns={
        byDuid ? 'sm:grid-cols-[1.2fr_1.2fr_1fr_1fr_72px_auto]' : 'sm:grid-cols-[1.3fr_1.2fr_1fr_80px_auto]'
      }
    >
      {(row, n) => {
        const name = `Reservation ${n + 1}`;
        return (
          <>
            <RowCell at={`${row}.mac`} label={`${name}, MAC`} placeholder="52:54:00:12:34:56" />
            {byDuid && <RowCell at={`${row}.duid`} label={`${name}, DUID`} placeholder="DUID" />}
            <RowCell at={`${row}.ip`} label={`${name}, address`} placeholder="Address" />
            <RowCell at={`${row}.name`} label={`${name}, name`} placeholder="Name (optional)" />
            <RowCell at={`${row}.lease`} label={`${name}, lease time`} placeholder="Lease" />
          </>
        );
      }}
    </RowsOf>
  );
}
