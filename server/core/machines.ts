import { items, type Observed } from './observed';

const MACHINES = /qemu|kvm|firecracker|cloud-hyperviso|crosvm|vhost/i;

/** A virtual machine that libvirt does not manage: a process that holds taps. */
export type Machine = {
  readonly pid: number;
  readonly command: string;
  /** What it was told it is called. */
  readonly guest: string | null;
  /** What it goes by here: its name, or its number where that is not known or somebody else's too. */
  readonly name: string;
  readonly nics: readonly { readonly tap: string; readonly mac: string | null }[];
};

/** In the order of their taps. */
export function machinesOf(observed: Observed): readonly Machine[] {
  const domains = items(observed.domains);
  const ofDomains = new Set(domains.flatMap((d) => d.nics.map((nic) => nic.target)));
  const names = new Set(domains.map((d) => d.name));
  if (observed.agent.role === 'lab') for (const ns of items(observed.namespaces)) names.add(ns.name);
  const found = new Map<number, Machine>();
  for (const { device, processes } of items(observed.tapHolders))
    for (const { pid, command, guest, mac } of ofDomains.has(device) ? [] : processes) {
      if (!MACHINES.test(command)) continue;
      const before = found.get(pid);
      const isFree = guest !== undefined && !names.has(guest);
      const name = before?.name ?? (isFree ? guest : `pid-${pid}`);
      names.add(name);
      const nics = [...(before?.nics ?? []), { tap: device, mac: mac ?? null }];
      found.set(pid, { pid, command, guest: guest ?? null, name, nics });
    }
  return [...found.values()];
}
