import { z } from 'zod';
import { bandwidthProblems } from '../bandwidth-check';
import { IpAddress, MacAddress } from '../ids';
import { hasTap, Nic, portSettingsOf } from '../kinds/nic';
import type { VirtualPort } from '../kinds/port';
import type { Refuse } from '../libvirt/rules';
import { virtualPortProblems, vlanProblems } from '../libvirt/rules-port';
import type { MacPrefix } from '../mac-pool';
import type { Problem } from '../result';

/* The NICs of a guest that somebody else describes: libvirt, KVM autotest or Ganeti. */

/** More than all buses of a guest have room for. */
export const MOST_NICS = 256;

/** A NIC whose MAC address may still have to be made, and the addresses that the guest shall have there. */
export const NicDraft = Nic.extend({
  mac: MacAddress.optional(),
  addresses: z.array(IpAddress).min(1).max(64, 'A NIC has at most 64 addresses.').readonly().optional(),
});
export type NicDraft = z.infer<typeof NicDraft>;

export const GuestNics = z.strictObject({
  guest: z
    .string()
    .min(1, 'A guest name is needed.')
    .max(255, 'A guest name has at most 255 characters.')
    .regex(/^[^\p{Cc}/]+$/u, 'A guest name has no slash and no control character.')
    .optional(),
  /** In the order of the cards. */
  nics: z.array(NicDraft).max(MOST_NICS, `A guest has at most ${MOST_NICS} NICs.`).readonly(),
});
export type GuestNics = z.infer<typeof GuestNics>;

/** The beginning of a MAC address that has to be completed, of the NIC at this index. */
export type PartialMac = { readonly index: number; readonly prefix: MacPrefix };

/** What was read, and what of it is not kept or was added: a sentence each. */
export type ReadNics = GuestNics & {
  readonly notes: readonly string[];
  readonly partial?: readonly PartialMac[];
};

/** What the schema of each NIC by itself cannot see, by path. */
export function nicProblems(nics: readonly NicDraft[]): readonly Problem[] {
  const problems: Problem[] = [];
  nics.forEach((nic, i) => {
    const refuse: Refuse = (path, code, message) =>
      problems.push({ path: ['nics', i, ...path], code, message });
    twiceProblems(nics.slice(0, i), nic, refuse);
    cardProblems(nic, refuse);
    vlanProblems(nic.vlan, ['vlan'], refuse);
    switchProblems(nic, refuse);
    limitProblems(nic, refuse);
    isolationProblems(nic, refuse);
  });
  return problems;
}

function twiceProblems(
  before: readonly NicDraft[],
  { name, mac, tap, boot }: NicDraft,
  refuse: Refuse,
): void {
  if (before.some((n) => n.name === name))
    refuse(['name'], 'NAME_TWICE', `There are two NICs named ${name}.`);
  const same = (is: (n: NicDraft) => boolean, path: string, what: string) => {
    const other = before.find(is);
    if (other !== undefined) refuse([path], 'TWICE', `NICs ${other.name} and ${name} both have ${what}.`);
  };
  if (mac !== undefined) same((n) => n.mac === mac, 'mac', `the MAC address ${mac}`);
  if (tap !== undefined) same((n) => n.tap === tap, 'tap', `the tap ${tap}`);
  if (boot !== undefined) same((n) => n.boot === boot, 'boot', `the boot order ${boot}`);
}

function cardProblems(nic: NicDraft, refuse: Refuse): void {
  const { name, model = 'virtio', queues, vhost, tap, source } = nic;
  const only = `NIC ${name} is of model ${model}: only virtio`;
  if (model !== 'virtio' && queues !== undefined) refuse(['queues'], 'VIRTIO', `${only} has several queues.`);
  if (model !== 'virtio' && vhost !== undefined)
    refuse(['vhost'], 'VIRTIO', `${only} can leave its packets to the kernel or to QEMU.`);
  if (hasTap(nic) || source.type === 'direct') return;
  const none = `NIC ${name} is of type ${source.type}, which has no tap`;
  if (tap !== undefined) refuse(['tap'], 'NO_TAP', `${none} that could be called ${tap}.`);
  for (const [field, what] of portSettingsOf(nic))
    if (field !== 'mtu') refuse([field], 'NO_TAP', `${none} that could have ${what}.`);
}

function limitProblems({ bandwidth, source }: NicDraft, refuse: Refuse): void {
  const of = source.type === 'network' ? 'NIC of a network' : 'NIC';
  for (const { path, code, message } of bandwidthProblems(bandwidth, { of }))
    refuse(['bandwidth', ...path], code, message);
}

/** What a virtual port must say where no network completes it. */
const NEEDED = {
  '802.1Qbg': ['managerId', 'typeId', 'typeIdVersion'],
  '802.1Qbh': ['profileId'],
  openvswitch: [],
  midonet: ['interfaceId'],
} as const satisfies Record<NonNullable<VirtualPort['type']>, readonly (keyof VirtualPort)[]>;

function switchProblems({ name, virtualPort, source }: NicDraft, refuse: Refuse): void {
  const at = ['virtualPort'];
  virtualPortProblems(virtualPort, at, refuse);
  if (virtualPort === undefined || source.type === 'network') return;
  const { type } = virtualPort;
  if (source.type !== 'bridge' && source.type !== 'direct')
    refuse(
      at,
      'VIRTUAL_PORT',
      `NIC ${name} is of type ${source.type}, which no switch could know a port by.`,
    );
  else if (type === undefined) refuse(at, 'TYPE_NEEDED', `The virtual port of NIC ${name} needs a type.`);
  else
    for (const key of NEEDED[type])
      if (virtualPort[key] === undefined)
        refuse(
          at,
          'PARAMETER_NEEDED',
          `The virtual port of NIC ${name} needs ${key}, as it is of type ${type}.`,
        );
}

/** As libvirt has it: ports of Linux bridges only (virDomainActualNetDefValidate). */
function isolationProblems({ name, isolated, virtualPort, source }: NicDraft, refuse: Refuse): void {
  if (isolated !== true) return;
  if (virtualPort !== undefined)
    refuse(
      ['isolated'],
      'ISOLATION',
      `NIC ${name} has a virtual port: only ports of a Linux bridge are isolated.`,
    );
  else if (source.type !== 'network' && source.type !== 'bridge')
    refuse(
      ['isolated'],
      'ISOLATION',
      `NIC ${name} is of type ${source.type}: only ports of a bridge are isolated.`,
    );
}
