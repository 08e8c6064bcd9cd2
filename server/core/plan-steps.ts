import type { Action, Step } from './change';
import { isMarked } from './check-host';
import { dnsmasqFiles } from './compile/dnsmasq';
import { MARK } from './compile/native';
import type { AddressGoal, BridgeGoal, DnsmasqGoal, Place, Realisation } from './compile/realisation';
import { familyOf, toNumber } from './ip';
import { type DnsmasqService, items, type Link, type Observed } from './observed';
import { loadTable, ourTable, restoreTable, sameTable } from './plan-nft';

/** A step before it has its number. */
export type Draft = Omit<Step, 'n'>;

export type Situation = {
  readonly observed: Observed;
  readonly place: Place;
  /** What shall be. */
  readonly goal: Realisation;
  /** What was committed: how things were made that go now. */
  readonly was: Realisation;
  /** Bridges of ours beside the marked ones: made by a step that was cut off before it marked them. */
  readonly alsoOurs: ReadonlySet<string>;
};

const ip = (...args: readonly string[]): Action => ({ do: 'run', tool: 'ip', args });
const sysctl = (key: string, value: string): Action => ({
  do: 'run',
  tool: 'sysctl',
  args: ['-w', `${key}=${value}`],
});

const txChecksum = (device: string, to: 'on' | 'off'): Action => ({
  do: 'run',
  tool: 'ethtool',
  args: ['-K', device, 'tx', to],
});

/** Bridges on the host that are ours, in the order they were made. */
export function ourBridges({
  observed,
  alsoOurs,
}: Pick<Situation, 'observed' | 'alsoOurs'>): readonly Link[] {
  return items(observed.links)
    .filter((l) => isMarked(l) || (l.kind === 'bridge' && alsoOurs.has(l.name)))
    .sort((a, b) => a.index - b.index);
}

export const portsOf = (observed: Observed, bridge: string): readonly string[] =>
  items(observed.links)
    .filter((l) => l.master === bridge)
    .map((l) => l.name)
    .sort();

/** Every difference between what is there and what shall be, in the order that keeps guests served and walls up. */
export function differences(s: Situation): readonly Draft[] {
  const going = ourBridges(s).filter((l) => !s.goal.bridges.some((b) => b.name === l.name));
  return [
    ...services(s)
      .filter((d) => !s.goal.dnsmasq.some((g) => g.network === d.network))
      .flatMap((d) => stopService(s, d)),
    ...going.flatMap((l) => portsOf(s.observed, l.name).map((port) => release(port, l.name))),
    ...routerAdvertisements(s),
    ...s.goal.bridges.flatMap((b) => bridgeSteps(s, b)),
    ...firewall(s),
    ...forwarding(s),
    ...going.map((l) => removeBridge(s, l)),
    ...s.goal.dnsmasq.flatMap((g) => startService(s, g)),
  ];
}

const release = (port: string, bridge: string): Draft => ({
  title: `Unplug ${port} from ${bridge}`,
  touches: [`port ${port}`, `bridge ${bridge}`],
  actions: [ip('link', 'set', 'dev', port, 'nomaster')],
  inverse: [ip('link', 'set', 'dev', port, 'master', bridge)],
});

function bridgeSteps(s: Situation, goal: BridgeGoal): readonly Draft[] {
  const { name } = goal;
  const link = items(s.observed.links).find((l) => l.name === name);
  const touches = [`bridge ${name}`, `network ${goal.network}`];
  const steps: Draft[] = [];
  if (link === undefined) steps.push({ title: `Create bridge ${name}`, touches, ...create(s, goal) });
  else {
    if (link.alias !== goal.alias)
      steps.push({
        title: `Mark bridge ${name} as that of network ${goal.network}`,
        touches,
        actions: [ip('link', 'set', 'dev', name, 'alias', goal.alias)],
        inverse: [ip('link', 'set', 'dev', name, 'alias', link.alias ?? '')],
      });
    if (link.bridge !== null && link.bridge.stp !== goal.stp)
      steps.push({
        title: `Turn STP ${goal.stp ? 'on' : 'off'} on ${name}`,
        touches,
        actions: [ip('link', 'set', 'dev', name, 'type', 'bridge', ...stpArgs(goal.stp))],
        inverse: [ip('link', 'set', 'dev', name, 'type', 'bridge', ...stpArgs(link.bridge.stp))],
      });
    const ra = setting(s.observed, acceptRa(name)) ?? '0';
    if (ra !== '0')
      steps.push({
        title: `Let no guest on ${name} give the host a route`,
        touches,
        actions: [sysctl(acceptRa(name), '0')],
        inverse: [sysctl(acceptRa(name), ra)],
      });
  }
  if (link === undefined || !link.up)
    steps.push({
      title: `Bring ${name} up`,
      touches,
      actions: [ip('link', 'set', 'dev', name, 'up')],
      inverse: [ip('link', 'set', 'dev', name, 'down')],
    });
  // After it is up: taking it down takes IPv6 addresses with it, and inverses run backwards.
  steps.push(...addressSteps(goal, link, touches));
  if (goal.checksums && needsChecksums(s, name, link))
    steps.push({
      title: `Fill in checksums on ${name}, which some DHCP clients insist on`,
      touches,
      actions: [txChecksum(name, 'off')],
      inverse: [txChecksum(name, 'on')],
    });
  return steps;
}

