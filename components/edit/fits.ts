import type { Network } from '@/server/core/kinds/network';
import { isOwn } from './networkShape';
import { member, type Tree, textAt } from './shape';

/** Where guests of a network are plugged in. */
export type Place = 'own bridge' | 'bridge of the host' | 'device';

export function placeOf(mode: string, source: string): Place {
  if (isOwn(mode)) return 'own bridge';
  return mode === 'bridge' && source === 'bridge' ? 'bridge of the host' : 'device';
}

type Use = {
  /** As people call it. */
  readonly word: string;
  readonly fits: (place: Place, mode: string) => boolean;
};
const own = (place: Place) => place === 'own bridge';
const onBridge = (place: Place) => place !== 'device';

/** Fields that not every forward mode has a use for. */
const USES: { readonly [F in keyof Network]?: Use } = {
  bridge: { word: 'the bridge', fits: own },
  subnets: { word: 'subnets', fits: own },
  mtu: { word: 'the MTU', fits: own },
  mac: { word: 'the MAC of the bridge', fits: own },
  guestIpv6: { word: 'IPv6 between guests', fits: own },
  domain: { word: 'the domain', fits: own },
  dns: { word: 'DNS', fits: onBridge },
  routes: { word: 'static routes', fits: own },
  dnsmasqOptions: { word: 'dnsmasq options', fits: own },
  isolated: { word: 'port isolation', fits: onBridge },
  bandwidth: { word: 'bandwidth', fits: onBridge },
  portForwards: { word: 'port forwards', fits: (place, mode) => own(place) && mode !== 'none' },
};
const uses = new Map<string, Use>(Object.entries(USES));

/** Has a network that is forwarded so any use for this field? */
export function usesField(field: string, forward: unknown): boolean {
  const mode = String(member(forward, 'mode'));
  const place = placeOf(mode, member(forward, 'bridge') === undefined ? '' : 'bridge');
  return uses.get(field)?.fits(mode === 'bridge' ? atHand(forward) : place, mode) ?? true;
}

/** A bridge that is still to be named is one all the same. */
const atHand = (forward: unknown): Place =>
  member(forward, 'interfaces') === undefined && member(forward, 'pf') === undefined
    ? 'bridge of the host'
    : 'device';

export const fitsValues = (field: string, values: Tree): boolean => {
  const mode = textAt(values, 'forward.mode');
  return uses.get(field)?.fits(placeOf(mode, textAt(values, 'forward.source')), mode) ?? true;
};

/** What is filled in and left out because the mode has no use for it, in people's words. The bridge needs none: it has no other part. */
export function leftOut(values: Tree, holds: (field: string) => boolean): readonly string[] {
  return [...uses].flatMap(([field, { word }]) =>
    field === 'bridge' || fitsValues(field, values) || !holds(field) ? [] : [word],
  );
}
