import { inOrder, portsIn } from '../compile/link';
import { toPortVlans } from '../compile/ports';
import type { HostLink, Tap } from '../kinds/link';
import { FRESH, vlanChange } from '../port-state';
import type { ConfigFile } from '.';

export const MADE = '# Made by Patchbay from what was committed: changes made here are not read back.';

export const fileOf = (path: string, lines: readonly string[]): ConfigFile => ({
  path,
  text: `${[MADE, ...lines].join('\n')}\n`,
});

/** Devices of the machine that the links are made of: they need a file as well, as ports without addresses. */
export function plainDevices(links: readonly HostLink[]): readonly string[] {
  const own = new Set<string>(links.map((l) => l.name));
  const used = links.flatMap((l) => [...portsIn(l), ...(l.kind === 'vlan' ? [l.device] : [])]);
  return [...new Set(used)].filter((name) => !own.has(name)).sort();
}

/** The link that a device is a port of. */
export const ownerOf = (links: readonly HostLink[], name: string): HostLink | undefined =>
  links.find((l) => portsIn(l).includes(name));

/** Names of VLANs that stand on it. */
export const vlansOn = (links: readonly HostLink[], name: string): readonly string[] =>
  inOrder(links).flatMap((l) => (l.kind === 'vlan' && l.device === name ? [l.name] : []));

/** Commands that put a tap into its VLANs of a Linux bridge. */
export const tapVlanLines = ({ name, vlan }: Tap): readonly string[] =>
  vlan === undefined
    ? []
    : vlanChange(name, [FRESH.vlans, toPortVlans(vlan)]).map((words) => `bridge ${words.join(' ')}`);

export const rangeText = ({ from, to }: { readonly from: number; readonly to: number }): string =>
  from === to ? String(from) : `${from}-${to}`;

export const cidrText = ({
  address,
  prefix,
}: {
  readonly address: string;
  readonly prefix: number;
}): string => `${address}/${prefix}`;
