import { type Nic, portSettingsOf } from '@/server/core/kinds/nic';
import { fail, ok, type Result } from '@/server/core/result';
import { setVdeVlans } from './vde';

/** What a NIC can say and a guest that the agent starts cannot have yet, in one sentence. */
export function notYet(nic: Nic): Result<never> | null {
  const { name, source } = nic;
  const cannot = (what: string) =>
    fail('NOT_SUPPORTED', `NIC ${name} ${what}, which guests that Patchbay starts cannot have yet.`);
  if (vdeVlan(nic) !== null && source.type === 'vde' && source.management === undefined)
    return fail(
      'NO_VDE_MANAGEMENT',
      `NIC ${name} has a VLAN, which a VDE switch is told at its management socket: name it.`,
    );
  const [beside] = portSettingsOf(nic).filter(([field]) => field !== 'vlan' || vdeVlan(nic) === null);
  if (beside !== undefined) return cannot(`has ${beside[1]} of its own`);
  return nic.link === 'down' ? cannot('starts with its cable unplugged') : null;
}

/** The VLAN of a port of VDE; null: it stays in the switch's own. */
export const vdeVlan = ({ source, vlan }: Nic): number | null =>
  source.type === 'vde' && vlan?.trunk !== true && vlan?.tags.length === 1
    ? (vlan.tags[0]?.id ?? null)
    : null;

/** Ports of VDE get their VLANs: a process has those of a switch in the order of its NICs. */
export async function tagVde(nics: readonly Nic[], pid: number): Promise<Result<null>> {
  const sockets = new Set(nics.flatMap(({ source }) => (source.type === 'vde' ? [source.socket] : [])));
  for (const socket of sockets) {
    const own = nics.filter(({ source }) => source.type === 'vde' && source.socket === socket);
    const [management] = own.flatMap(({ source }) =>
      source.type === 'vde' && source.management !== undefined ? [source.management] : [],
    );
    const vlans = own.map(vdeVlan);
    if (management === undefined || vlans.every((v) => v === null)) continue;
    const set = await setVdeVlans(management, pid, vlans);
    if (!set.ok) return set;
  }
  return ok(null);
}
