import { markOf } from './compile/link';
import { linkSteps } from './plan-links';
import { isMine, type LinkSituation, linkOf } from './plan-links-facts';
import { linkRemovals, releaseGuests } from './plan-links-remove';
import { type Seats, tapSteps } from './plan-links-taps';
import type { Draft } from './plan-situation';
import { fail, type Result } from './result';

/** Networks stand on links of the host: these come first and go last. */
export const withLinks = (s: LinkSituation, networks: readonly Draft[], seats: Seats): readonly Draft[] => [
  ...linkSteps(s),
  ...networks,
  ...tapSteps(s, seats),
  ...releaseGuests(s),
  ...linkRemovals(s),
];

/** What must be known before a link can be moved. */
export function linkUnknowns({ observed, goal, known }: LinkSituation): Result<never> | null {
  if (goal.length + known.length === 0) return null;
  const { routes, vlans } = observed;
  if (!routes.known)
    return fail('UNKNOWN', `The routes of this host cannot be read: ${routes.why.replace(/\.?$/, '.')}`);
  const filters = goal.some(
    (g) => (g.kind === 'bridge' && g.vlanAware !== undefined) || (g.kind === 'tap' && g.vlan !== undefined),
  );
  if (filters && !vlans.known)
    return fail(
      'UNKNOWN',
      `The VLANs of this host's ports cannot be read: ${vlans.why.replace(/\.?$/, '.')}`,
    );
  const unsure = goal.find(
    (g) =>
      g.kind === 'tap' && linkOf(observed, linkOf(observed, g.name)?.master ?? '')?.kind === 'openvswitch',
  );
  const { ovsBridges } = observed;
  if (unsure === undefined || ovsBridges.known) return null;
  return fail(
    'UNKNOWN',
    `${unsure.name} is a port of Open vSwitch, which cannot be asked: ${ovsBridges.why.replace(/\.?$/, '.')}`,
  );
}

/** A link whose name somebody else's interface bears: it is never taken over. */
export function linkStrangers(s: LinkSituation): Result<never> | null {
  for (const goal of s.goal) {
    const seen = linkOf(s.observed, goal.name);
    if (seen === undefined || isMine(s, seen)) continue;
    return fail(
      'STRANGER',
      `Interface ${goal.name} (${seen.kind}) is on this host but does not carry Patchbay's mark, so it is left alone. If it is ours: ip link set dev ${goal.name} alias ${markOf(goal)}`,
    );
  }
  return null;
}
