import type { Action } from './change';
import { OVS_MARK } from './compile/ovs';
import type { OvsBridgeGoal } from './compile/realisation';
import { items, type Link, type OvsBridge } from './observed';
import { forgetRows, qosAgain } from './ovs-qos';
import { hostSide, hostSideBack } from './plan-bridge';
import { telling } from './plan-bridge-settings';
import {
  type Columns,
  columnChange,
  NEW_PORT,
  ovsText,
  portColumns,
  transact,
  vlanColumns,
} from './plan-ovs-columns';
import { mtuAfter, mtuAgain } from './plan-ovs-mtu';
import { markedOvs, ovsAt, ovsPortsOf } from './plan-ovs-situation';
import { portAgain, unplugPorts } from './plan-ovs-unplug';
import { routesBack } from './plan-routes';
import { acceptRa, type Draft, FORWARDING, ip, type Situation, setting, sysctl } from './plan-situation';

/** A bridge as `add-br` makes it. */
const NEW_BRIDGE: Columns = {
  ...{ 'Bridge datapath_type': null, 'Bridge fail_mode': null, 'Bridge stp_enable': 'false' },
  ...NEW_PORT,
};

/** Four seconds, its least: ports listen and learn for twice as long when spanning tree is turned on, or they come. */
const STP_DELAY = 'Bridge other_config:stp-forward-delay';
const HWADDR = 'Bridge other_config:hwaddr';
const MARK_COLUMN = `Bridge external_ids:${OVS_MARK}`;

/** Of the bridge, and of the host's own port of it, which has its name. */
function bridgeColumns({
  name,
  datapath,
  failMode,
  stp,
  externalIds,
  otherConfig,
  ports,
}: OvsBridge): Columns {
  const own = ports.find((p) => p.name === name);
  const mark = externalIds[OVS_MARK];
  return {
    'Bridge datapath_type': datapath === 'system' ? null : datapath,
    'Bridge fail_mode': failMode,
    'Bridge stp_enable': String(stp),
    [STP_DELAY]: otherConfig['stp-forward-delay'] ?? null,
    [HWADDR]: otherConfig.hwaddr ?? null,
    [MARK_COLUMN]: mark === undefined ? null : ovsText(mark),
    ...(own === undefined ? {} : portColumns(own)),
  };
}

/** What the bridge shall be like; what nobody chose stays as it is on one that is there. */
function wantedColumns(s: Situation, goal: OvsBridgeGoal, there: OvsBridge | undefined): Columns {
  const was = s.was.ovs.find((b) => b.name === goal.name);
  const is = there === undefined ? NEW_BRIDGE : bridgeColumns(there);
  const hwaddr = there?.otherConfig.hwaddr;
  // One that nobody chose stays as it is, unless it was chosen before.
  const left = !goal.macChosen && !(was?.macChosen && hwaddr === was.mac);
  const before = goal.adopted && there !== undefined;
  return {
    // Guests would be cut off where it changes.
    'Bridge datapath_type':
      there === undefined ? (inProcess(s, goal) ? 'netdev' : null) : (is['Bridge datapath_type'] ?? null),
    // None is the same as standalone.
    'Bridge fail_mode': before && there.failMode === null ? null : 'standalone',
    'Bridge stp_enable': String(goal.stp),
    [STP_DELAY]: before || !(goal.stp || was?.stp) ? (is[STP_DELAY] ?? null) : goal.stp ? '4' : null,
    [HWADDR]: left && (hwaddr !== undefined || before) ? (hwaddr ?? null) : goal.mac,
    [MARK_COLUMN]: goal.adopted ? null : ovsText(goal.network),
    ...vlanColumns(goal.vlan),
    'Interface mtu_request':
      goal.mtu !== null
        ? String(goal.mtu)
        : was !== undefined && was.mtu !== null
          ? null
          : (is['Interface mtu_request'] ?? null),
  };
}

/** Will it switch in a process, for want of the kernel's datapath? */
export const inProcess = (s: Pick<Situation, 'observed'>, { name }: { readonly name: string }): boolean => {
  const there = ovsAt(s.observed, name);
  return there === undefined ? s.observed.agent.ovsDatapath === false : there.datapath === 'netdev';
};

