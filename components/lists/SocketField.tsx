import { Field, Select } from '../ui/Field';
import type { Socket } from './sockets';

type SocketFieldProps = {
  readonly sockets: readonly Socket[];
  /** Key of the socket; empty: none. */
  readonly value: string;
  readonly onChange: (key: string) => void;
};

/** Where a new NIC is plugged in. */
export function SocketField({ sockets, value, onChange }: SocketFieldProps) {
  return (
    <Field
      label="Network"
      hint={sockets.length === 0 ? 'This lab has no network yet; it can be plugged in later.' : undefined}
    >
      {(wiring) => (
        <Select {...wiring} value={value} onChange={(e) => onChange(e.target.value)}>
          {sockets.map((s) => (
            <option key={s.key} value={s.key}>
              {s.label}
            </option>
          ))}
          <option value="">None, leave it unplugged</option>
        </Select>
      )}
    </Field>
  );
}
