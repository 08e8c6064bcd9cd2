import { MOST_PROBLEMS, refuse } from '../check-parse';
import { type MacPrefix, parseMacWish } from '../mac-pool';
import { ok, type Problem, type Result } from '../result';
import { short } from '../short';
import { lineProblem, readParameters, type Scoped, scopeOf, valueFor } from './autotest-text';
import { finishNics } from './finish';
import { MOST_NICS, type ReadNics } from './guest-nics';

/* NICs out of the parameters of KVM autotest (later virt-test, avocado-vt). */

/** Parameters of a NIC: what each is in ours. Of two names for one thing the first is today's. */
const FIELDS = {
  mac: ['mac', 'nic_mac'],
  address: ['ip'],
  model: ['nic_model', 'model'],
  tap: ['ifname'],
  queues: ['queues'],
  mode: ['nic_mode'],
  type: ['nettype'],
  to: ['netdst', 'bridge'],
  macvtap: ['macvtap_mode'],
  script: ['nic_script'],
  downscript: ['nic_downscript'],
} as const;
type Field = keyof typeof FIELDS;
const KNOWN: ReadonlySet<string> = new Set(Object.values(FIELDS).flat());
/** Parameters of the guest. */
const OF_GUEST = ['vms', 'main_vm', 'nics'];

/** Refused, each problem with its line: what is not understood, also parameters that are not of NICs. */
export function parseAutotest(text: string): Result<ReadNics> {
  const { all, problems: unreadable } = readParameters(text);
  const problems: Problem[] = [...unreadable];
  const plain = (key: string) => all.find((p) => p.key === key);
  const guests = plain('vms') ?? plain('main_vm');
  const [guest, ...others] = wordsOf(guests?.value);
  if (guests !== undefined && others.length > 0)
    problems.push(
      lineProblem(
        guests.line,
        `${guests.key} names ${others.length + 1} guests: give the parameters of one at a time.`,
      ),
    );
  const list = (guest === undefined ? undefined : plain(`nics_${guest}`)) ?? plain('nics');
  // As autotest's base.cfg has it.
  const names = list === undefined ? ['nic1'] : wordsOf(list.value);
  if (list !== undefined && names.length > MOST_NICS)
    return refuse([lineProblem(list.line, `${list.key} names more than ${MOST_NICS} NICs.`)]);
  const scoped = all.flatMap((parameter): Scoped[] => {
    const { key, line } = parameter;
    if (OF_GUEST.includes(key) || (guest !== undefined && key === `nics_${guest}`)) return [];
    const found = scopeOf(parameter, KNOWN, { nics: names, guest });
    if (found !== null && 'base' in found) return [found];
    problems.push(lineProblem(line, `${short(key)} ${unknown(found, names)}`));
    return [];
  });
  const read = names.map((name) => readNic(name, scoped, problems));
  const partial = read.flatMap(({ prefix }, index) => (prefix === null ? [] : [{ index, prefix }]));
  const [first] = partial;
  if (first !== undefined && guest === undefined)
    problems.push(withoutGuest(fieldOf('mac', names[first.index] ?? '', scoped)));
  if (problems.length > 0) return refuse(inOrder(problems));
  const finished = finishNics(
    { guest, nics: read.map((r) => r.nic), notes: notesOf(list === undefined, names, read) },
    (path) => placeOf(path, { names, scoped, list: list?.line ?? guests?.line }),
  );
  return finished.ok && partial.length > 0 ? ok({ ...finished.value, partial }) : finished;
}

/** The records know a NIC by its guest. */
const withoutGuest = (mac: Scoped | undefined): Problem =>
  lineProblem(
    mac?.line ?? 1,
    `${mac?.key ?? 'mac'}: ${short(mac?.value ?? '')} is completed for a guest by its name: say it (vms or main_vm).`,
  );

/** By line; those without one at the end. */
const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const lineOf = ({ path }: Problem) => (path[0] === 'line' ? Number(path[1]) : Number.POSITIVE_INFINITY);
  return [...problems].sort((a, b) => lineOf(a) - lineOf(b) || 0).slice(0, MOST_PROBLEMS);
};

const wordsOf = (value: string | undefined): readonly string[] =>
  value?.split(/\s+/).filter((w) => w !== '') ?? [];

const unknown = (found: { readonly unknownNic: string } | null, names: readonly string[]): string =>
  found === null
    ? 'is no parameter of a NIC that is understood here.'
    : `is of NIC ${short(found.unknownNic)}, and nics has only ${short(names.join(', '), 100) || 'none'}.`;

type ReadNic = {
  readonly nic: { readonly [field: string]: unknown };
  readonly saysModel: boolean;
  /** What its MAC address begins with, where no more is said. */
  readonly prefix: MacPrefix | null;
};

function readNic(name: string, scoped: readonly Scoped[], problems: Problem[]): ReadNic {
  const get = (field: Field): Scoped | undefined => fieldOf(field, name, scoped);
  for (const bases of Object.values(FIELDS)) problems.push(...contradictions(bases, name, scoped));
  const value = (field: Field) => get(field)?.value;
  const model = value('model');
  const address = value('address');
  const queues = value('queues');
  const mac = value('mac');
  const wish = mac === undefined ? null : parseMacWish(mac);
  const prefix = wish?.ok === true && wish.value.is === 'partial' ? wish.value.prefix : null;
  return {
    prefix,
    saysModel: model !== undefined,
    nic: {
      name,
      mac: prefix === null ? mac : undefined,
      model: model === 'virtio' || model === 'virtio_net' ? undefined : model,
      tap: value('tap'),
      queues: queues === undefined || queues === '1' ? undefined : Number(queues),
      addresses: address === undefined ? undefined : [address],
      source: sourceOf(name, get, problems),
    },
  };
}

