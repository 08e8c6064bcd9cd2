import type { CheckContext } from '@/server/core/check-context';
import { checkLink } from '@/server/core/check-link';
import { parseLink } from '@/server/core/check-parse';
import type { HostLink } from '@/server/core/kinds/link';
import type { Vlan } from '@/server/core/kinds/port';
import type { Problem } from '@/server/core/result';

/** What stands in the fields: text as it was typed. Lists have one entry a line. */
export type LinkValues = {
  name: string;
  /** Uplinks or members. */
  ports: string[];
  addresses: string;
  routes: string;
  mtu: string;
  mac: string;
  stp: boolean;
  delay: string;
  vlanAware: boolean;
  vlans: string;
  device: string;
  id: string;
  mode: string;
  primary: string;
  miimon: string;
  lacpRate: string;
  hashPolicy: string;
  user: string;
  group: string;
  multiQueue: boolean;
  vnetHdr: boolean;
  /** What a tap is plugged into. */
  bridge: string;
  /** Of a tap: `10`, or `10 native, 20, 30` for a trunk. */
  tapVlan: string;
  /** Its VLANs are left to somebody else. */
  keepVlans: boolean;
  /** It was here before, and stays when it is deleted here. */
  adopted: boolean;
};

const text = (value: string | number | undefined): string => (value === undefined ? '' : String(value));

export function toLinkValues(link: HostLink): LinkValues {
  const bridge = link.kind === 'bridge' ? link : undefined;
  const vlan = link.kind === 'vlan' ? link : undefined;
  const bond = link.kind === 'bond' ? link : undefined;
  const tap = link.kind === 'tap' ? link : undefined;
  return {
    name: link.name,
    ports: [...(bridge?.uplinks ?? bond?.members ?? [])],
    addresses: (link.addresses ?? []).map((a) => `${a.address}/${a.prefix}`).join('\n'),
    routes: (link.routes ?? [])
      .map(({ to, gateway, metric }) =>
        [
          to === undefined ? 'default' : `${to.address}/${to.prefix}`,
          `via ${gateway}`,
          ...(metric === undefined ? [] : [`metric ${metric}`]),
        ].join(' '),
      )
      .join('\n'),
    mtu: text(link.mtu),
    mac: text(link.mac),
    stp: bridge?.stp ?? false,
    delay: text(bridge?.delay),
    vlanAware: bridge?.vlanAware !== undefined,
    vlans: (bridge?.vlanAware?.vlans ?? [])
      .map((v) => (v.from === v.to ? `${v.from}` : `${v.from}-${v.to}`))
      .join(', '),
    device: text(vlan?.device),
    id: text(vlan?.id),
    mode: bond?.mode ?? 'active-backup',
    primary: text(bond?.primary),
    miimon: text(bond?.miimon),
    lacpRate: text(bond?.lacpRate),
    hashPolicy: text(bond?.hashPolicy),
    user: text(tap?.user),
    group: text(tap?.group),
    multiQueue: tap?.multiQueue === true,
    vnetHdr: tap?.vnetHdr === true,
    bridge: text(tap?.bridge),
    tapVlan: vlanText(tap?.vlan),
    keepVlans: tap?.keepVlans === true,
    adopted: link.adopted === true,
  };
}

const lines = (all: string): readonly string[] =>
  all
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '');
const number = (typed: string): number => (/^\d{1,10}$/.test(typed.trim()) ? Number(typed) : Number.NaN);
const optional = (typed: string) => (typed.trim() === '' ? undefined : typed.trim());
const optionalNumber = (typed: string) => (typed.trim() === '' ? undefined : number(typed));

function cidr(typed: string) {
  const [address = '', prefix, ...more] = typed.split('/');
  const usual = address.includes(':') ? 128 : 32;
  return { address, prefix: more.length > 0 ? Number.NaN : prefix === undefined ? usual : number(prefix) };
}

/** `default via 192.0.2.1 metric 100`, as `ip route` prints it. */
function route(line: string) {
  const [to = '', ...words] = line.split(/\s+/);
  const after = (word: string) => words[words.indexOf(word) + 1];
  const gateway = words.includes('via') ? after('via') : undefined;
  const metric = words.includes('metric') ? after('metric') : undefined;
  return {
    ...(to === 'default' ? {} : { to: cidr(to) }),
    gateway: gateway ?? '',
    ...(metric === undefined ? {} : { metric: number(metric) }),
  };
}

