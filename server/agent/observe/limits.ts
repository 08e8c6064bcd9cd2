import {
  type DeviceLimits,
  type Fact,
  type HtbClass,
  type HtbFilter,
  items,
  type Qdisc,
} from '@/server/core/observed';
import { commandLine, run } from '../exec';
import { keyed, known, unknown, whyNot } from './reading';

/*
 * How devices are limited. Of HTB's classes and of policers `tc` prints text alone, also where it is asked for JSON, and
 * names no device: one process is asked for all, and each device's part begins with its qdiscs, whose number is known.
 */

const ARGV = ['tc', '-batch', '-'] as const;
/** A device that goes while it is asked for is asked for once more. */
const TRIES = 2;

/** Devices with something that may be a limit, each with its qdiscs. */
function limited(qdiscs: readonly Qdisc[]): ReadonlyMap<string, readonly Qdisc[]> {
  const may = new Set(qdiscs.flatMap((q) => (q.kind === 'htb' || q.kind === 'ingress' ? [q.device] : [])));
  return new Map([...may].map((device) => [device, qdiscs.filter((q) => q.device === device)]));
}

/** Has it classes that packets are sorted into? Of what has no such handle, `tc` tells nothing but an error. */
const sorts = (qdiscs: readonly Qdisc[]) =>
  qdiscs.some((q) => q.kind === 'htb' && q.parent === 'root' && q.handle === '1:');

/** By device what it is asked for: each answer begins with its qdiscs. */
function questionsFor(devices: ReadonlyMap<string, readonly Qdisc[]>): ReadonlyMap<string, Question> {
  return new Map(
    [...devices].flatMap(([device, qdiscs]): [string, Question][] => [
      [device, { device, qdiscs, asked: ['class show', 'filter show'], parent: ' parent ffff:' }],
      ...(sorts(qdiscs)
        ? [
            [`${device} root`, { device, qdiscs, asked: ['filter show'], parent: ' parent 1:' }] as [
              string,
              Question,
            ],
          ]
        : []),
    ]),
  );
}
type Question = {
  readonly device: string;
  readonly qdiscs: readonly Qdisc[];
  readonly asked: readonly string[];
  readonly parent: string;
};

/** What follows the qdiscs of each device, by lines; null where the text is not what was asked for. */
function partsOf(
  text: string,
  devices: ReadonlyMap<string, Question>,
): ReadonlyMap<string, readonly string[]> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const parts = new Map<string, readonly string[]>();
  let at = 0;
  for (const [device, { qdiscs }] of devices) {
    for (const _ of qdiscs) if (!lines[at++]?.startsWith('qdisc ')) return null;
    const begin = at;
    while (at < lines.length && !lines[at]?.startsWith('qdisc ')) at += 1;
    parts.set(device, lines.slice(begin, at));
  }
  return at === lines.length ? parts : null;
}

const POWERS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const SIZES: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `8Mbit` in bytes per second; `16bit`. NaN for anything else. */
export function tcRate(text: string): number {
  const [, number = '', power = ''] = /^([\d.]+)([KMGT]?)bit$/.exec(text) ?? [];
  return (Number(number || Number.NaN) * (POWERS[power] ?? Number.NaN)) / 8;
}

/** `1600b`, `1Mb` in bytes. NaN for anything else. */
export function tcSize(text: string): number {
  const [, number = '', power = ''] = /^([\d.e+]+)([KMG]?)b$/.exec(text) ?? [];
  return Number(number || Number.NaN) * (SIZES[power] ?? Number.NaN);
}

const CLASS = /^class htb (\S+) (root|parent (\S+)) .*\brate (\S+) ceil (\S+) burst (\S+) cburst /;
const POLICE = /^\s*(?:action order \d+: )?police \S+ rate (\S+) burst (\S+) /;
const REDIRECT = /^\s*action order \d+: mirred \(Egress Redirect to device (\S+)\)/;