/** Two names of one thing that say different things. */
function contradictions(
  bases: readonly string[],
  nic: string,
  scoped: readonly Scoped[],
): readonly Problem[] {
  const [first, second] = bases.flatMap((base) => valueFor(scoped, base, nic) ?? []);
  if (first === undefined || second === undefined || first.value === second.value) return [];
  const what = `${short(second.key)} says "${short(second.value)}" and ${short(first.key)} says "${short(first.value)}"`;
  return [lineProblem(second.line, `${what}: they are two names for the same thing.`)];
}

const fieldOf = (field: Field, nic: string, scoped: readonly Scoped[]): Scoped | undefined =>
  FIELDS[field].map((base) => valueFor(scoped, base, nic)).find((found) => found !== undefined);

function sourceOf(name: string, get: (field: Field) => Scoped | undefined, problems: Problem[]): unknown {
  const at = (p: Scoped | undefined, message: string): undefined => {
    problems.push(
      p === undefined
        ? { path: ['nics', name], code: 'AUTOTEST', message: `NIC ${short(name)}: ${message}` }
        : lineProblem(p.line, `${short(p.key)}: ${message}`),
    );
  };
  const [mode, type, to, macvtap] = [get('mode'), get('type'), get('to'), get('macvtap')];
  const [script, downscript] = [get('script'), get('downscript')];
  if (mode !== undefined && mode.value !== 'tap' && mode.value !== 'user')
    return at(mode, `it must be tap or user, not "${short(mode.value)}".`);
  const wanted = type?.value ?? (mode?.value === 'user' ? 'user' : 'bridge');
  if ((wanted === 'user') !== ((mode?.value ?? wanted) === 'user'))
    return at(mode, `it is ${mode?.value}, which does not go with nettype ${short(wanted)}.`);
  if (macvtap !== undefined && wanted !== 'macvtap')
    return at(macvtap, `only nettype macvtap has it, and this NIC has ${short(wanted)}.`);
  const idle = wanted === 'user' ? [to, script, downscript] : wanted === 'bridge' ? [] : [script, downscript];
  const own = idle.find((p) => p !== undefined && p.nic === name);
  if (own !== undefined) return at(own, `it has no meaning for nettype ${short(wanted)}.`);
  const scripts = { script: script?.value, downscript: downscript?.value };
  switch (wanted) {
    case 'user':
      return { type: 'user' };
    case 'bridge':
      if (to === undefined && (script ?? downscript) !== undefined) return { type: 'ethernet', ...scripts };
      if (to === undefined) return at(type, 'netdst (or bridge) is needed: into which bridge its tap goes.');
      if (to.value === 'private')
        return at(to, 'private is a bridge that autotest makes for a test and removes: name one that stays.');
      if (script !== undefined || downscript !== undefined)
        return at(
          script ?? downscript,
          `Patchbay itself puts the tap into bridge ${short(to.value)}: it runs no script.`,
        );
      return { type: 'bridge', bridge: to.value };
    case 'network':
      return to === undefined
        ? at(type, 'netdst is needed: the name of the network.')
        : { type: 'network', network: to.value };
    case 'macvtap':
      return to === undefined
        ? at(type, 'netdst is needed: the device that the macvtap stands on.')
        : { type: 'direct', device: to.value, mode: macvtap?.value ?? 'vepa' };
    default:
      return at(type, `it must be bridge, network, user or macvtap, not "${short(wanted)}".`);
  }
}

/** Which parameter a field of a NIC came from. */
const ORIGIN: Readonly<Record<string, readonly Field[]>> = {
  mac: ['mac'],
  model: ['model'],
  tap: ['tap'],
  queues: ['queues'],
  addresses: ['address'],
  'source.bridge': ['to'],
  'source.network': ['to'],
  'source.device': ['to'],
  'source.mode': ['macvtap'],
  'source.script': ['script'],
  'source.downscript': ['downscript'],
};

type Places = {
  readonly names: readonly string[];
  readonly scoped: readonly Scoped[];
  readonly list: number | undefined;
};

function placeOf(path: Problem['path'], { names, scoped, list }: Places): string {
  const name = names[Number(path[1])];
  const fields = path.slice(2).filter((p) => typeof p === 'string');
  const field = ORIGIN[fields.slice(0, 2).join('.')]?.[0];
  const from = name === undefined || field === undefined ? undefined : fieldOf(field, name, scoped);
  if (from !== undefined) return `Line ${from.line}: ${from.key}`;
  const where = list === undefined ? '' : `Line ${list}: `;
  return name === undefined ? `${where}the guest` : `${where}NIC ${short(name)}`;
}

function notesOf(unsaid: boolean, names: readonly string[], read: readonly ReadNic[]): readonly string[] {
  const plain = names.filter((_, i) => read[i]?.saysModel === false);
  return [
    ...(unsaid ? ['No line says nics: there is one, nic1, as in base.cfg of autotest.'] : []),
    ...(plain.length > 0 ? [`No nic_model is said of ${plain.join(', ')}: virtio.`] : []),
  ];
}
