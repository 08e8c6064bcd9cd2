import type { Action } from './change';
import { libvirtXml, readLibvirt } from './compile/libvirt';
import { bridgeOf, hasOwnBridge, type Network } from './kinds/network';
import { type LiveUpdate, liveUpdates, sameToLibvirt } from './libvirt/compare';
import { items, type LibvirtNetwork, type Link, type Observed } from './observed';
import { telling } from './plan-bridge-settings';
import { portBack } from './plan-ports';
import { type Draft, ip, type Situation } from './plan-situation';
import { fail, type Result } from './result';

const virsh = (...args: readonly string[]): Action => ({
  do: 'run',
  tool: 'virsh',
  args: ['-c', 'qemu:///system', ...args],
});

/**
 * A network that libvirt has, read; `network` is null where we do not understand what somebody wrote. A bridge of the
 * host that it names is none of what it has seen: that one neither comes nor goes with it.
 */
type There = { readonly seen: LibvirtNetwork; readonly network: Network | null; readonly marked: boolean };

function networksThere(observed: Observed): readonly There[] {
  return items(observed.libvirtNetworks).map((seen) => {
    const read = readLibvirt(seen.config);
    if (!read.ok) return { seen, network: null, marked: false };
    const own = hasOwnBridge(read.value.network);
    return { seen: own ? seen : { ...seen, bridge: null }, ...read.value };
  });
}

/** Networks of libvirt that are ours: marked, committed under this name, or meant by their UUID (then we adopt them). */
function ours({ observed, libvirt }: Situation): readonly There[] {
  return networksThere(observed).filter(
    ({ seen, network, marked }) =>
      marked ||
      libvirt.was.some((n) => n.name === seen.name) ||
      libvirt.goal.some((n) => n.name === seen.name && n.uuid !== undefined && n.uuid === network?.uuid),
  );
}

/** Why the libvirt side of a plan cannot be made: it is not there, or a network of that name is somebody else's. */
export function libvirtRefusal(s: Situation): Result<never> | null {
  const { observed, libvirt } = s;
  const [first] = [...libvirt.goal, ...libvirt.was];
  if (first === undefined) return null;
  const fact = observed.libvirtNetworks;
  if (!fact.known)
    return fail(
      'UNKNOWN',
      `Network ${first.name} is on libvirt, which cannot be asked: ${fact.why.replace(/\.?$/, '.')}`,
    );
  const known = new Set(ours(s).map(({ seen }) => seen.name));
  const stranger = libvirt.goal.find((n) => fact.value[n.name] !== undefined && !known.has(n.name));
  return stranger === undefined
    ? null
    : fail(
        'STRANGER',
        `libvirt has a network ${stranger.name} that Patchbay did not make, so it is left alone. Manage it first, or take another name.`,
      );
}

/** Networks of libvirt that go, and what is plugged into them. */
export function goingLibvirt(
  s: Situation,
): readonly { readonly network: string; readonly name: string | null }[] {
  return going(s).map(({ seen }) => ({ network: seen.name, name: seen.bridge }));
}

/** What was adopted is forgotten, and stays. */
const going = (s: Situation): readonly There[] =>
  ours(s).filter(
    ({ seen }) =>
      !s.libvirt.goal.some((n) => n.name === seen.name) &&
      !s.libvirt.was.some((n) => n.name === seen.name && n.adopted),
  );

const touches = ({ name }: { readonly name: string }, bridge: string | null) => [
  `network ${name}`,
  ...(bridge === null ? [] : [`bridge ${bridge}`]),
];

/** Before the native side: what libvirt holds that goes. */
export function removeFromLibvirt(s: Situation): readonly Draft[] {
  return going(s).map(
    ({ seen }): Draft => ({
      title: `Remove network ${seen.name} from libvirt`,
      touches: touches(seen, seen.bridge),
      actions: [...(seen.active ? [virsh('net-destroy', seen.name)] : []), virsh('net-undefine', seen.name)],
      inverse: [...define(s, seen.name, seen.config), ...asItRan(s, seen)],
    }),
  );
}

/** After the native side: what libvirt shall have. */
export const libvirtSteps = (s: Situation): readonly Draft[] =>
  s.libvirt.goal.flatMap((network) => {
    const there = ours(s).find(({ seen }) => seen.name === network.name);
    return there === undefined ? [create(s, network)] : change(s, there, network);
  });

function create(s: Situation, network: Network): Draft {
  const { name } = network;
  return {
    title: `Define and start network ${name} in libvirt`,
    touches: touches(network, bridgeOf(network)),
    actions: [
      ...define(s, name, libvirtXml(network)),
      virsh('net-autostart', name),
      virsh('net-start', name),
    ],
    inverse: [virsh('net-destroy', name), virsh('net-undefine', name)],
  };
}

/** virsh opens a file, and a pipe to a child of ours is none. */
function define({ place }: Situation, name: string, xml: string): readonly Action[] {
  const path = `${place.runDir}/libvirt/${name}.xml`;
  return [{ do: 'write', path, content: xml }, virsh('net-define', path), { do: 'remove', path }];
}

