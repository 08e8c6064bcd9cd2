import { sameValue } from '@/server/core/canonical';
import type { ChangeItem, Desired } from '@/server/core/change';
import type { Network } from '@/server/core/kinds/network';
import { fail, ok, type Result } from '@/server/core/result';

/** Names who changed a network since the change was begun, as the end of a sentence: ` by anna ("Widen the range")`. */
export type Blame = (network: string) => string;

const nobody: Blame = () => '';

const parts = {
  name: 'name',
  forward: 'forward mode',
  bridge: 'bridge',
  subnets: 'subnets',
} as const satisfies Partial<Record<keyof Network, string>>;

/** Which parts of a network differ, in people's words. */
function differences(a: Network, b: Network): string {
  const keys = ['name', 'forward', 'bridge', 'subnets'] as const;
  const differing = keys.filter((key) => !sameValue(a[key], b[key])).map((key) => parts[key]);
  if (differing.length === 0) return '';
  return ` Its ${differing.join(' and ')} ${differing.length === 1 && !differing[0]?.endsWith('s') ? 'differs' : 'differ'}.`;
}

const conflict = (message: string): Result<never> =>
  fail('CONFLICT', `${message} Nothing was overwritten: open it again and repeat the edit.`);

/**
 * The desired state after a change's items, or why they no longer fit onto `current`: CONFLICT when a network is not
 * what the items started from, TAKEN when a name or a bridge name is used twice.
 */
export function applyItems(
  current: Desired,
  items: readonly ChangeItem[],
  blame: Blame = nobody,
): Result<Desired> {
  const networks = new Map<string, Network>(current.networks.map((network) => [network.name, network]));
  for (const item of items) {
    if (item.op !== 'create') {
      const { before } = item;
      const now = networks.get(before.name);
      if (now === undefined)
        return conflict(`Network ${before.name} was deleted in the meantime${blame(before.name)}.`);
      if (!sameValue(now, before))
        return conflict(
          `Network ${before.name} was changed in the meantime${blame(before.name)}.${differences(before, now)}`,
        );
      networks.delete(before.name);
    }
    if (item.op !== 'delete') {
      if (networks.has(item.after.name))
        return taken(['name'], `There is a network ${item.after.name} on this host already.`);
      networks.set(item.after.name, item.after);
    }
  }
  const bridges = new Map<string, string>();
  for (const { name, bridge } of networks.values()) {
    const other = bridges.get(bridge.name);
    if (other !== undefined) {
      // The one that was there is named, not the one that is being edited.
      const kept = items.some((item) => item.op !== 'delete' && item.after.name === other) ? name : other;
      return taken(
        ['bridge', 'name'],
        `The bridge name ${bridge.name} is already used by network ${kept} on this host.`,
      );
    }
    bridges.set(bridge.name, name);
  }
  return ok({ networks: [...networks.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) });
}

const taken = (path: readonly string[], message: string): Result<never> =>
  fail('TAKEN', message, { problems: [{ path, code: 'TAKEN', message }] });
