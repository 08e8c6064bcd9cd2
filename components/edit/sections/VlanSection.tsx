import { ChoiceCell, FlagCell, Fold, RowsOf, TextCell, YesNoCell } from '../cells';
import { textAt } from '../shape';
import { useFields } from '../useNetworkForm';
import { BandwidthFields } from './BandwidthSection';
import { VirtualPortFields } from './PortSection';

/** Access, trunk, and the native VLAN of a trunk. */
function VlanFields({ at }: { readonly at: string }) {
  const { values } = useFields();
  const trunk = textAt(values, `${at}.trunk`) === 'yes';
  const native = textAt(values, `${at}.native`) !== '';
  return (
    <div className="grid items-start gap-3 sm:grid-cols-4">
      <ChoiceCell
        at={`${at}.trunk`}
        label="Ports are"
        options={[
          ['', 'Access (usual): the guest is untagged'],
          ['no', 'Access, said in so many words'],
          ['yes', 'Trunk: the guest tags'],
        ]}
        className="sm:col-span-2"
      />
      <TextCell
        at={`${at}.tags`}
        label={trunk ? 'VLANs' : 'VLAN'}
        placeholder={trunk ? '10, 20-29' : '10'}
        className={trunk || native ? '' : 'sm:col-span-2'}
      />
      {(trunk || native) && <TextCell at={`${at}.native`} label="Native VLAN" placeholder="None" numeric />}
      {native && (
        <ChoiceCell
          at={`${at}.nativeMode`}
          label="The native VLAN reaches the guest"
          options={[
            ['', 'Untagged (usual)'],
            ['untagged', 'Untagged'],
            ['tagged', 'Tagged'],
          ]}
          className="sm:col-span-2"
        />
      )}
    </div>
  );
}

export function VlanSection() {
  return (
    <>
      <p className="text-sm text-dim">VLAN of every guest, unless its portgroup says otherwise.</p>
      <VlanFields at="vlan" />
      <RowsOf
        at="portgroups"
        title="Portgroups: classes of ports that a guest's NIC can name"
        noun="portgroup"
      >
        {(at, n) => (
          <>
            <div className="grid items-start gap-3 pr-8 sm:grid-cols-2">
              <TextCell at={`${at}.name`} label={`Portgroup ${n + 1}, name`} placeholder="engineering" />
              <FlagCell
                at={`${at}.default`}
                label="Default"
                hint="For NICs that name no portgroup."
                className="sm:mt-5"
              />
            </div>
            <VlanFields at={`${at}.vlan`} />
            <Fold
              title="Bandwidth and virtual port"
              fields={[`${at}.bandwidth`, `${at}.virtualPort`, `${at}.trustGuestRxFilters`]}
            >
              <BandwidthFields at={`${at}.bandwidth`} />
              <VirtualPortFields at={`${at}.virtualPort`} />
              <YesNoCell at={`${at}.trustGuestRxFilters`} label="Trust the guest's filters" usual="no" />
            </Fold>
          </>
        )}
      </RowsOf>
    </>
  );
}
