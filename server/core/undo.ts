import { sameValue } from './canonical';
import type { ChangeItem, Desired } from './change';
import { blockOf, blockText } from './ip';
import type { Network } from './kinds/network';
import { fail, ok, type Result, unreachable } from './result';

/** The change that takes these items back: reversed, last first. */
export function undoItems(items: readonly ChangeItem[]): readonly ChangeItem[] {
  return items
    .map((item): ChangeItem => {
      switch (item.op) {
        case 'create':
          return { op: 'delete', before: item.after };
        case 'update':
          return { op: 'update', before: item.after, after: item.before };
        case 'delete':
          return { op: 'create', after: item.before };
        default:
          return unreachable(item);
      }
    })
    .reverse();
}

/**
 * The desired state once these items are done. Refused with CONFLICT where an item does not start from what is there:
 * somebody else changed it meanwhile.
 */
export function desiredAfter(desired: Desired, items: readonly ChangeItem[]): Result<Desired> {
  let networks: readonly Network[] = desired.networks;
  for (const item of items) {
    const name = item.op === 'create' ? item.after.name : item.before.name;
    const current = networks.find((n) => n.name === name);
    if (item.op === 'create') {
      if (current !== undefined) return fail('CONFLICT', `There is a network named ${name} already.`);
      networks = [...networks, item.after];
      continue;
    }
    if (current === undefined)
      return fail('CONFLICT', `Network ${name} is not there any more: somebody removed or renamed it.`);
    if (!sameValue(current, item.before))
      return fail(
        'CONFLICT',
        `Network ${name} was changed meanwhile: look at its present state and try again.`,
      );
    if (item.op === 'delete') networks = networks.filter((n) => n !== current);
    else {
      const { after } = item;
      if (after.name !== name && networks.some((n) => n.name === after.name))
        return fail('CONFLICT', `There is a network named ${after.name} already.`);
      networks = networks.map((n) => (n === current ? after : n));
    }
  }
  return ok({ networks });
}

/** The items that lead from one desired state to another. Networks are known by name. */
export function diffDesired(from: Desired, to: Desired): readonly ChangeItem[] {
  const before = new Map(from.networks.map((n) => [n.name, n]));
  const after = new Map(to.networks.map((n) => [n.name, n]));
  const gone = from.networks.flatMap((n): ChangeItem[] =>
    after.has(n.name) ? [] : [{ op: 'delete', before: n }],
  );
  const rest = to.networks.flatMap((n): ChangeItem[] => {
    const old = before.get(n.name);
    if (old === undefined) return [{ op: 'create', after: n }];
    return sameValue(old, n) ? [] : [{ op: 'update', before: old, after: n }];
  });
  return [...gone, ...rest];
}

/** "Add network demo (NAT, 192.168.100.0/24)"; several items are joined by semicolons. */
export function summarise(items: readonly ChangeItem[]): string {
  if (items.length === 0) return 'Nothing changes';
  const all = items.map(summariseItem).join('; ');
  return all.length <= 200 ? all : `${all.slice(0, 190)}… (${items.length} items)`;
}

function summariseItem(item: ChangeItem): string {
  switch (item.op) {
    case 'create':
      return `Add network ${item.after.name} (${inWords(item.after)})`;
    case 'delete':
      return `Remove network ${item.before.name} (${inWords(item.before)})`;
    case 'update': {
      const { before, after } = item;
      const what = (['name', 'forward', 'bridge', 'subnets'] as const)
        .filter((field) => !sameValue(before[field], after[field]))
        .map((field) => changed(field, before, after));
      return `Change network ${before.name}: ${what.join(', ') || 'nothing'}`;
    }
    default:
      return unreachable(item);
  }
}

function changed(field: 'name' | 'forward' | 'bridge' | 'subnets', before: Network, after: Network): string {
  switch (field) {
    case 'name':
      return `name ${after.name}`;
    case 'forward':
      return forwardText(after);
    case 'bridge':
      return before.bridge.name === after.bridge.name
        ? `STP ${after.bridge.stp ? 'on' : 'off'}`
        : `bridge ${after.bridge.name}`;
    case 'subnets':
      return subnetsText(before) === subnetsText(after) ? 'DHCP' : subnetsText(after) || 'no subnet';
    default:
      return unreachable(field);
  }
}

export const forwardWord = (mode: Network['forward']['mode']): string =>
  ({ none: 'isolated', nat: 'NAT', route: 'routed' })[mode];

const forwardText = ({ forward }: Network): string =>
  `${forwardWord(forward.mode)}${forward.mode !== 'none' && forward.dev !== undefined ? ` to ${forward.dev}` : ''}`;

const subnetsText = ({ subnets }: Network): string =>
  subnets
    .map(({ address, prefix }) => {
      const block = blockOf(address, prefix);
      return block === null ? `${address}/${prefix}` : blockText(block);
    })
    .join(' and ');

const inWords = (network: Network): string =>
  [forwardText(network), subnetsText(network)].filter((s) => s !== '').join(', ');
