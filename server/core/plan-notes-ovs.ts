import { OVS_MARK } from './compile/ovs';
import { goingOvs, inProcess } from './plan-ovs';
import { markedOvs, ovsAt, ovsPortsOf } from './plan-ovs-situation';
import type { Situation } from './plan-situation';
import { pluggedWords } from './plugged';

/** What people should know of bridges of Open vSwitch. */
export function ovsNotes(s: Situation): readonly string[] {
  return [...switchedInProcess(s), ...lost(s), ...strays(s)];
}

function switchedInProcess(s: Situation): readonly string[] {
  return s.goal.ovs
    .filter((b) => ovsAt(s.observed, b.name) === undefined && inProcess(s, b))
    .map(
      ({ name }) =>
        `The kernel of this host has no Open vSwitch datapath, so bridge ${name} switches in the process ovs-vswitchd: slower, and its addresses go with that process (they are put back when that is seen). Packets that guests leave without checksum, as virtio and veth do, arrive broken there: turn checksum offload off in guests (ethtool -K eth0 tx off).`,
    );
}

/** Open vSwitch holds a port that it cannot use. */
function lost(s: Situation): readonly string[] {
  return s.goal.ovs.flatMap(({ name }) =>
    (ovsAt(s.observed, name)?.ports ?? []).flatMap((port) =>
      port.interfaces.flatMap(({ error }) =>
        error === null ? [] : [`Port ${port.name} of ${name} does not work: ${error.replace(/\.?$/, '.')}`],
      ),
    ),
  );
}

function strays(s: Situation): readonly string[] {
  const going = new Set(goingOvs(s).map((b) => b.name));
  return markedOvs(s.observed)
    .filter((b) => !going.has(b.name) && !s.goal.ovs.some((g) => g.name === b.name))
    .map((b) => {
      const ports = ovsPortsOf(b).map((p) => p.name);
      return `Open vSwitch bridge ${b.name} carries Patchbay's mark (${OVS_MARK}) but belongs to no network of this host. Something is plugged into it, so it is left alone: ${pluggedWords(s.observed, ports)}. To remove it: ovs-vsctl del-br ${b.name}`;
    });
}
