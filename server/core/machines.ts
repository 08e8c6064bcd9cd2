import { items, type Observed } from './observed';

const MACHINES = /qemu|kvm|firecracker|cloud-hyperviso|crosvm|vhost/i;

export type MachineNic = {
  readonly tap: string;
  readonly mac: string | null;
  /** Of those that the host's agent started: its name, and whether its cable is plugged in. */
  readonly name?: string;
  readonly cable?: 'in' | 'out';
  readonly fixed?: string | undefined;
  /** What failed once its tap was up. */
  readonly trouble?: string | undefined;
};

/** A virtual machine that libvirt does not manage: the host's agent started it, or it is a process that holds taps. */
export type Machine = {
  /** Null: it has ended, and its NICs have no taps. */
  readonly pid: number | null;
  readonly command: string;
  /** What it was told it is called. */
  readonly guest: string | null;
  /** What it goes by here: its name, or its number where that is not known or somebody else's too. */
  readonly name: string;
  readonly nics: readonly MachineNic[];
  /** The host's agent started it, and can change it. */
  readonly own?: true;
};

/** The host's own first, then the others in the order of their taps. */
export function machinesOf(observed: Observed): readonly Machine[] {
  const domains = items(observed.domains);
  const own = ownMachines(observed);
  const known = new Set([
    ...domains.flatMap((d) => d.nics.map((nic) => nic.target)),
    ...own.flatMap((m) => m.nics.map((nic) => nic.tap)),
  ]);
  const names = new Set([...domains, ...own].map((d) => d.name));
  if (observed.agent.role === 'lab') for (const ns of items(observed.namespaces)) names.add(ns.name);
  const found = new Map<number, Machine>();
  for (const { device, processes } of items(observed.tapHolders))
    for (const { pid, command, guest, mac } of known.has(device) ? [] : processes) {
      if (!MACHINES.test(command)) continue;
      const before = found.get(pid);
      const isFree = guest !== undefined && !names.has(guest);
      const name = before?.name ?? (isFree ? guest : `pid-${pid}`);
      names.add(name);
      const nics = [...(before?.nics ?? []), { tap: device, mac: mac ?? null }];
      found.set(pid, { pid, command, guest: guest ?? null, name, nics });
    }
  return [...own, ...found.values()];
}

const ownMachines = (observed: Observed): readonly Machine[] =>
  items(observed.machines).map(({ name, pid, nics }) => ({
    ...{ pid, command: 'qemu', guest: name, name, nics, own: true },
  }));
