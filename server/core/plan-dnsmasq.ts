import type { Action } from './change';
import { dnsmasqArgs, dnsmasqFiles } from './compile/dnsmasq';
import type { DnsmasqGoal } from './compile/realisation';
import { type DnsmasqService, items } from './observed';
import { sameAddress } from './plan-bridge';
import { type Draft, ourBridges, type Situation } from './plan-situation';

/** What is there of dnsmasq: running, or files of it. */
export const services = ({ observed }: Situation): readonly DnsmasqService[] =>
  items(observed.dnsmasq).filter(
    (d) => d.pid !== null || d.conf !== null || d.hostsFile !== null || d.dnsHosts !== null,
  );

/** Null: no such file. */
const fileAction = (path: string, content: string | null): Action =>
  content === null ? { do: 'remove', path } : { do: 'write', path, content };

/** Files as they were, and the service as it was. */
function asBefore(s: Situation, network: string, service: DnsmasqService | undefined): readonly Action[] {
  const { conf, hosts, dnsHosts, pid } = dnsmasqFiles(network, s.place);
  const old = service ?? { conf: null, hostsFile: null, dnsHosts: null, pid: null };
  const runs = old.pid !== null && old.conf !== null;
  return [
    ...(runs ? [] : [{ do: 'stopDnsmasq', network, pidFile: pid } as const]),
    fileAction(conf, old.conf),
    fileAction(hosts, old.hostsFile),
    fileAction(dnsHosts, old.dnsHosts),
    ...(runs ? [{ do: 'startDnsmasq', network, args: dnsmasqArgs(network, s.place) } as const] : []),
  ];
}

export function stopService(s: Situation, service: DnsmasqService): readonly Draft[] {
  const { network } = service;
  const { conf, hosts, dnsHosts, pid } = dnsmasqFiles(network, s.place);
  return [
    {
      title: `Stop ${what({ hosts: service.hostsFile, dnsHosts: service.dnsHosts })} of ${network}`,
      touches: [`network ${network}`],
      actions: [
        ...(service.pid === null ? [] : [{ do: 'stopDnsmasq', network, pidFile: pid } as const]),
        ...(service.conf === null ? [] : [{ do: 'remove', path: conf } as const]),
        ...(service.hostsFile === null ? [] : [{ do: 'remove', path: hosts } as const]),
        ...(service.dnsHosts === null ? [] : [{ do: 'remove', path: dnsHosts } as const]),
      ],
      inverse: asBefore(s, network, service),
    },
  ];
}

/**
 * Does an address or a bridge pass from one network to another that stays? Then the old dnsmasq would hold on to it
 * (it follows its interface), and the new one could not bind.
 */
function handsOver(s: Situation): boolean {
  const ours = ourBridges(s);
  return s.goal.bridges.some((b) =>
    ours.some(
      (l) =>
        l.alias !== b.alias &&
        (l.name === b.name || l.addresses.some((a) => b.addresses.some((c) => sameAddress(a, c)))),
    ),
  );
}

type Need = 'nothing' | 'reload' | 'start' | 'restart';

/** It serves by a device, not by a name: where that was made again it must look for it again. */
function isRemade({ goal, observed }: Situation, network: string): boolean {
  const bridge = [...goal.bridges, ...goal.ovs].find((b) => b.network === network);
  const link = items(observed.links).find((l) => l.name === bridge?.name);
  return (
    bridge !== undefined && !bridge.addresses.some((a) => link?.addresses.some((b) => sameAddress(a, b)))
  );
}

function needOf(s: Situation, goal: DnsmasqGoal, service: DnsmasqService | undefined): Need {
  if (service === undefined || service.pid === null) return 'start';
  if (service.conf !== goal.conf || !service.current || isRemade(s, goal.network)) return 'restart';
  return service.hostsFile === goal.hosts && service.dnsHosts === goal.dnsHosts ? 'nothing' : 'reload';
}

const what = ({ hosts, dnsHosts }: Pick<DnsmasqGoal, 'hosts' | 'dnsHosts'>): string =>
  [...(hosts === null ? [] : ['DHCP']), ...(dnsHosts === null ? [] : ['DNS'])].join(' and ') || 'dnsmasq';

/** Where networks hand something over, all that must be restarted stop before any of them starts. */
export function pauseServices(s: Situation): readonly Draft[] {
  if (!handsOver(s)) return [];
  return s.goal.dnsmasq.flatMap((goal): Draft[] => {
    const { network, files } = goal;
    const service = services(s).find((d) => d.network === network);
    if (needOf(s, goal, service) !== 'restart') return [];
    return [
      {
        title: `Pause ${what(goal)} of ${network}`,
        touches: [`network ${network}`],
        actions: [{ do: 'stopDnsmasq', network, pidFile: files.pid }],
        inverse: asBefore(s, network, service),
      },
    ];
  });
}

/** Starts, restarts or reloads, whatever is needed; last of all, when everything it serves is there. */
export function startService(s: Situation, goal: DnsmasqGoal): readonly Draft[] {
  const { network, files } = goal;
  const touches = [`network ${network}`];
  const service = services(s).find((d) => d.network === network);
  const need = needOf(s, goal, service);
  if (need === 'nothing') return [];
  const was = { hosts: service?.hostsFile ?? null, dnsHosts: service?.dnsHosts ?? null };
  const changed = (['hosts', 'dnsHosts'] as const).filter((file) => was[file] !== goal[file]);
  const writes: Action[] = [
    ...(service?.conf === goal.conf ? [] : [fileAction(files.conf, goal.conf)]),
    ...changed.map((file) => fileAction(files[file], goal[file])),
  ];
  if (need === 'reload') {
    const reload: Action = { do: 'reloadDnsmasq', network, pidFile: files.pid };
    const news = changed.map((file) => (file === 'hosts' ? 'reservations' : 'DNS hosts')).join(' and ');
    return [
      {
        title: `Tell dnsmasq of ${network} its new ${news}`,
        touches,
        actions: [...writes, reload],
        inverse: [...changed.map((file) => fileAction(files[file], was[file])), reload],
      },
    ];
  }
  const paused = need === 'restart' && handsOver(s);
  return [
    {
      title: `${need === 'restart' ? (paused ? 'Resume' : 'Restart') : 'Start'} ${what(goal)} of ${network}`,
      touches,
      actions: [...writes, { do: 'startDnsmasq', network, args: goal.args }],
      // Paused ones start again when all of them are stopped, by the inverse of the pause.
      inverse: paused ? [{ do: 'stopDnsmasq', network, pidFile: files.pid }] : asBefore(s, network, service),
    },
  ];
}
