import { digest } from './canonical';
import type { Action } from './change';
import { NO_LIMITS, redirectFor } from './compile/limits';
import type { Limits } from './compile/realisation';
import { type DeviceLimits, type HtbClass, type HtbFilter, items, type Observed } from './observed';
import { ovsAt } from './plan-ovs-situation';

/* How a device is limited, as far as it is a way of ours; and the commands from one state to another. */

/** A bridge has one class for all and one for those without a guarantee. */
export type Shape = 'bridge' | 'port';
/** What somebody else set, that we can neither read nor put back: by its kind. */
type Foreign = { readonly foreign: string };
/** `whole`: of a bridge, what all have together. `floors`: what single NICs of it are guaranteed. */
type Sending = NonNullable<Limits['sent']> & {
  readonly shape: Shape;
  readonly whole: Rates | null;
  readonly floors: readonly Floor[];
};
/** A NIC's class, `1:n`; what goes to its MAC address is in it. */
export type Floor = Rates & { readonly n: number; readonly mac: string };
export type Rates = { readonly rate: number; readonly ceil: number };
export type LimitState = {
  readonly sent: Sending | Foreign | null;
  readonly received:
    | (NonNullable<Limits['received']> & { readonly by: 'police' | 'redirect' })
    | Foreign
    | null;
};

/** What the kernel gives a device that nobody gave one. */
export const USUAL = ['noop', 'noqueue', 'pfifo_fast', 'fq_codel', 'fq', 'mq', 'pfifo'];
const OTHERWISE: { readonly [shape in Shape]: number } = { bridge: 2, port: 1 };

export const isForeign = (part: LimitState['sent' | 'received']): part is Foreign =>
  part !== null && 'foreign' in part;

export function limitStateOf(observed: Observed, device: string): LimitState {
  // Limited by its switch, and with it: see plan-limits-ovs.
  if (ovsAt(observed, device) !== undefined) return NO_LIMITS;
  const limits = observed.limits.known ? observed.limits.value[device] : undefined;
  return { sent: sentOf(observed, device, limits), received: receivedOf(observed, device, limits) };
}

function sentOf(observed: Observed, device: string, limits: DeviceLimits | undefined): LimitState['sent'] {
  const root = items(observed.qdiscs).find((q) => q.device === device && q.parent === 'root');
  if (root === undefined || USUAL.includes(root.kind)) return null;
  const { classes, otherwise, handle } = limits?.sent ?? { classes: [], otherwise: 0, handle: '' };
  const shape = otherwise === OTHERWISE.bridge ? 'bridge' : 'port';
  const leaf = classes.find((c) => c.id === `1:${OTHERWISE[shape]}`);
  const usual = shape === 'bridge' ? ['1:1 root', '1:2 1:1'] : ['1:1 root'];
  const others = classes.filter((c) => !usual.includes(`${c.id} ${c.parent}`));
  const floors = floorsOf(others, limits?.sent?.filters ?? []);
  const whole =
    classes.length === usual.length + others.length && (shape === 'bridge' || others.length === 0);
  if (handle !== '1:' || leaf === undefined || !whole || floors === null) return { foreign: root.kind };
  const first = classes.find((c) => c.id === '1:1');
  const all = shape === 'bridge' && first !== undefined ? { rate: first.rate, ceil: first.ceil } : null;
  return { shape, rate: leaf.rate, ceil: leaf.ceil, burst: leaf.burst, whole: all, floors };
}

/** Null where a class is not that of one MAC address: it is somebody else's. */
function floorsOf(classes: readonly HtbClass[], filters: readonly HtbFilter[]): readonly Floor[] | null {
  const floors = classes.flatMap(({ id, parent, rate, ceil }): Floor[] => {
    const [filter, ...more] = filters.filter((f) => f.to === id);
    if (parent !== '1:1' || filter === undefined || filter.mac === null || more.length > 0) return [];
    return id === classId(filter.n) ? [{ n: filter.n, mac: filter.mac, rate, ceil }] : [];
  });
  return floors.length === classes.length ? floors.sort((a, b) => a.n - b.n) : null;
}

/** `tc` counts classes in sixteens. */
const classId = (n: number) => `1:${n.toString(16)}`;

