import type { Desired } from '../change';
import type { Network } from '../kinds/network';
import { formatNetworkXml } from '../libvirt/format-network';
import { MARK_ELEMENT, MARK_URI } from '../libvirt/mark';
import { parseNetworkXml } from '../libvirt/parse-network';
import { ok, type Result } from '../result';

/** The desired networks that libvirt makes, by name. */
export const libvirtNetworks = (desired: Desired): readonly Network[] =>
  desired.networks.filter((n) => n.footing === 'libvirt').sort((a, b) => (a.name < b.name ? -1 : 1));

/** What libvirt is told, with our mark unless the network was there before us. */
export function libvirtXml(desired: Network): string {
  const { metadata, ...network } = desired;
  if (network.adopted) return formatNetworkXml(desired);
  return formatNetworkXml({
    ...network,
    metadata: metadata === undefined ? MARK_ELEMENT : `${metadata}\n${MARK_ELEMENT}`,
  });
}

/** A network as libvirt prints it, without our mark; `marked` says whether it bore it. */
export function readLibvirt(xml: string): Result<{ readonly network: Network; readonly marked: boolean }> {
  const parsed = parseNetworkXml(xml);
  if (!parsed.ok) return parsed;
  const { metadata, ...network } = parsed.value;
  const parts = metadata?.split('\n') ?? [];
  const others = parts.filter((part) => !part.includes(MARK_URI));
  const rest = others.length === 0 ? {} : { metadata: others.join('\n') };
  return ok({ network: { ...network, ...rest, footing: 'libvirt' }, marked: others.length < parts.length });
}
