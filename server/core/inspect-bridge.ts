import { type FactGroup, group, shorten } from './inspect-facts';
import { items, type Observed } from './observed';

/** What is known of an interface as a bridge, Linux or Open vSwitch; nothing when it is none. */
export function bridgeGroups(observed: Observed, name: string): readonly FactGroup[] {
  const link = observed.links.known ? observed.links.value[name] : undefined;
  const groups: FactGroup[] = [];
  if (link?.kind === 'bridge') {
    groups.push(
      group('Bridge', observed.links, () => ({
        'Spanning tree': link.bridge?.stp,
        'VLAN filtering': link.bridge?.vlanFiltering,
        'Default PVID': link.bridge?.defaultPvid,
        'Forward delay':
          link.bridge?.forwardDelay == null ? null : `${(link.bridge.forwardDelay / 100).toFixed(2)} s`,
      })),
      group('Ports', observed.bridgePorts, (all) =>
        shorten(
          Object.values(all)
            .filter((p) => p.bridge === name)
            .map((p) => [p.port, p.isolated ? `${p.state}, isolated` : p.state] as const),
        ),
      ),
    );
  }
  const ovs = items(observed.ovsBridges).find((b) => b.name === name);
  if (ovs)
    groups.push(
      group('Open vSwitch', observed.ovsBridges, () => ({
        Datapath: ovs.datapath,
        'Fail mode': ovs.failMode,
        Ports: ovs.ports.length,
      })),
      group('Open vSwitch ports', observed.ovsBridges, () =>
        shorten(
          ovs.ports.map((p) => {
            const vlans = p.tag === null ? '' : `VLAN ${p.tag}`;
            const trunks = p.trunks.length === 0 ? '' : `trunk ${p.trunks.join(', ')}`;
            const error = p.interfaces.find((i) => i.error !== null)?.error ?? '';
            return [p.name, [vlans, trunks, error].filter(Boolean).join(' · ') || 'all VLANs'] as const;
          }),
        ),
      ),
    );
  return groups;
}