/** What a device shall have, as a state of it. */
export function sendingOf(shape: Shape, sent: Limits['sent'], floors: readonly Floor[] = []): Sending | null {
  if (sent === null) return null;
  const { rate, ceil } = sent;
  return {
    shape,
    ...sent,
    ...restOf(sent, floors),
    whole: shape === 'bridge' ? { rate, ceil } : null,
    floors,
  };
}

/** What is left to those without a guarantee; a class of HTB has some rate. */
const restOf = ({ rate, ceil }: Rates, floors: readonly Floor[]): Rates => ({
  rate: floors.length === 0 ? rate : Math.max(1000, rate - floors.reduce((sum, f) => sum + f.rate, 0)),
  ceil,
});

function receivedOf(
  observed: Observed,
  device: string,
  limits: DeviceLimits | undefined,
): LimitState['received'] {
  const received = limits?.received ?? null;
  if (received === null) return null;
  if (received.by === 'police') return received;
  if (received.by !== 'redirect' || received.to !== redirectFor(device)) return { foreign: received.by };
  const through = sentOf(
    observed,
    received.to,
    observed.limits.known ? observed.limits.value[received.to] : undefined,
  );
  if (through === null || isForeign(through)) return { foreign: 'redirect' };
  return { by: 'redirect', rate: through.rate, burst: through.burst ?? 0 };
}

/** `tc` prints three digits or more. */
export const alike = (a: number, b: number) => Math.abs(a - b) <= Math.max(a, b) / 500;
/** Of sizes it may leave a kilobyte out. */
const alikeSize = (a: number | null, b: number | null) =>
  a === null || b === null || Math.abs(a - b) <= Math.max(1100, Math.max(a, b) / 100);

export function sameSent(a: LimitState['sent'], b: LimitState['sent']): boolean {
  if (a === null || b === null || isForeign(a) || isForeign(b)) return a === b;
  const rates = (x: Rates, y: Rates) => alike(x.rate, y.rate) && alike(x.ceil, y.ceil);
  return (
    a.shape === b.shape &&
    rates(a, b) &&
    rates(a.whole ?? a, b.whole ?? b) &&
    alikeSize(a.burst, b.burst) &&
    sameFloors(a.floors, b.floors)
  );
}

const sameFloor = (a: Floor, b: Floor) =>
  a.n === b.n && a.mac === b.mac && alike(a.rate, b.rate) && alike(a.ceil, b.ceil);
export const sameFloors = (a: readonly Floor[], b: readonly Floor[]): boolean =>
  a.length === b.length && a.every((floor, i) => sameFloor(floor, b[i] ?? { ...floor, n: 0 }));

export function sameReceived(a: LimitState['received'], b: LimitState['received']): boolean {
  if (a === null || b === null || isForeign(a) || isForeign(b)) return a === b;
  return a.by === b.by && alike(a.rate, b.rate) && alikeSize(a.burst, b.burst);
}

const tc = (line: string): Action => ({ do: 'run', tool: 'tc', args: line.split(' ') });
const ip = (line: string): Action => ({ do: 'run', tool: 'ip', args: line.split(' ') });
const rateWord = (rate: number) => (rate % 1000 === 0 ? `${rate / 1000}kbps` : `${Math.round(rate * 8)}bit`);
const sizeWord = (size: number) => (size % 1024 === 0 ? `${size / 1024}kb` : `${Math.round(size)}b`);

type Sent = Exclude<LimitState['sent'], Foreign>;
type Received = Exclude<LimitState['received'], Foreign>;

/**
 * `fair`: the kernel has fair queues. `atOnce`: a burst goes as fast as the link is, as it does past a policer. Classes that are there change while packets go
 * through them.
 */
export function sentActions(
  device: string,
  { from, to }: { readonly from: Sent; readonly to: Sent },
  { fair = false, atOnce = false }: { readonly fair?: boolean; readonly atOnce?: boolean } = {},
): readonly Action[] {
  if (to === null) return from === null ? [] : [tc(`qdisc del dev ${device} root`)];
  const { shape, burst, whole } = to;
  const words = ({ rate, ceil }: Rates) => `htb rate ${rateWord(rate)} ceil ${rateWord(ceil)}`;
  const size = burst === null ? '' : sizeWord(burst);
  const bucket = size === '' ? '' : ` burst ${size}${atOnce ? ` cburst ${size}` : ''}`;
  const verb = from === null ? 'add' : 'change';
  const leaf = `1:${OTHERWISE[shape]}`;
  return [
    ...(from === null ? [tc(`qdisc add dev ${device} root handle 1: htb default ${OTHERWISE[shape]}`)] : []),
    ...(whole === null ? [] : [tc(`class ${verb} dev ${device} parent 1: classid 1:1 ${words(whole)}`)]),
    tc(
      `class ${verb} dev ${device} parent ${shape === 'bridge' ? '1:1' : '1:'} classid ${leaf} ${words(to)}${bucket}`,
    ),
    ...(from === null && fair ? [tc(`qdisc add dev ${device} parent ${leaf} handle 2: sfq perturb 10`)] : []),
    ...floorActions(device, { from: from?.floors ?? [], to: to.floors }, fair),
  ];
}

