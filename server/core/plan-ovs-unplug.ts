import type { Action } from './change';
import type { OvsBridge } from './observed';
import { forgetRows, qosAgain, unlimitFirst } from './ovs-qos';
import { columnChange, NEW_PORT, ovsText, portColumns, transact } from './plan-ovs-columns';

type OvsPort = OvsBridge['ports'][number];

/** Takes ports out of a bridge, with what limits them; their devices stay, as if they had never been in. */
export const unplugPorts = (bridge: string, ports: readonly OvsPort[]): readonly Action[] => [
  ...unlimitFirst(ports),
  transact(ports.map(({ name }) => ['--if-exists', 'del-port', bridge, name])),
  ...forgetRows(ports),
];

/** Commands that plug it in again as it was. */
export function portAgain(bridge: string, port: OvsPort): readonly (readonly string[])[] {
  const [first] = port.interfaces;
  const type = first === undefined || first.type === 'system' ? null : first.type;
  const maps = Object.fromEntries([
    ...Object.entries(first?.options ?? {}).map(([k, v]) => [`Interface options:${k}`, ovsText(v)] as const),
    ...Object.entries(first?.externalIds ?? {}).map(
      ([k, v]) => [`Interface external_ids:${k}`, ovsText(v)] as const,
    ),
  ]);
  return [
    ['add-port', bridge, port.name],
    ...columnChange(port.name, NEW_PORT, { 'Interface type': type, ...portColumns(port), ...maps }),
    ...qosAgain(port),
  ];
}