/** What one desired bridge of Open vSwitch needs: one transaction, and the host's side of it. */
export function ovsBridgeSteps(s: Situation, goal: OvsBridgeGoal): readonly Draft[] {
  const { name } = goal;
  const there = ovsAt(s.observed, name);
  const link = there === undefined ? undefined : items(s.observed.links).find((l) => l.name === name);
  const touches = [`bridge ${name}`, `network ${goal.network}`];
  const wanted = wantedColumns(s, goal, there);
  const steps: Draft[] = [];
  if (there === undefined) {
    const six = s.observed.sysctls.known && s.observed.sysctls.value[FORWARDING[6]] !== undefined;
    steps.push({
      title: `Create Open vSwitch bridge ${name}`,
      touches,
      actions: [
        transact([['add-br', name], ...columnChange(name, NEW_BRIDGE, wanted)]),
        ...(six ? [sysctl(acceptRa(name), '0')] : []),
      ],
      inverse: [transact([['--if-exists', 'del-br', name]])],
    });
  } else {
    const is = bridgeColumns(there);
    const forth = columnChange(name, is, wanted);
    const back = columnChange(
      name,
      wanted,
      Object.fromEntries(Object.keys(wanted).map((k) => [k, is[k] ?? null])),
    );
    const moves = is[HWADDR] !== wanted[HWADDR];
    const tell = (actions: readonly Action[]) =>
      moves ? [...telling(s, name, actions), ...afterMoving(s, goal, link)] : actions;
    if (forth.length > 0)
      steps.push({
        title: `Set Open vSwitch bridge ${name}${marked(there, goal) ? '' : ` as that of network ${goal.network}`}`,
        touches,
        actions: tell([transact(forth), ...mtuAfter(name, is, wanted)]),
        inverse: tell([transact(back), ...mtuAgain(s, name, is, wanted)]),
      });
  }
  // In a process packets reach the switch with their checksums filled in.
  const checksums = goal.checksums && !inProcess(s, goal);
  return [...steps, ...hostSide(s, { ...goal, checksums }, link)];
}

/** A switch in a process takes its device down to give it another MAC address: IPv6 addresses and routes go with that. */
const afterMoving = (s: Situation, goal: OvsBridgeGoal, link: Link | undefined): readonly Action[] =>
  link === undefined || !inProcess(s, goal)
    ? []
    : [
        ...link.addresses
          .filter((a) => a.family === 6 && !a.dynamic && a.scope !== 'link')
          .map((a) => ip('address', 'replace', `${a.address}/${a.prefix}`, 'dev', goal.name)),
        ...routesBack(s.observed, link),
      ];

const marked = ({ externalIds }: OvsBridge, { network }: OvsBridgeGoal) => externalIds[OVS_MARK] === network;

/** For `restore` only: all ports at once. */
export function releaseOvs(bridge: OvsBridge): readonly Draft[] {
  const ports = ovsPortsOf(bridge);
  if (ports.length === 0) return [];
  const names = ports.map((p) => p.name);
  return [
    {
      title: `Unplug ${names.join(', ')} from ${bridge.name}`,
      touches: [...names.map((p) => `port ${p}`), `bridge ${bridge.name}`],
      actions: unplugPorts(bridge.name, ports),
      inverse: [transact(ports.flatMap((p) => portAgain(bridge.name, p)))],
    },
  ];
}

/** What is plugged in was unplugged before. */
export function removeOvs(s: Situation, bridge: OvsBridge): Draft {
  const { name } = bridge;
  const link: Link | undefined = items(s.observed.links).find((l) => l.name === name);
  const network = bridge.externalIds[OVS_MARK];
  const own = bridge.ports.filter((p) => p.name === name);
  const maps = (column: string, map: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(map).map(([k, v]) => [`Bridge ${column}:${k}`, ovsText(v)]));
  const columns: Columns = {
    ...bridgeColumns(bridge),
    ...maps('external_ids', bridge.externalIds),
    ...maps('other_config', bridge.otherConfig),
  };
  const ra = setting(s.observed, acceptRa(name));
  return {
    title: `Remove Open vSwitch bridge ${name}`,
    touches: [`bridge ${name}`, ...(network === undefined ? [] : [`network ${network}`])],
    actions: [transact([['--if-exists', 'del-br', name]]), ...forgetRows(own)],
    inverse: [
      transact([['add-br', name], ...columnChange(name, NEW_BRIDGE, columns), ...own.flatMap(qosAgain)]),
      ...(ra === undefined ? [] : [sysctl(acceptRa(name), ra)]),
      ...(link === undefined ? [] : hostSideBack(s, link)),
    ],
  };
}

/** Bridges of Open vSwitch that are ours and go. Left over ones with something in them are left alone. */
export const goingOvs = (s: Situation): readonly OvsBridge[] =>
  markedOvs(s.observed).filter(
    (b) =>
      !s.goal.ovs.some((g) => g.name === b.name) &&
      (s.was.ovs.some((w) => w.name === b.name) || ovsPortsOf(b).length === 0 || s.alsoOvs.has(b.name)),
  );