/** With STP a port must listen and learn before it forwards, 15 s each by default; 2 s is the least the kernel takes. */
const stpArgs = (on: boolean) => (on ? ['forward_delay', '200', 'stp_state', '1'] : ['stp_state', '0']);

function create(s: Situation, { name, alias, mac, stp }: BridgeGoal): Pick<Draft, 'actions' | 'inverse'> {
  const six = s.observed.sysctls.known && s.observed.sysctls.value[FORWARDING[6]] !== undefined;
  return {
    actions: [
      ip('link', 'add', 'name', name, 'address', mac, 'type', 'bridge', ...stpArgs(stp)),
      ip('link', 'set', 'dev', name, 'alias', alias),
      // A guest's router advertisement must not give the host a route.
      ...(six ? [sysctl(acceptRa(name), '0')] : []),
    ],
    inverse: [ip('link', 'del', 'dev', name)],
  };
}

function needsChecksums({ observed }: Situation, name: string, link: Link | undefined): boolean {
  if (!observed.offloads.known) return false;
  return link === undefined || (observed.offloads.value[name]?.txChecksum ?? false);
}

function addressSteps(
  goal: BridgeGoal,
  link: Link | undefined,
  touches: readonly string[],
): readonly Draft[] {
  const there: readonly AddressGoal[] = (link?.addresses ?? []).filter(
    // The kernel and router advertisements make their own.
    (a) => !a.dynamic && a.scope !== 'link' && a.scope !== 'host',
  );
  const gone = there.filter((a) => !goal.addresses.some((b) => sameAddress(a, b)));
  const fresh = goal.addresses.filter((a) => !there.some((b) => sameAddress(a, b)));
  if (gone.length + fresh.length === 0) return [];
  const add = (a: AddressGoal) => ip(...addressArgs('add', goal.name, a));
  const del = (a: AddressGoal) => ip(...addressArgs('del', goal.name, a));
  const text = (all: readonly AddressGoal[]) => all.map((a) => `${a.address}/${a.prefix}`).join(', ');
  const title =
    gone.length === 0
      ? `Give ${goal.name} ${text(fresh)}`
      : fresh.length === 0
        ? `Take ${text(gone)} from ${goal.name}`
        : `Change ${text(gone)} of ${goal.name} to ${text(fresh)}`;
  return [
    {
      title,
      touches,
      // An IPv6 address cannot be there twice, with one prefix and another: what goes goes first.
      actions: [...gone.map(del), ...fresh.map(add)],
      inverse: [...[...fresh].reverse().map(del), ...gone.map(add)],
    },
  ];
}

const sameAddress = (a: AddressGoal, b: AddressGoal): boolean =>
  a.prefix === b.prefix &&
  familyOf(a.address) === familyOf(b.address) &&
  toNumber(a.address) === toNumber(b.address);

function addressArgs(verb: 'add' | 'del', device: string, a: AddressGoal): readonly string[] {
  const cidr = `${a.address}/${a.prefix}`;
  if (verb === 'del') return ['addr', 'del', cidr, 'dev', device];
  // A bridge without ports has no carrier: duplicate address detection would never end, and nothing could bind to it.
  if (a.family === 6) return ['addr', 'add', cidr, 'dev', device, 'nodad'];
  return ['addr', 'add', cidr, ...(a.prefix < 31 ? ['brd', '+'] : []), 'dev', device];
}

/** By its mark. */
const networkOf = ({ alias }: Link): readonly string[] =>
  alias?.startsWith(MARK) ? [alias.slice(MARK.length)] : [];

const removeBridge = (s: Situation, link: Link): Draft => {
  const { name } = link;
  const ra = setting(s.observed, acceptRa(name));
  const { offloads } = s.observed;
  const back: AddressGoal[] = link.addresses.filter((a) => !a.dynamic && a.scope !== 'link');
  return {
    title: `Remove bridge ${name}`,
    touches: [`bridge ${name}`, ...networkOf(link).map((n) => `network ${n}`)],
    actions: [ip('link', 'del', 'dev', name)],
    inverse: [
      ip(
        ...['link', 'add', 'name', name, ...(link.mac === null ? [] : ['address', link.mac])],
        ...['type', 'bridge', ...stpArgs(link.bridge?.stp ?? false)],
      ),
      ...(link.alias === null ? [] : [ip('link', 'set', 'dev', name, 'alias', link.alias)]),
      ...(ra === undefined ? [] : [sysctl(acceptRa(name), ra)]),
      ...back.map((a) => ip(...addressArgs('add', name, a))),
      ...(link.up ? [ip('link', 'set', 'dev', name, 'up')] : []),
      ...(offloads.known && offloads.value[name]?.txChecksum === false ? [txChecksum(name, 'off')] : []),
    ],
  };
};

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

