import { canonical } from './canonical';
import { toPortVlans } from './compile/ports';
import type { PortVlan } from './compile/realisation';
import type { Vlan } from './kinds/port';
import { items, type Link, type Observed, type OvsBridge } from './observed';
import { portColumns } from './plan-ovs-columns';
import { ovsVlanWords, tapVlanColumns } from './plan-ovs-ports';
import { ovsPortsOf } from './plan-ovs-situation';
import { vlanWords } from './plan-ports';
import { plugOf } from './plugs';
import { vlansOf } from './port-state';
import { fail, ok, type Result } from './result';

const cannot = (message: string): Result<never> => fail('NOT_EXPRESSIBLE', message);

/** What a tap's design says beside what all links have. */
export function tapPart(observed: Observed, link: Link): Result<Readonly<Record<string, unknown>>> {
  const { name, tap } = link;
  if (tap === null) return cannot(`The settings of tap ${name} cannot be read.`);
  if (!tap.persist) {
    const held = observed.tapHolders.known ? observed.tapHolders.value[name]?.processes[0] : undefined;
    const who = held === undefined ? 'the program that made it' : `${held.command} (process ${held.pid})`;
    return cannot(`${name} is not persistent: it goes with ${who}, so there is nothing that could be kept.`);
  }
  if (tap.packetInfo)
    return cannot(`Frames of ${name} bear the kernel's own header (pi), for which a design has no words.`);
  const plug = pluggedPart(observed, link);
  if (!plug.ok) return plug;
  return ok({
    ...(tap.user === null ? {} : { user: tap.user }),
    ...(tap.group == null ? {} : { group: tap.group }),
    ...(tap.multiQueue ? { multiQueue: true } : {}),
    ...(tap.vnetHdr ? { vnetHdr: true } : {}),
    ...plug.value,
  });
}

type OvsPort = OvsBridge['ports'][number];
type PluggedPart = { readonly bridge?: string; readonly vlan?: Vlan; readonly keepVlans?: true };

function pluggedPart(observed: Observed, { name, master }: Link): Result<PluggedPart> {
  const plug = plugOf(observed, name);
  if (plug !== null && plug.port !== null) return ovsPlugOf(name, { bridge: plug.bridge, port: plug.port });
  const bonded = items(observed.ovsBridges)
    .flatMap((b) => ovsPortsOf(b))
    .find((p) => p.name !== name && p.interfaces.some((i) => i.name === name));
  if (bonded !== undefined)
    return cannot(
      `${name} is one of several interfaces of the Open vSwitch port ${bonded.name}: a design has no words for that.`,
    );
  const bridge = master === null || !observed.links.known ? undefined : observed.links.value[master];
  if (master === null) return ok({});
  if (bridge?.kind === 'openvswitch' && !observed.ovsBridges.known)
    return fail(
      'UNKNOWN',
      `${name} is a port of Open vSwitch, which cannot be asked: ${observed.ovsBridges.why.replace(/\.?$/, '.')}`,
    );
  if (bridge?.kind !== 'bridge') return cannot(`${name} is a port of ${master}, which is no bridge.`);
  if (!bridge.bridge?.vlanFiltering || bridge.alias?.startsWith('patchbay:')) return ok({ bridge: master });
  if (!observed.vlans.known)
    return fail('UNKNOWN', `The VLANs of ${name} cannot be read: ${observed.vlans.why.replace(/\.?$/, '.')}`);
  const there = vlansOf(observed, name);
  const vlan = vlanOf(there);
  if (canonical(toPortVlans(vlan)) === canonical(there))
    return ok({ bridge: master, ...(vlan === undefined ? {} : { vlan }) });
  return cannot(
    `${name} is in ${vlanWords(there)} of ${master}, some of them untagged beside its PVID or none at all: a design has no words for that.`,
  );
}

const MODES: readonly (string | null)[] = ['access', 'trunk', 'native-tagged', 'native-untagged'];

/** On Open vSwitch, with its tag, trunks and mode; none of them is every VLAN. */
function ovsPlugOf(
  name: string,
  { bridge, port }: { readonly bridge: string; readonly port: OvsPort },
): Result<PluggedPart> {
  // Open vSwitch's own stacking of VLANs, with which openQA tags its taps; while none runs, no tag is left.
  if (port.vlanMode === 'dot1q-tunnel') return ok({ bridge, keepVlans: true });
  const is = portColumns(port);
  const vlan = ovsVlanOf(port);
  // Compared as the plan does, so that nothing needs to run.
  if (tapVlanColumns(is, { vlan }) === is) return ok({ bridge, ...(vlan === undefined ? {} : { vlan }) });
  const words = [...MODES, null].includes(port.vlanMode)
    ? ovsVlanWords(is)
    : `the VLAN mode ${port.vlanMode}`;
  return cannot(
    `Port ${name} of the Open vSwitch bridge ${bridge} has ${words}: a design has no words for that.`,
  );
}

function ovsVlanOf({ tag, trunks, vlanMode }: OvsPort): Vlan | undefined {
  const mode = vlanMode ?? (tag === null ? 'trunk' : 'access');
  if (mode === 'access') return tag === null ? undefined : { tags: [{ id: tag }] };
  if (mode === 'trunk')
    return trunks.length === 0 ? undefined : { trunk: true, tags: trunks.map((id) => ({ id })) };
  if (tag === null) return undefined;
  const native = {
    id: tag,
    nativeMode: mode === 'native-tagged' ? ('tagged' as const) : ('untagged' as const),
  };
  return { trunk: true, tags: [native, ...trunks.filter((id) => id !== tag).map((id) => ({ id }))] };
}

/** The setting that could mean these VLANs; whether it does, is for the caller to compare. */
function vlanOf(there: readonly PortVlan[]): Vlan | undefined {
  const [first] = there;
  if (first === undefined || (there.length === 1 && first.vid === 1 && first.pvid)) return undefined;
  if (there.length === 1 && first.pvid && first.untagged) return { tags: [{ id: first.vid }] };
  return {
    trunk: true,
    tags: there.map((v) => ({
      id: v.vid,
      ...(v.pvid ? { nativeMode: v.untagged ? ('untagged' as const) : ('tagged' as const) } : {}),
    })),
  };
}