/** Autostart, and running, with the guests that were in it: libvirt takes its bridge away from under them. */
function asItRan(s: Situation, { name, active, autostart, bridge }: LibvirtNetwork): readonly Action[] {
  return [
    ...(autostart ? [virsh('net-autostart', name)] : []),
    ...(active ? [virsh('net-start', name), ...plugAgain(s, portsIn(s.observed, bridge), bridge)] : []),
  ];
}

const portsIn = (observed: Observed, bridge: string | null): readonly Link[] =>
  items(observed.links).filter((l) => bridge !== null && l.master === bridge);

/** A port that left its bridge has forgotten its VLANs, its isolation and what the bridge was told of it. */
const plugAgain = (s: Situation, ports: readonly Link[], bridge: string | null): readonly Action[] =>
  bridge === null
    ? []
    : ports.flatMap(({ name }) => [ip('link', 'set', 'dev', name, 'master', bridge), ...portBack(s, name)]);

function change(s: Situation, { seen, network: before }: There, after: Network): readonly Draft[] {
  const { name } = after;
  const running = seen.active ? readLibvirt(seen.xml) : null;
  const live = running?.ok ? running.value.network : null;
  const sameKept = before !== null && sameToLibvirt(before, after);
  const sameLive = !seen.active || (live !== null && sameToLibvirt(live, after));
  const steps: Draft[] = [];
  const at = touches(after, bridgeOf(after));
  const updates =
    before !== null && live !== null && sameToLibvirt(live, before) ? liveUpdates(before, after) : null;
  if (!(sameKept && sameLive) && seen.active && updates !== null && updates.length > 0)
    steps.push({
      title: `Change network ${name} in libvirt while it runs`,
      touches: at,
      actions: updates.map((u) => update(name, u)),
      inverse: [...updates]
        .reverse()
        .map((u) => update(name, { ...u, command: u.command === 'delete' ? 'add-last' : 'delete' })),
    });
  else if (!(sameKept && sameLive)) steps.push(restart(s, seen, { ...madeUp(before), ...after }));
  if (!seen.active && sameKept)
    steps.push({
      title: `Start network ${name} in libvirt`,
      touches: at,
      actions: [virsh('net-start', name)],
      inverse: [virsh('net-destroy', name)],
    });
  if (!seen.autostart)
    steps.push({
      title: `Let libvirt start network ${name} by itself`,
      touches: at,
      actions: [virsh('net-autostart', name)],
      inverse: [virsh('net-autostart', '--disable', name)],
    });
  return steps;
}

/** A name keeps its UUID in libvirt; the MAC stays so that guests need not learn their gateway anew, and
 * what other programs noted there stays theirs. */
const madeUp = (before: Network | null): Pick<Network, 'uuid' | 'mac' | 'metadata'> => ({
  ...(before?.uuid === undefined ? {} : { uuid: before.uuid }),
  ...(before?.mac === undefined ? {} : { mac: before.mac }),
  ...(before?.metadata === undefined ? {} : { metadata: before.metadata }),
});

const update = (name: string, { command, section, xml, parent }: LiveUpdate): Action =>
  virsh(
    ...['net-update', name, command, section, '--xml', xml, '--live', '--config'],
    ...(parent === null ? [] : ['--parent-index', String(parent)]),
  );

/** libvirt has no other way: the bridge goes and comes again, and the guests are plugged in again at once. */
function restart(s: Situation, seen: LibvirtNetwork, after: Network): Draft {
  const { name } = after;
  const ports = portsIn(s.observed, seen.bridge);
  const stop = seen.active ? [virsh('net-destroy', name)] : [];
  return {
    title: `Define network ${name} anew in libvirt and start it again`,
    touches: [...touches(after, bridgeOf(after)), ...ports.map((p) => `port ${p.name}`)],
    actions: [
      ...define(s, name, libvirtXml(after)),
      ...stop,
      virsh('net-start', name),
      ...plugAgain(s, ports, bridgeOf(after)),
      ...isolation(s, ports, after),
      ...announce(s, seen, after),
    ],
    inverse: [
      virsh('net-destroy', name),
      ...define(s, name, seen.config),
      ...(seen.active ? [virsh('net-start', name), ...plugAgain(s, ports, seen.bridge)] : []),
    ],
  };
}

/** libvirt isolates a guest when it plugs it in; who is plugged in already gets it here, unless it is as it was. */
function isolation(s: Situation, ports: readonly Link[], { name, isolated = false }: Network) {
  const was = s.libvirt.was.find((n) => n.name === name)?.isolated ?? false;
  const set = (port: string): Action => ({
    ...{ do: 'run', tool: 'bridge' },
    args: ['link', 'set', 'dev', port, 'isolated', isolated ? 'on' : 'off'],
  });
  return was === isolated ? [] : ports.map((p) => set(p.name));
}

/** Guests would send to the gateway's old MAC address for some time: set again, with them plugged in, it is told. */
function announce(s: Situation, { bridge }: LibvirtNetwork, after: Network): readonly Action[] {
  const link = items(s.observed.links).find((l) => l.name === bridge);
  const name = bridgeOf(after);
  if (name === null || !after.mac || !link?.mac || link.mac === after.mac) return [];
  return telling(s, name, [ip('link', 'set', 'dev', name, 'address', after.mac)]);
}