export const FORWARDING = { 4: 'net.ipv4.ip_forward', 6: 'net.ipv6.conf.all.forwarding' } as const;

/** A dot in the name of a link is a slash here, as sysctl(8) has it. */
const acceptRa = (link: string): string => `net.ipv6.conf.${link.replaceAll('.', '/')}.accept_ra`;

const setting = (observed: Observed, key: string): string | undefined =>
  observed.sysctls.known ? observed.sysctls.value[key]?.value : undefined;

const mustForward = ({ observed, goal }: Situation) =>
  goal.forwarding.filter((f) => setting(observed, FORWARDING[f]) === '0');

function forwarding(s: Situation): readonly Draft[] {
  return mustForward(s).map((family) => ({
    title: `Turn on IPv${family} forwarding`,
    touches: ['the whole host'],
    actions: [sysctl(FORWARDING[family], '1')],
    inverse: [sysctl(FORWARDING[family], '0')],
  }));
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

const services = ({ observed }: Situation): readonly DnsmasqService[] =>
  items(observed.dnsmasq).filter((d) => d.pid !== null || d.conf !== null || d.hostsFile !== null);

/** Files as they were, and the service as it was. */
function asBefore(s: Situation, network: string, service: DnsmasqService | undefined): readonly Action[] {
  const { conf, hosts, pid } = dnsmasqFiles(network, s.place);
  const file = (path: string, content: string | null): Action =>
    content === null ? { do: 'remove', path } : { do: 'write', path, content };
  const old = service ?? { conf: null, hostsFile: null, pid: null };
  const runs = old.pid !== null && old.conf !== null;
  const mode = s.place.singleUser ? '--no-daemon' : '--keep-in-foreground';
  return [
    ...(runs ? [] : [{ do: 'stopDnsmasq', network, pidFile: pid } as const]),
    file(conf, old.conf),
    file(hosts, old.hostsFile),
    ...(runs ? [{ do: 'startDnsmasq', network, args: [`--conf-file=${conf}`, mode] } as const] : []),
  ];
}

function stopService(s: Situation, service: DnsmasqService): readonly Draft[] {
  const { network } = service;
  const { conf, hosts, pid } = dnsmasqFiles(network, s.place);
  return [
    {
      title: `Stop ${service.hostsFile === null ? 'DNS' : 'DHCP and DNS'} of ${network}`,
      touches: [`network ${network}`],
      actions: [
        ...(service.pid === null ? [] : [{ do: 'stopDnsmasq', network, pidFile: pid } as const]),
        ...(service.conf === null ? [] : [{ do: 'remove', path: conf } as const]),
        ...(service.hostsFile === null ? [] : [{ do: 'remove', path: hosts } as const]),
      ],
      inverse: asBefore(s, network, service),
    },
  ];
}

function startService(s: Situation, goal: DnsmasqGoal): readonly Draft[] {
  const { network, files } = goal;
  const service = services(s).find((d) => d.network === network);
  const confDiffers = service?.conf !== goal.conf;
  const hostsDiffer = (service?.hostsFile ?? null) !== goal.hosts;
  const running = service !== undefined && service.pid !== null;
  const restart = !running || confDiffers || !service.current;
  if (!restart && !hostsDiffer) return [];
  const serves = goal.hosts === null ? 'DNS' : 'DHCP and DNS';
  const writes: Action[] = [
    ...(confDiffers ? [{ do: 'write', path: files.conf, content: goal.conf } as const] : []),
    ...(!hostsDiffer
      ? []
      : goal.hosts === null
        ? [{ do: 'remove', path: files.hosts } as const]
        : [{ do: 'write', path: files.hosts, content: goal.hosts } as const]),
  ];
  if (!restart)
    return [
      {
        title: `Tell dnsmasq of ${network} its new reservations`,
        touches: [`network ${network}`],
        actions: [...writes, { do: 'reloadDnsmasq', network, pidFile: files.pid }],
        inverse: [
          service.hostsFile === null
            ? { do: 'remove', path: files.hosts }
            : { do: 'write', path: files.hosts, content: service.hostsFile },
          { do: 'reloadDnsmasq', network, pidFile: files.pid },
        ],
      },
    ];
  return [
    {
      title: `${running ? 'Restart' : 'Start'} ${serves} of ${network}`,
      touches: [`network ${network}`],
      actions: [...writes, { do: 'startDnsmasq', network, args: goal.args }],
      inverse: asBefore(s, network, service),
    },
  ];
}
