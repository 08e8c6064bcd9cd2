import type { HostSummary } from '@/server/api/live';
import { Field, Select } from '../ui/Field';
import { hostName } from './names';

type HostFieldProps = {
  readonly label: string;
  readonly hosts: readonly HostSummary[];
  readonly value: string | null;
  readonly onChoose: (host: string) => void;
  readonly className?: string;
};

/** Chooses one of these hosts. */
export function HostField({ label, hosts, value, onChoose, className }: HostFieldProps) {
  return (
    <Field label={label} {...(className === undefined ? {} : { className })}>
      {(wiring) => (
        <Select {...wiring} value={value ?? ''} onChange={(e) => onChoose(e.target.value)}>
          {hosts.map((h) => (
            <option key={h.host} value={h.host}>
              {hostName(h.host)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
