import { bitRate } from './bit-rate';
import type { Effect } from './effect';
import { AT_ONCE, type Guest, tell } from './effects-seats';
import type { Network } from './kinds/network';
import { type LimitMove, limitMoves } from './plan-limits';
import { ovsLimitMoves } from './plan-limits-ovs';
import type { Situation } from './plan-situation';

/** How fast guests of a network are from now on. */
export function limitEffects(s: Situation, { name }: Network, guests: readonly Guest[]): readonly Effect[] {
  return [...limitMoves(s, name), ...ovsLimitMoves(s, name)].flatMap((move) => {
    const whom = move.shape === 'bridge' ? guests : guests.filter((g) => g.port === move.device);
    const slower = move.to !== null && (move.from === null || move.to < move.from);
    return tell(name, whom, {
      what: sentence(move),
      when: AT_ONCE,
      severity: slower ? 'later' : 'new',
    });
  });
}

function sentence({ shape, of, to }: LimitMove): string {
  if (shape === 'port') {
    const does = of === 'sent' ? 'gets' : 'sends';
    return to === null ? `What it ${does} is no longer limited.` : `It ${does} at most ${bitRate(to)}.`;
  }
  const does = of === 'sent' ? 'get' : 'send';
  const where = of === 'sent' ? 'from outside' : 'to the outside';
  return to === null
    ? `What guests ${does} ${where} the network is no longer limited.`
    : `With the others it ${does}s at most ${bitRate(to)} ${where} the network.`;
}