function vlanRange(typed: string) {
  const [from = '', to, ...more] = typed.split('-');
  return { from: number(from), to: more.length > 0 ? Number.NaN : number(to ?? from) };
}

/** Null stands for an empty list: there is one way to say that there is none. */
const listOf = <T>(all: readonly T[]): readonly T[] | undefined => (all.length === 0 ? undefined : all);

/** `10` is an access port; anything more is a trunk: `10 native, 20` or, with its native packets tagged, `10 native tagged`. */
function vlanText(vlan: Vlan | undefined): string {
  if (vlan === undefined) return '';
  const words = { tagged: ' native tagged', untagged: ' native' } as const;
  const all = vlan.tags.map((t) => `${t.id}${t.nativeMode === undefined ? '' : words[t.nativeMode]}`);
  return vlan.trunk && all.length === 1 && !all[0]?.includes(' ') ? `${all[0]} tagged` : all.join(', ');
}

function vlanOf(typed: string) {
  const all = typed.split(',').map((t) => t.trim().split(/\s+/));
  const [first] = all;
  if (typed.trim() === '') return undefined;
  if (all.length === 1 && first?.length === 1) return { tags: [{ id: number(first[0] ?? '') }] };
  return {
    trunk: true,
    tags: all.map(([id = '', ...words]) => ({
      id: number(id),
      ...(words.includes('native') ? { nativeMode: words.includes('tagged') ? 'tagged' : 'untagged' } : {}),
    })),
  };
}

/** What the fields mean, before it is parsed. What has no field here stays as it was. */
export function toLinkInput(v: LinkValues, opened: HostLink): unknown {
  const common = {
    name: v.name.trim(),
    adopted: v.adopted ? true : undefined,
    mtu: optionalNumber(v.mtu),
    mac: optional(v.mac),
    addresses: listOf(lines(v.addresses).map(cidr)),
    routes: listOf(lines(v.routes).map(route)),
  };
  if (opened.kind === 'bridge')
    return {
      ...{ ...opened, ...common, uplinks: listOf(v.ports), stp: v.stp, delay: optionalNumber(v.delay) },
      vlanAware: v.vlanAware
        ? {
            vlans: v.vlans
              .split(',')
              .map((r) => r.trim())
              .filter((r) => r !== '')
              .map(vlanRange),
          }
        : undefined,
    };
  if (opened.kind === 'vlan') return { ...opened, ...common, device: v.device.trim(), id: number(v.id) };
  if (opened.kind === 'tap')
    return {
      ...{ ...opened, ...common, user: optional(v.user), group: optional(v.group) },
      ...{ multiQueue: v.multiQueue || undefined, vnetHdr: v.vnetHdr || undefined },
      ...{ bridge: optional(v.bridge), vlan: vlanOf(v.tapVlan), keepVlans: v.keepVlans || undefined },
    };
  return {
    ...{ ...opened, ...common, members: v.ports, mode: v.mode, primary: optional(v.primary) },
    ...{
      miimon: optionalNumber(v.miimon),
      lacpRate: optional(v.lacpRate),
      hashPolicy: optional(v.hashPolicy),
    },
  };
}

/** The field that shows a problem: lists are one field each. */
export function linkField(path: Problem['path']): string {
  const [first = ''] = path;
  if (first === 'uplinks' || first === 'members') return 'ports';
  if (first === 'vlanAware') return 'vlans';
  if (first === 'vlan') return 'tapVlan';
  return String(first);
}

/** The first sentence for each field. */
export function byLinkField(problems: readonly Problem[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const p of problems) {
    const field = linkField(p.path);
    const message = p.code === 'MALFORMED' ? p.message.replace(/^[^:]*: /, '') : p.message;
    if (!found.has(field)) found.set(field, message);
  }
  return found;
}

export type CheckedLink = {
  /** Null when something is wrong. */
  readonly link: HostLink | null;
  readonly problems: readonly Problem[];
};

/** The same schema and the same checks that the server and the agent use. */
export function checkLinkValues(input: unknown, context: CheckContext): CheckedLink {
  const parsed = parseLink(input);
  if (!parsed.ok) return { link: null, problems: parsed.error.problems ?? [] };
  const problems = checkLink(parsed.value, context);
  return { link: problems.length === 0 ? parsed.value : null, problems };
}
