import { refuse } from '../check-parse';
import { compileQemuNic, type QemuOptions, qemuWord } from '../compile/qemu-nic';
import { hasTap, type Nic, portSettingsOf } from '../kinds/nic';
import { ok, type Problem, type Result } from '../result';
import type { GuestNics, NicDraft } from './guest-nics';

/*
 * NICs as words of QEMU's command line, for people who start QEMU themselves: it opens its taps by their names.
 */

/** One option a line; no word has a blank or anything else that a shell reads. */
export function qemuLines({ nics }: GuestNics): Result<string> {
  const lines: string[] = [];
  const problems: Problem[] = [];
  nics.forEach((nic, i) => {
    const whole = withMac(nic);
    const why = whole === null ? NO_MAC : whyNot(nic);
    if (whole === null || why !== null)
      problems.push({ path: ['nics', i], code: 'NOT_IN_QEMU', message: `NIC ${nic.name} ${why}` });
    else lines.push(...linesOf(whole));
  });
  return problems.length > 0 ? refuse(problems) : ok(lines.map((line) => `${line}\n`).join(''));
}

const NO_MAC = 'has no MAC address: QEMU gives the same ones to the cards of every guest that says none.';

function withMac({ addresses: _, mac, ...nic }: NicDraft): Nic | null {
  return mac === undefined ? null : { ...nic, mac };
}

const whyNot = ({ source }: NicDraft): string | null =>
  source.type === 'direct'
    ? `stands on ${source.device} (macvtap): QEMU wants that opened by whoever starts it, which no command line says.`
    : null;

function linesOf(nic: Nic): readonly string[] {
  const { netdev, device } = compileQemuNic(nic);
  const behind = hasTap(nic) ? { ...tapOf(nic), id: netdev.id ?? '' } : netdev;
  return [`-netdev ${qemuWord(behind, 'type')}`, `-device ${qemuWord(device, 'driver')}`];
}

/** QEMU's own helper plugs a tap into a Linux bridge; it takes neither a name nor several queues. */
const byHelper = ({ source, tap, queues, vhost, virtualPort }: NicDraft): boolean =>
  source.type === 'bridge' &&
  tap === undefined &&
  queues === undefined &&
  vhost !== true &&
  virtualPort === undefined;

function tapOf(nic: Nic): QemuOptions {
  const { source, tap, queues, vhost } = nic;
  if (byHelper(nic) && source.type === 'bridge') return { type: 'bridge', br: source.bridge };
  const scripts = source.type === 'ethernet' ? source : undefined;
  return {
    type: 'tap',
    ...(tap === undefined ? {} : { ifname: tap }),
    ...(queues === undefined ? {} : { queues }),
    script: scripts?.script ?? 'no',
    downscript: scripts?.downscript ?? 'no',
    ...(vhost === undefined ? {} : { vhost }),
  };
}

/** What the words do not say and has to be done beside QEMU: a sentence each. */
export const notInQemu = ({ nics }: GuestNics): readonly string[] => nics.flatMap(notesOf);

function notesOf(nic: NicDraft): readonly string[] {
  const { name, source, link, addresses } = nic;
  const tap = nic.tap ?? 'its tap';
  const notes: string[] = [];
  if (source.type === 'network')
    notes.push(
      `NIC ${name}: QEMU knows no networks. Put ${tap} into the bridge of network ${source.network}${source.portgroup === undefined ? '' : ` (portgroup ${source.portgroup})`} once it is there.`,
    );
  if (source.type === 'bridge')
    notes.push(
      byHelper(nic)
        ? `NIC ${name}: QEMU's helper must be allowed to use bridge ${source.bridge} (/etc/qemu/bridge.conf).`
        : `NIC ${name}: put ${tap} into bridge ${source.bridge} once it is there.`,
    );
  if (source.type === 'ethernet' && source.script === undefined)
    notes.push(`NIC ${name}: ${tap} is in no bridge, and nobody sets it up.`);
  if (source.type === 'routed')
    notes.push(
      `NIC ${name}: ${tap} is in no bridge; its routes, rules and proxies have to be made beside QEMU.`,
    );
  const beside = hasTap(nic) ? portSettingsOf(nic).map(([, what]) => what) : [];
  if (beside.length > 0)
    notes.push(`NIC ${name} has ${beside.join(', ')}: that is set on ${tap}, not by QEMU.`);
  if (link === 'down')
    notes.push(
      `NIC ${name}: its cable is plugged in at first; "set_link ${name} off" in the monitor pulls it.`,
    );
  if (addresses !== undefined)
    notes.push(`NIC ${name}: ${addresses.join(', ')} is for the guest to set, or for a DHCP server to give.`);
  return notes;
}
