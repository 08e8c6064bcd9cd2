import { refuse } from '../check-parse';
import { GuestNics, MOST_NICS, nicProblems, type ReadNics } from '../nics/guest-nics';
import { freeNicName } from '../nics/names';
import { ok, type Result } from '../result';
import { short } from '../short';
import { ADDRESS, type ReadInterface, readInterface } from './parse-interface';
import { located, newReading, place, type Reading, refuseAt, schemaProblems, withoutAbsent } from './reading';
import { readXml, type XmlElement } from './xml';

/**
 * Reads the NICs of libvirt's domain XML, or of `<interface>` elements alone. Of a domain only these and its name
 * concern us; within them whatever is not understood is refused, each problem one sentence that begins with the element.
 * Left out, with a note, is what libvirt makes anew whenever it defines or starts a guest: places on the bus, aliases
 * that nobody chose, and what a running guest's network turned out to be.
 */
export function parseDomainXml(xml: string): Result<ReadNics> {
  const alone = xml.trimStart().startsWith('<interface');
  const root = readXml(alone ? `<devices>${xml}</devices>` : xml);
  if (!root.ok) return root;
  const r = newReading();
  const { whole, devices, name } = partsOf(r, root.value);
  const elements = devices?.children.filter((c) => c.name === 'interface') ?? [];
  if (elements.length > MOST_NICS)
    return refuse([
      {
        path: [],
        code: 'XML_REFUSED',
        message: `There are ${elements.length} <interface> elements: a guest has at most ${MOST_NICS} NICs.`,
      },
    ]);
  if (alone)
    for (const other of devices?.children.filter((c) => c.name !== 'interface') ?? [])
      refuseAt(r, other, 'only <interface> elements are read here.');
  const read = elements.map((element, i) =>
    readInterface(r, element, { i, model: modelUnsaid(root.value).model }),
  );
  if (r.problems.length > 0) return refuse(r.problems);
  const nics = named(read);
  if (name !== undefined) place(r, ['guest'], name);
  const parsed = GuestNics.safeParse(withoutAbsent({ guest: name?.text, nics }));
  if (!parsed.success) return refuse(schemaProblems(r, parsed.error, whole));
  const problems = nicProblems(parsed.data.nics).map((p) => located(r, p, whole));
  if (problems.length > 0) return refuse(problems);
  const notes = [...leftNotes(read, nics), ...modelNotes(read, nics, root.value), ...besideNotes(root.value)];
  return ok({ ...parsed.data, notes });
}

type Parts = {
  readonly whole: XmlElement;
  readonly devices?: XmlElement | undefined;
  readonly name?: XmlElement | undefined;
};

function partsOf(r: Reading, root: XmlElement): Parts {
  if (root.name === 'devices') return { whole: root, devices: root };
  if (root.name !== 'domain') {
    refuseAt(
      r,
      root,
      'this is no guest: the outermost element is <domain>, or there are <interface> elements alone.',
    );
    return { whole: root };
  }
  const [name, ...names] = root.children.filter((c) => c.name === 'name');
  const [devices, ...more] = root.children.filter((c) => c.name === 'devices');
  if (names.length > 0) refuseAt(r, root, 'there is more than one element <name>.');
  if (more.length > 0) refuseAt(r, root, 'there is more than one element <devices>.');
  return { whole: root, devices, name };
}

/** The NICs with their names: those that people chose, and `net0`, `net1` by place. */
function named(
  read: readonly ReadInterface[],
): readonly (ReadInterface['nic'] & { readonly name: string })[] {
  const taken = new Set(read.flatMap(({ name }) => name ?? []));
  return read.map(({ nic, name }, i) => {
    const its = name ?? freeNicName(taken, i);
    taken.add(its);
    return { ...nic, name: its };
  });
}

type Named = ReturnType<typeof named>;

function leftNotes(read: readonly ReadInterface[], nics: Named): readonly string[] {
  const of = new Map<string, string[]>();
  read.forEach(({ left }, i) => {
    for (const what of left) of.set(what, [...(of.get(what) ?? []), nics[i]?.name ?? '']);
  });
  return [...of].map(([what, names]) => {
    const more = what === ADDRESS ? ' The guest may call its card by another name then.' : '';
    return `Not kept of ${names.join(', ')}, because libvirt makes it anew: ${what}.${more}`;
  });
}

/** What libvirt takes for a NIC without a model (qemuDomainDefaultNetModel). */
function modelUnsaid(root: XmlElement): { readonly model: 'rtl8139' | undefined; readonly arch: string } {
  const child = (of: XmlElement | undefined, name: string) => of?.children.find((c) => c.name === name);
  const arch = child(child(root, 'os'), 'type')?.attributes.arch ?? 'x86_64';
  return { model: /^(s390|arm|aarch64|riscv)/.test(arch) ? undefined : 'rtl8139', arch: short(arch) };
}

function modelNotes(read: readonly ReadInterface[], nics: Named, root: XmlElement): readonly string[] {
  const names = nics.flatMap(({ name }, i) => (read[i]?.saysModel === false ? [name] : []));
  const { model = 'virtio', arch } = modelUnsaid(root);
  if (names.length === 0) return [];
  return [`No <model> is said of ${names.join(', ')}: ${model}, as libvirt takes it for ${arch}.`];
}

/** NICs that are no `<interface>`, but words for QEMU that libvirt hands on. */
function besideNotes(root: XmlElement): readonly string[] {
  const words = root.children
    .filter((c) => c.name === 'qemu:commandline')
    .flatMap((c) => c.children.map((word) => word.attributes.value ?? ''));
  return words.some((word) => /^--?(netdev|nic|net)$/.test(word))
    ? ['Not read: the NIC that <qemu:commandline> gives to QEMU past libvirt.']
    : [];
}
