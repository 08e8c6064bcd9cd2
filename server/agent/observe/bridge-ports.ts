import type { BridgePort, Fact } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, readWith } from './reading';
import { aFlag, anInt, aText, maybe, object } from './shape';

const Flag = maybe(aFlag);

const BridgeLink = object({
  ifname: aText,
  master: maybe(aText),
  state: maybe(aText),
  cost: maybe(anInt),
  priority: maybe(anInt),
  isolated: Flag,
  learning: Flag,
  flood: Flag,
  locked: Flag,
  hairpin: Flag,
});

/** Text of `bridge -j -d link show`. What has no master is no port (a NIC's own bridge offload prints such a line). */
export function parseBridgePorts(text: string): Parsed<BridgePort> {
  const list = parseList(BridgeLink, text);
  if (!list.ok) return list;
  const ports: [string, BridgePort][] = [];
  for (const raw of list.value) {
    if (raw.master == null) continue;
    ports.push([
      raw.ifname,
      {
        port: raw.ifname,
        bridge: raw.master,
        state: raw.state ?? 'unknown',
        cost: raw.cost ?? null,
        priority: raw.priority ?? null,
        isolated: raw.isolated ?? false,
        learning: raw.learning ?? true,
        flood: raw.flood ?? true,
        locked: raw.locked ?? false,
        hairpin: raw.hairpin ?? false,
      },
    ]);
  }
  return ok(keyed(ports));
}

export const observeBridgePorts = (): Promise<Fact<BridgePort>> =>
  readWith({ what: 'bridge ports', argv: ['bridge', '-j', '-d', 'link', 'show'], parse: parseBridgePorts });
