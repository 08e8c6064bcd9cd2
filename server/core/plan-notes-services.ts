import { isMade, type Network } from './kinds/network';

/** What people should know about DHCP and DNS of the networks that change. */
export function serviceNotes(changed: readonly Network[]): readonly string[] {
  return changed.flatMap((network) => [
    ...registerNotes(network),
    ...tftpNotes(network),
    ...optionNotes(network),
  ]);
}

/** systemd-resolved keeps this by interface and forgets it with the bridge. */
function registerNotes(network: Network): readonly string[] {
  const { name, domain, subnets } = network;
  if (!domain?.register || !isMade(network)) return [];
  const bridge = network.bridge.name;
  const servers = subnets.map((s) => s.address).join(' ');
  return [
    `The host itself does not ask ${name} for names in ${domain.name} by this plan: Patchbay does not change the host's resolver. Where systemd-resolved runs: resolvectl dns ${bridge} ${servers}; resolvectl domain ${bridge} '~${domain.name}'`,
  ];
}

function tftpNotes({ name, subnets }: Network): readonly string[] {
  return subnets.flatMap(({ tftp }) =>
    tftp === undefined
      ? []
      : [
          `Folder ${tftp} must be on this host, and readable by the user that dnsmasq runs as: without it the dnsmasq of ${name} does not start, and the change is taken back.`,
        ],
  );
}

function optionNotes({ name, dnsmasqOptions }: Network): readonly string[] {
  if (dnsmasqOptions === undefined) return [];
  return [
    `Lines of ${name} go into the configuration of its dnsmasq as they are, and may reach beyond the network: ${dnsmasqOptions.join('; ')}. dnsmasq must accept the whole file before the one that runs is stopped.`,
  ];
}
