import { adoptLink } from './adopt-link';
import { adoptLibvirt, adoptOvs } from './adopt-network';
import { adoptNic } from './adopt-nic';
import type { Desired, Thing } from './change';
import { checkDesired } from './check';
import { isOurLink } from './compile/link';
import { MARK } from './compile/native';
import { OVS_MARK } from './compile/ovs';
import { usesVlans } from './compile/ports';
import { bearsMark } from './libvirt/mark';
import { items, type Observed } from './observed';
import { ovsAt } from './plan-ovs-situation';
import { fail, ok, type Result } from './result';
import { desiredOf, keyOf, startWith, thingsOf, wordsFor } from './things';

/**
 * What somebody asks to manage: an interface of the host by its name, a network of libvirt by its own, or a NIC of a
 * libvirt domain as GUEST/NIC.
 */
export type AdoptTarget = { readonly is: 'interface' | 'network' | 'nic'; readonly name: string };

/**
 * The design of something that is on the host already, just as it is there: nothing needs to run for it. Refused with a
 * sentence: NOT_THERE, OURS, TAKEN (another design has the name), NOT_EXPRESSIBLE (what it has that a design cannot
 * say), UNKNOWN (a fact that is needed cannot be read), INVALID.
 */
export function adopt(observed: Observed, desired: Desired, target: AdoptTarget): Result<Thing> {
  const made = designOf(observed, desired, target);
  if (!made.ok) return made;
  const thing = asItsNetworkSays(desired, made.value);
  const taken = thingsOf(desired).find((t) => keyOf(t) === keyOf(thing));
  if (taken !== undefined)
    return fail('TAKEN', `There is a design named ${thing.name} already: ${wordsFor(taken)}.`);
  const wanted = desiredOf([...thingsOf(desired), thing]);
  const problems = checkDesired(wanted, { observed, committed: desired });
  const [first] = problems;
  return first === undefined
    ? ok(thing)
    : fail('INVALID', `${startWith(wordsFor(thing))} cannot be managed as it is. ${first.message}`, {
        problems,
      });
}

/** A network that tells VLANs apart says those of its ports. */
function asItsNetworkSays({ networks }: Desired, thing: Thing): Thing {
  if (thing.kind !== 'tap' || !networks.some((n) => n.bridge?.name === thing.bridge && usesVlans(n)))
    return thing;
  const { vlan: _vlan, ...tap } = thing;
  return tap;
}

function designOf(observed: Observed, desired: Desired, { is, name }: AdoptTarget): Result<Thing> {
  if (is === 'nic') return ourNic(desired, name) ?? adoptNic(observed, name);
  const { libvirtNetworks, links } = observed;
  if (!links.known)
    return fail('UNKNOWN', `The interfaces of this host cannot be read: ${dotted(links.why)}`);
  const ours = oursAlready(observed, desired, { is, name });
  if (ours !== null) return ours;
  if (is === 'network') {
    if (!libvirtNetworks.known)
      return fail('UNKNOWN', `libvirt cannot be asked for its networks: ${dotted(libvirtNetworks.why)}`);
    const seen = libvirtNetworks.value[name];
    return seen === undefined
      ? fail('NOT_THERE', `libvirt of this host has no network ${name}.`)
      : adoptLibvirt(seen);
  }
  const ofLibvirt = items(libvirtNetworks).find((n) => n.bridge === name && n.forward !== 'bridge');
  if (ofLibvirt !== undefined) return adoptLibvirt(ofLibvirt);
  const bridge = ovsAt(observed, name);
  if (bridge !== undefined) return adoptOvs(observed, bridge);
  const link = links.value[name];
  return link === undefined
    ? fail('NOT_THERE', `This host has no interface ${name}.`)
    : adoptLink(observed, link);
}

function ourNic({ nics = [] }: Desired, name: string): Result<never> | null {
  const known = nics.find((n) => n.name === name);
  return known === undefined
    ? null
    : fail('OURS', `${startWith(wordsFor(known))} is managed by Patchbay already.`);
}

const dotted = (why: string) => why.replace(/\.?$/, '.');

/** Designed here already, or bearing a mark that says that some Patchbay made it. */
function oursAlready(observed: Observed, desired: Desired, { is, name }: AdoptTarget): Result<never> | null {
  const network = desired.networks.find((n) =>
    is === 'network' ? n.name === name && n.footing === 'libvirt' : n.bridge?.name === name,
  );
  const known = network ?? (is === 'network' ? undefined : desired.links.find((l) => l.name === name));
  if (known !== undefined)
    return fail('OURS', `${startWith(wordsFor(known))} is managed by Patchbay already.`);
  const stray = (what: string, how: string) =>
    fail(
      'OURS',
      `${what} carries Patchbay's mark, but is none of this host's designs: some other Patchbay made it. To manage it here, take the mark away first: ${how}`,
    );
  if (is === 'network') {
    const seen = observed.libvirtNetworks.known ? observed.libvirtNetworks.value[name] : undefined;
    return seen !== undefined && bearsMark(seen.config)
      ? stray(`Network ${name}`, `virsh net-edit ${name}`)
      : null;
  }
  if (ovsAt(observed, name)?.externalIds[OVS_MARK] !== undefined)
    return stray(name, `ovs-vsctl remove Bridge ${name} external_ids ${OVS_MARK}`);
  const link = observed.links.known ? observed.links.value[name] : undefined;
  const marked = link !== undefined && (isOurLink(link) || link.alias?.startsWith(MARK));
  return marked ? stray(name, `ip link set dev ${name} alias ''`) : null;
}
