import { refuse } from '../check-parse';
import { Bandwidth } from '../kinds/port';
import { ok, type Result } from '../result';
import { parseDomainXml } from './parse-domain';
import { parseNetworkXml } from './parse-network';
import { readBandwidth } from './parse-port';
import { newReading, refuseAt, schemaProblems, withoutAbsent } from './reading';
import { readXml } from './xml';

export type ReadBandwidth = {
  readonly bandwidth: Bandwidth;
  /** A guest's macvtap: what it sends and what the host sends are the other way round. */
  readonly macvtap: boolean;
};

/**
 * The limits of a `<network>`, of an `<interface>`, or of a `<bandwidth>` alone. Refused is what these are refused for,
 * and what has no limits.
 */
export function parseBandwidthXml(xml: string): Result<ReadBandwidth> {
  const root = readXml(xml);
  if (!root.ok) return root;
  const r = newReading();
  const element = root.value;
  switch (element.name) {
    case 'network': {
      const network = parseNetworkXml(xml);
      if (!network.ok) return network;
      if (network.value.bandwidth !== undefined)
        return ok({ bandwidth: network.value.bandwidth, macvtap: false });
      break;
    }
    case 'interface': {
      const read = parseDomainXml(xml);
      if (!read.ok) return read;
      const [nic] = read.value.nics;
      if (nic?.bandwidth !== undefined)
        return ok({ bandwidth: nic.bandwidth, macvtap: nic.source.type === 'direct' });
      break;
    }
    case 'bandwidth': {
      const candidate = readBandwidth(r, element, []);
      if (r.problems.length > 0) return refuse(r.problems);
      if (candidate === undefined) break;
      const parsed = Bandwidth.safeParse(withoutAbsent(candidate));
      return parsed.success
        ? ok({ bandwidth: parsed.data, macvtap: false })
        : refuse(schemaProblems(r, parsed.error, element));
    }
    default:
      refuseAt(r, element, 'this has no limits: it is a <network>, an <interface> or a <bandwidth>.');
  }
  if (r.problems.length === 0)
    refuseAt(r, element, 'it has no limits: there is no <inbound> and no <outbound>.');
  return refuse(r.problems);
}