type Floors = { readonly from: readonly Floor[]; readonly to: readonly Floor[] };

/** By MAC address for all protocols, where libvirt knows IPv4 alone; `u32` counts from the network header. */
function floorActions(device: string, { from, to }: Floors, fair: boolean): readonly Action[] {
  const rates = ({ n, rate, ceil }: Floor) =>
    `dev ${device} parent 1:1 classid ${classId(n)} htb rate ${rateWord(rate)} ceil ${rateWord(ceil)}`;
  const stays = (a: Floor, all: readonly Floor[]) => all.find((b) => b.n === a.n && b.mac === a.mac);
  return [
    ...from
      .filter((f) => stays(f, to) === undefined)
      .flatMap(({ n }) => [
        tc(`filter del dev ${device} parent 1: protocol all pref ${n}`),
        tc(`class del dev ${device} classid ${classId(n)}`),
      ]),
    ...to.flatMap((f) => {
      const was = stays(f, from);
      if (was !== undefined) return sameFloor(was, f) ? [] : [tc(`class change ${rates(f)}`)];
      const digits = f.mac.replaceAll(':', '');
      const match = `match u16 0x${digits.slice(0, 4)} 0xffff at -14 match u32 0x${digits.slice(4)} 0xffffffff at -12`;
      const id = classId(f.n);
      return [
        tc(`class add ${rates(f)}`),
        ...(fair
          ? [tc(`qdisc add dev ${device} parent ${id} handle ${f.n.toString(16)}: sfq perturb 10`)]
          : []),
        tc(`filter add dev ${device} parent 1: protocol all pref ${f.n} u32 ${match} flowid ${id}`),
      ];
    }),
  ];
}

/** The one filter has a place of its own, so that it can be changed at once. */
const FILTER = 'parent ffff: protocol all pref 1 handle 800::800 u32 match u32 0 0';

export function receivedActions(device: string, from: Received, to: Received): readonly Action[] {
  const through = redirectFor(device);
  if (from !== null && to !== null && from.by === to.by)
    return to.by === 'police'
      ? [tc(`filter replace dev ${device} ${FILTER} ${policeWords(to)}`)]
      : sentActions(through, { from: asSent(from), to: asSent(to) }, { atOnce: true });
  const away =
    from === null
      ? []
      : [
          tc(`qdisc del dev ${device} ingress`),
          ...(from.by === 'redirect' ? [ip(`link del dev ${through}`)] : []),
        ];
  if (to === null) return away;
  const ingress = tc(`qdisc replace dev ${device} ingress`);
  const filter = (what: string) => tc(`filter add dev ${device} ${FILTER} ${what}`);
  return [
    ...away,
    ...(to.by === 'police'
      ? [ingress, filter(policeWords(to))]
      : [
          ...makeRedirect(through, asSent(to)),
          ingress,
          filter(`action mirred egress redirect dev ${through}`),
        ]),
  ];
}

/** With a MAC address of its own choice, which is another one each time, it would not be as it was. */
export const makeRedirect = (through: string, sent: Sent): readonly Action[] => [
  ip(`link add name ${through} address 02:${digest(through).slice(0, 10).match(/../g)?.join(':')} type ifb`),
  ip(`link set dev ${through} up`),
  ...sentActions(through, { from: null, to: sent }, { atOnce: true }),
];

const asSent = ({ rate, burst }: NonNullable<Received>): Sent =>
  sendingOf('port', { rate, ceil: rate, burst });
const policeWords = ({ rate, burst }: NonNullable<Received>) =>
  `police rate ${rateWord(rate)} burst ${sizeWord(burst)} mtu 64kb drop flowid :1`;
