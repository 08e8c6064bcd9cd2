import type { z } from 'zod';
import { HostLink } from './kinds/link';
import { Network } from './kinds/network';
import { fail, ok, type Problem, type Result } from './result';
import { short } from './short';

/** No input needs more of them to be put right, and a hostile one can have millions. */
export const MOST_PROBLEMS = 20;

/**
 * Reads a network out of anything. Refused with INVALID: problems with paths, each a sentence that names its field;
 * nothing of the input is repeated but short, plain names.
 */
export function parseNetwork(input: unknown): Result<Network> {
  const parsed = Network.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  return refuse(problemsOf(parsed.error));
}

/** The same for a link of the host. */
export function parseLink(input: unknown): Result<HostLink> {
  const parsed = HostLink.safeParse(input);
  return parsed.success ? ok(parsed.data) : refuse(problemsOf(parsed.error, 'link'));
}

/** The failure for these problems; its message is the first of them. */
export function refuse(problems: readonly Problem[]): Result<never> {
  const [first, ...more] = problems;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return fail('INVALID', `${first?.message ?? 'The input cannot be used.'}${rest}`, { problems });
}

/** zod's findings as sentences, one for each field. */
export function problemsOf(error: z.ZodError, what = 'network'): readonly Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of error.issues) {
    const path = issue.path.map((p) => (typeof p === 'number' ? p : short(String(p))));
    const key = path.join('.');
    if (problems.has(key)) continue;
    if (problems.size === MOST_PROBLEMS) break;
    problems.set(key, { path, code: 'MALFORMED', message: `${fieldName(path, what)}: ${sentence(issue)}` });
  }
  return [...problems.values()];
}

/** What a person calls a field, by its path without positions. */
const WORDS: Readonly<Record<string, string>> = {
  forward: 'forward mode',
  'forward.mode': 'forward mode',
  'forward.dev': 'forward device',
  'bridge.name': 'bridge name',
  'bridge.stp': 'STP',
  'forward.nat': 'NAT',
  'forward.nat.port.start': 'NAT ports, start',
  'forward.nat.port.end': 'NAT ports, end',
  mtu: 'MTU',
  nics: 'NICs',
  classes: 'worker class names',
  'domain.name': 'domain',
  dns: 'DNS',
  'dns.txt': 'TXT records',
  'dns.srv': 'SRV records',
  'dns.hosts': 'DNS hosts',
  'dns.hosts.ip': 'address',
  dnsmasqOptions: 'dnsmasq options',
  portForwards: 'port forwards',
  'subnets.tftp': 'TFTP folder',
  'subnets.dhcp.bootp.file': 'boot file',
  'subnets.dhcp.bootp.server': 'boot server',
  'subnets.dhcp.hosts.duid': 'DUID',
  mac: 'MAC',
  stp: 'STP',
  addresses: 'addresses',
  id: 'VLAN tag',
  vlanAware: 'VLANs',
  'vlanAware.vlans': 'VLAN ranges',
  lacpRate: 'LACP rate',
  hashPolicy: 'hash policy',
  'subnets.dhcp': 'DHCP',
  'subnets.dhcp.ranges': 'DHCP ranges',
  'subnets.dhcp.hosts': 'reservations',
  'subnets.dhcp.hosts.mac': 'MAC',
  'subnets.dhcp.hosts.ip': 'address',
  ...Object.fromEntries(
    ['bandwidth', 'portgroups.bandwidth'].flatMap((at) =>
      ['inbound', 'outbound'].flatMap((way) => [
        [`${at}.${way}`, `${way} limit`],
        ...['average', 'peak', 'burst', 'floor'].map((of) => [`${at}.${way}.${of}`, `${way} ${of}`]),
      ]),
    ),
  ),
};

/** Where a network begins in a larger input, and what a list of them is called. */
const ROOTS: Readonly<Record<string, string>> = {
  networks: 'networks',
  links: 'links',
  items: 'items',
  after: '',
  before: '',
  network: '',
  link: '',
};

/** `['subnets', 0, 'dhcp', 'ranges', 1, 'start']` → "Subnet 1, DHCP range 2, start". */
function fieldName(path: Problem['path'], what: string): string {
  const items: string[] = [];
  let key = '';
  let last = '';
  for (const part of path) {
    if (typeof part === 'number') {
      items.push(`${last.replace(/s$/, '')} ${part + 1}`.trim());
      last = '';
      continue;
    }
    if (Object.hasOwn(ROOTS, part)) {
      [key, last] = ['', ROOTS[part] ?? ''];
      continue;
    }
    key = key === '' ? part : `${key}.${part}`;
    last = Object.hasOwn(WORDS, key) ? (WORDS[key] ?? part) : part;
  }
  const text = [...items, ...(last === '' ? [] : [last])].join(', ') || what;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is wrong with a value, without the name of its field. */
export function sentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return /^Unrecognized /.test(issue.message)
        ? `there is no field ${issue.keys.slice(0, 3).map(quote).join(', ')}.`
        : issue.message;
    case 'invalid_type':
      return `${KINDS[issue.expected] ?? 'something else'} is needed.`;
    case 'invalid_union':
      return 'this is none of the choices.';
    case 'invalid_value':
      return `it must be ${issue.values.map((v) => `"${String(v)}"`).join(' or ')}.`;
    default:
      return /^Invalid|^Too /.test(issue.message) ? 'this cannot be used.' : issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no (true or false)',
  array: 'a list',
  object: 'an object with fields',
};

const quote = (text: string) => `"${short(text)}"`;
