import { ChoiceCell, TextCell, YesNoCell } from '../cells';
import { textAt } from '../shape';
import { useFields } from '../useNetworkForm';

const TYPES = [
  ['', 'None'],
  ['802.1Qbg', '802.1Qbg (VEPA)'],
  ['802.1Qbh', '802.1Qbh (VN-Link)'],
  ['openvswitch', 'Open vSwitch'],
  ['midonet', 'MidoNet'],
] as const;

/** What a type of switch is told; the others' fields show where they hold something. */
const PARAMETERS = [
  ['profileId', 'Profile', ['802.1Qbh', 'openvswitch']],
  ['interfaceId', 'Interface id', ['openvswitch', 'midonet']],
  ['managerId', 'Manager id', ['802.1Qbg']],
  ['typeId', 'Type id', ['802.1Qbg']],
  ['typeIdVersion', 'Type id version', ['802.1Qbg']],
  ['instanceId', 'Instance id', ['802.1Qbg']],
] as const;

export function VirtualPortFields({ at }: { readonly at: string }) {
  const { values } = useFields();
  const type = textAt(values, `${at}.type`);
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      <ChoiceCell at={`${at}.type`} label="Virtual port" options={TYPES} />
      {PARAMETERS.map(([field, label, types]) =>
        types.some((t) => t === type) || textAt(values, `${at}.${field}`) !== '' ? (
          <TextCell key={field} at={`${at}.${field}`} label={label} />
        ) : null,
      )}
    </div>
  );
}

export const PortSection = () => (
  <>
    <VirtualPortFields at="virtualPort" />
    <YesNoCell
      at="trustGuestRxFilters"
      label="Trust the guest's filters"
      hint="The host follows when a guest changes its MAC or its multicast groups (macvtap)."
      usual="no"
    />
  </>
);
