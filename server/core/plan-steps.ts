import type { Action } from './change';
import { commandText } from './compile/render';
import { items, type Observed } from './observed';
import { bridgeSteps, release, removeBridge } from './plan-bridge';
import { pauseServices, services, startService, stopService } from './plan-dnsmasq';
import { libvirtSteps, removeFromLibvirt } from './plan-libvirt';
import { limitSteps, limitsGo } from './plan-limits';
import { ovsLimitSteps } from './plan-limits-ovs';
import { loadTable, ourTable, restoreTable, sameTable } from './plan-nft';
import { goingOvs, ovsBridgeSteps, releaseOvs, removeOvs } from './plan-ovs';
import { ovsPortSteps } from './plan-ovs-ports';
import { vlanSteps } from './plan-ports';
import {
  acceptRa,
  type Draft,
  FORWARDING,
  goingBridges,
  portsOf,
  type Situation,
  setting,
  sysctl,
} from './plan-situation';

/** Every difference between what is there and what shall be, in the order that keeps guests served and walls up. */
export function differences(s: Situation): readonly Draft[] {
  const going = goingBridges(s);
  const goingSwitches = goingOvs(s);
  // A bridge that becomes one of another kind goes before its name is taken.
  const isTaken = ({ name }: { readonly name: string }) =>
    [...s.goal.bridges, ...s.goal.ovs].some((b) => b.name === name);
  const removals = [
    ...going.map((l) => ({ early: isTaken(l), step: removeBridge(s, l) })),
    ...goingSwitches.map((b) => ({ early: isTaken(b), step: removeOvs(s, b) })),
  ];
  return [
    ...removeFromLibvirt(s),
    ...services(s)
      .filter((d) => !s.goal.dnsmasq.some((g) => g.network === d.network))
      .flatMap((d) => stopService(s, d)),
    ...pauseServices(s),
    ...going.flatMap((l) => limitsGo(s, l.name)),
    ...going.flatMap((l) => portsOf(s.observed, l.name).map((port) => release(s, port, l.name))),
    ...goingSwitches.flatMap(releaseOvs),
    ...routerAdvertisements(s),
    ...removals.filter((r) => r.early).map((r) => r.step),
    ...s.goal.bridges.flatMap((b) => bridgeSteps(s, b)),
    ...s.goal.ports.flatMap((p) => vlanSteps(s, p)),
    ...limitSteps(s),
    ...s.goal.ovs.flatMap((b) => ovsBridgeSteps(s, b)),
    ...s.goal.ovsPorts.flatMap((p) => ovsPortSteps(s, p)),
    ...ovsLimitSteps(s),
    ...firewall(s),
    ...forwarding(s),
    ...removals.filter((r) => !r.early).map((r) => r.step),
    ...libvirtSteps(s),
    ...s.goal.dnsmasq.flatMap((g) => startService(s, g)),
  ];
}

function firewall({ observed, goal, was }: Situation): readonly Draft[] {
  const table = ourTable(observed);
  if (!observed.nft.known || sameTable(table, goal.chains)) return [];
  const gone = goal.chains.length === 0;
  return [
    {
      title: gone ? 'Remove the firewall rules' : 'Load the firewall rules',
      touches: ['table inet patchbay', ...goal.bridges.map((b) => `network ${b.network}`)],
      actions: [
        gone
          ? { do: 'run', tool: 'nft', args: ['delete', 'table', 'inet', 'patchbay'] }
          : loadTable(goal.chains),
      ],
      inverse: [restoreTable(table, was.chains)],
    },
  ];
}

const mustForward = ({ observed, goal }: Situation) =>
  goal.forwarding.filter((f) => setting(observed, FORWARDING[f]) === '0');

function forwarding(s: Situation): readonly Draft[] {
  return mustForward(s).map((family) => ({
    title: `Turn on IPv${family} forwarding`,
    touches: ['the whole host'],
    actions: [sysctl(FORWARDING[family], '1')],
    inverse: [sysctl(FORWARDING[family], '0'), ...forwardingBefore(s.observed, family)],
  }));
}

/** Turned off for all, it is turned off for each: interfaces that forwarded by themselves get it back. */
function forwardingBefore(observed: Observed, family: 4 | 6): readonly Action[] {
  if (!observed.sysctls.known) return [];
  const each = new RegExp(`^net\\.ipv${family}\\.conf\\.(?!all\\.).+\\.forwarding$`);
  return Object.entries(observed.sysctls.value)
    .filter(([key, { value }]) => each.test(key) && value === '1')
    .map(([key]) => sysctl(key, '1'))
    .sort((a, b) => (commandText(a) < commandText(b) ? -1 : 1));
}

/** A host that forwards IPv6 ignores router advertisements unless told otherwise, and would lose its default route. */
function routerAdvertisements(s: Situation): readonly Draft[] {
  if (!mustForward(s).includes(6)) return [];
  const devices = items(s.observed.routes).flatMap((r) =>
    r.family === 6 && r.destination === 'default' && r.protocol === 'ra' && r.device !== null
      ? [r.device]
      : [],
  );
  return [...new Set(devices)].sort().flatMap((device): Draft[] => {
    if (setting(s.observed, acceptRa(device)) !== '1') return [];
    return [
      {
        title: `Let ${device} go on learning its IPv6 default route`,
        touches: [`link ${device}`],
        actions: [sysctl(acceptRa(device), '2')],
        inverse: [sysctl(acceptRa(device), '1')],
      },
    ];
  });
}
