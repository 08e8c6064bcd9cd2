import type { RuleRef } from './nft-walk';

/** Who made a rule, by its table, chain and comment; null: nobody known. */
export function ownerOf({ family, table, chain, comment }: RuleRef): string | null {
  const has = (pattern: RegExp) => pattern.test(chain) || pattern.test(table) || pattern.test(comment ?? '');
  if (table === 'patchbay') return 'Patchbay';
  if (has(/^LIBVIRT_|^libvirt[-_]|^guest_|libvirt_network/)) return 'libvirt';
  if (has(/^DOCKER/)) return 'Docker';
  if (table === 'firewalld' || has(/^(FWD|IN)_|firewalld/)) return 'firewalld';
  if (has(/^ufw6?-/)) return 'ufw';
  if (has(/^(KUBE|cali|CILIUM|FLANNEL)/i)) return 'Kubernetes';
  if (has(/^f2b-/)) return 'fail2ban';
  return family === 'bridge' && table === 'filter' ? 'ebtables' : null;
}

/** Docker sets the policy of FORWARD to drop, and leaves no other trace there (its own chains are beside it). */
export function policyOwner(ref: RuleRef, chains: readonly string[]): string | null {
  if (ref.handle !== null) return ownerOf(ref);
  if (chains.some((c) => c.startsWith('DOCKER')) && ref.chain === 'FORWARD') return 'Docker';
  if (chains.some((c) => c.startsWith('ufw'))) return 'ufw';
  return ownerOf(ref);
}
