import type { Fact, PortVlans } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, type Reader, readWith } from './reading';
import { anInt, aText, listOf, maybe, object } from './shape';

const BridgeVlan = object({
  ifname: aText,
  vlans: maybe(listOf(object({ vlan: anInt, vlanEnd: maybe(anInt), flags: maybe(listOf(aText)) }))),
});

/** Text of `bridge -j vlan show`, compressed or not; neighbours alike become one range either way. */
export function parseVlans(text: string): Parsed<PortVlans> {
  const list = parseList(BridgeVlan, text);
  if (!list.ok) return list;
  const ports = new Map<string, PortVlans>();
  for (const raw of list.value) {
    const vlans = ports.get(raw.ifname)?.vlans ?? [];
    for (const one of raw.vlans ?? []) {
      const pvid = one.flags?.includes('PVID') ?? false;
      const untagged = one.flags?.includes('Egress Untagged') ?? false;
      const last = vlans.at(-1);
      if (
        last !== undefined &&
        last.to + 1 === one.vlan &&
        last.pvid === pvid &&
        last.untagged === untagged &&
        !pvid
      )
        last.to = one.vlanEnd ?? one.vlan;
      else vlans.push({ from: one.vlan, to: one.vlanEnd ?? one.vlan, pvid, untagged });
    }
    ports.set(raw.ifname, { port: raw.ifname, vlans });
  }
  return ok(keyed(ports));
}

/** A kernel without VLAN filtering answers with an empty list. */
export const vlansReader: Reader<PortVlans> = {
  what: 'VLANs',
  argv: ['bridge', '-j', '-compressvlans', 'vlan', 'show'],
  parse: parseVlans,
};
export const observeVlans = (): Promise<Fact<PortVlans>> => readWith(vlansReader);
