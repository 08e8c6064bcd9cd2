import { z } from 'zod';
import { MOST_PROBLEMS, refuse } from '../check-parse';
import { fail, type Problem, type Result } from '../result';
import { short } from '../short';
import { finishGaneti } from './ganeti-guest';
import type { GanetiNic } from './ganeti-nic';
import type { ReadNics } from './guest-nics';

/*
 * NICs of an instance as Ganeti's RAPI tells of it (`GET /2/instances/NAME`). Of all that it tells only the name, what
 * begins with `nic.` and the model of the cards concern us.
 */

const Texts = z
  .array(z.union([z.string(), z.null()], { error: 'it has texts and null only.' }), {
    error: 'it must be a list.',
  })
  .optional();

const Instance = z.looseObject({
  name: z.string('it must be a text.').optional(),
  hvparams: z.looseObject({ nic_type: z.string('it must be a text.').optional() }).optional(),
  'nic.macs': Texts,
  'nic.ips': Texts,
  'nic.modes': Texts,
  'nic.links': Texts,
  'nic.bridges': Texts,
  'nic.vlans': Texts,
  'nic.names': Texts,
  'nic.networks.names': Texts,
  /* Of the cluster, not of the guest: taken and forgotten. */
  'nic.networks': Texts,
  'nic.uuids': Texts,
  'nic.count': z.int().optional(),
});
type Instance = z.infer<typeof Instance>;

const LISTS = {
  mac: 'nic.macs',
  ip: 'nic.ips',
  mode: 'nic.modes',
  link: 'nic.links',
  bridge: 'nic.bridges',
  vlan: 'nic.vlans',
  name: 'nic.names',
  network: 'nic.networks.names',
} as const satisfies Record<keyof GanetiNic, keyof Instance>;

export function parseGanetiJson(text: string): Result<ReadNics> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (e) {
    return fail('JSON', `This is no JSON: ${short(e instanceof Error ? e.message : String(e), 120)}.`);
  }
  if (Array.isArray(input))
    return fail('GANETI', 'This is a list: give the instance of one guest at a time.');
  const parsed = Instance.safeParse(input);
  if (!parsed.success) return refuse(parsed.error.issues.slice(0, MOST_PROBLEMS).map(problemOf));
  const instance = parsed.data;
  const problems = shapeProblems(instance);
  if (problems.length > 0) return refuse(problems.slice(0, MOST_PROBLEMS));
  const nics = Array.from({ length: instance['nic.macs']?.length ?? 0 }, (_, i) => nicAt(instance, i));
  const cards = instance.hvparams?.nic_type;
  return finishGaneti({ guest: instance.name, nics, cards }, (i) => `NIC ${i}`);
}

function problemOf({ path, message, code }: z.core.$ZodIssue): Problem {
  const field = path.map((p) => short(String(p))).join('.');
  const what = code === 'invalid_type' && path.length === 0 ? 'an object with fields is needed.' : message;
  return { path: [field], code: 'GANETI', message: `${field || 'The instance'}: ${what}` };
}

function shapeProblems(instance: Instance): readonly Problem[] {
  const problem = (field: string, message: string): Problem => ({
    path: [field],
    code: 'GANETI',
    message: `${short(field)}: ${message}`,
  });
  const { 'nic.macs': macs } = instance;
  if (macs === undefined)
    return [problem('nic.macs', 'it is needed: an instance of RAPI has a MAC address for each NIC.')];
  const strange = Object.keys(instance).filter(
    (k) => k.startsWith('nic.') && !Object.hasOwn(Instance.shape, k),
  );
  const uneven = Object.values(LISTS).filter((k) => (instance[k]?.length ?? macs.length) !== macs.length);
  return [
    ...strange.map((k) => problem(k, 'this is not understood.')),
    ...uneven.map((k) =>
      problem(k, `it is of ${instance[k]?.length} NICs, and nic.macs is of ${macs.length}.`),
    ),
  ];
}

function nicAt(instance: Instance, i: number): GanetiNic {
  const at = (key: keyof typeof LISTS) => instance[LISTS[key]]?.[i] ?? undefined;
  return {
    ...{ name: at('name'), mac: at('mac'), ip: at('ip'), mode: at('mode'), link: at('link') },
    ...{ bridge: at('bridge'), vlan: at('vlan'), network: at('network') },
  };
}