/** Of one device, from its qdiscs and what followed them. */
export function toLimits(
  qdiscs: readonly Qdisc[],
  lines: readonly string[],
  sorting: readonly string[] = [],
): DeviceLimits {
  const root = qdiscs.find((q) => q.kind === 'htb' && q.parent === 'root');
  const classes = lines.flatMap((line): HtbClass[] => {
    const [, id = '', where, parent = '', rate = '', ceil = '', burst = ''] = CLASS.exec(line) ?? [];
    if (where === undefined) return [];
    const at = where === 'root' ? 'root' : parent;
    return [{ id, parent: at, rate: tcRate(rate), ceil: tcRate(ceil), burst: tcSize(burst) }];
  });
  const filters = toFilters(sorting);
  const [sent, received] = [
    root === undefined
      ? null
      : {
          ...{
            handle: root.handle,
            otherwise: Number(root.options.default ?? 0),
            classes: classes.sort(byId),
          },
          ...(filters.length === 0 ? {} : { filters }),
        },
    qdiscs.some((q) => q.kind === 'ingress') ? toReceived(lines) : null,
  ];
  return { sent, received };
}

const byId = (a: HtbClass, b: HtbClass) => (a.id < b.id ? -1 : 1);

const FILTER = /^filter (?:parent \S+ )?protocol (\S+) pref (\d+) (\S+) /;
const HALVES = /^ {2}match 0000(\S{4})\/0000ffff at -16\n {2}match (\S{8})\/ffffffff at -12$/;

/** Filters that send something to a class; what comes after a filter's line is what it looks at. */
function toFilters(lines: readonly string[]): HtbFilter[] {
  return lines.flatMap((line, i): HtbFilter[] => {
    const [, protocol, n = '', kind] = FILTER.exec(line) ?? [];
    const [, to] = /\b(?:flowid|classid) (\S+)/.exec(line) ?? [];
    if (n === '' || to === undefined) return [];
    const next = lines.findIndex((other, at) => at > i && FILTER.test(other));
    const looks = lines.slice(i + 1, next < 0 ? undefined : next).map((l) => l.trimEnd());
    const [, high = '', low = ''] = HALVES.exec(looks.join('\n')) ?? [];
    const octets = kind === 'u32' && protocol === 'all' ? `${high}${low}`.match(/../g) : null;
    return [{ n: Number(n), to, mac: octets?.join(':') ?? null }];
  });
}

function toReceived(lines: readonly string[]): DeviceLimits['received'] {
  const filters = lines.filter(
    (line) => / fh \S+::/.test(line) || (/^filter /.test(line) && !/ u32 /.test(line)),
  );
  if (filters.length === 0) return null;
  if (filters.length > 1) return { by: 'something else' };
  for (const line of lines) {
    const [, rate, burst = ''] = POLICE.exec(line) ?? [];
    if (rate !== undefined) return { by: 'police', rate: tcRate(rate), burst: tcSize(burst) };
    const [, to] = REDIRECT.exec(line) ?? [];
    if (to !== undefined) return { by: 'redirect', to };
  }
  return { by: 'something else' };
}

/** Asks nothing where no device can be limited. */
export async function observeLimits(qdiscs: () => Promise<Fact<Qdisc>>): Promise<Fact<DeviceLimits>> {
  const command = commandLine(ARGV);
  let why = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const all = await qdiscs();
    if (!all.known) return unknown(all.command, all.why);
    const devices = limited(items(all));
    if (devices.size === 0) return known(command, {});
    const questions = questionsFor(devices);
    const stdin = [...questions.values()]
      .flatMap(({ device, asked, parent }) =>
        ['qdisc show', ...asked].map(
          (what) => `${what} dev ${device}${what.startsWith('filter') ? parent : ''}\n`,
        ),
      )
      .join('');
    const ran = await run(ARGV, { stdin });
    const parts = ran.ok ? partsOf(ran.value.stdout, questions) : null;
    if (parts !== null)
      return known(
        command,
        keyed(
          [...devices].map(
            ([device, own]) =>
              [device, toLimits(own, parts.get(device) ?? [], parts.get(`${device} root`))] as const,
          ),
        ),
      );
    why = ran.ok ? 'what it printed does not fit the queueing disciplines' : whyNot(ran.error, 'limits');
  }
  return unknown(command, why);
}
