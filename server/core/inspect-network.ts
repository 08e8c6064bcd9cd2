import { type FactGroup, group, shorten } from './inspect-facts';
import { items, type Observed } from './observed';

/** What is known of a network: ours by its bridge's alias, or libvirt's. */
export function networkGroups(observed: Observed, name: string): readonly FactGroup[] {
  const libvirt = items(observed.libvirtNetworks).find((n) => n.name === name);
  const bridge =
    items(observed.links).find((l) => l.alias === `patchbay:${name}`)?.name ?? libvirt?.bridge ?? null;
  const groups: FactGroup[] = [];
  if (libvirt)
    groups.push(
      group('libvirt network', observed.libvirtNetworks, () => ({
        Active: libvirt.active,
        'Starts by itself': libvirt.autostart,
        'Forward mode': libvirt.forward,
        Bridge: libvirt.bridge,
      })),
    );
  groups.push(
    group('Realised by', observed.links, (links) => {
      const link = bridge === null ? undefined : links[bridge];
      return {
        Bridge: link?.name,
        'Set up': link?.up,
        Addresses: link?.addresses
          .filter((a) => a.scope === 'global')
          .map((a) => `${a.address}/${a.prefix}`)
          .join(', '),
      };
    }),
  );
  if (!libvirt) groups.push(...ownGroups(observed, name));
  groups.push(
    group('Leases', observed.leases, (all) =>
      shorten(
        Object.values(all)
          .filter((l) => l.network === name)
          .map(
            (l) => [l.address, [l.hostname, l.mac].filter(Boolean).join(' · ') || 'unknown client'] as const,
          ),
      ),
    ),
  );
  return groups;
}

function ownGroups(observed: Observed, name: string): readonly FactGroup[] {
  return [
    group('DHCP and DNS', observed.dnsmasq, (all) => {
      const service = all[name];
      if (service === undefined) return { dnsmasq: 'none' };
      return {
        dnsmasq: service.pid === null ? 'not running' : `process ${service.pid}`,
        'Runs with this configuration': service.pid === null ? null : service.current,
      };
    }),
    group('Firewall', observed.nft, (tables) =>
      shorten(
        Object.values(tables)
          .flatMap((t) => t.chains.map((chain) => ({ table: t, chain })))
          .flatMap(({ table, chain }) =>
            chain.rules
              .filter((r) => r.comment?.startsWith(`${name}: `))
              .map(
                (r) =>
                  [
                    `${table.family} ${table.name} ${chain.name}`,
                    (r.comment ?? '').slice(name.length + 2).replace(/ #[0-9a-f]{8}$/, ''),
                  ] as const,
              ),
          ),
      ),
    ),
  ];
}
