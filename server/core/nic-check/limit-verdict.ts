import { bitRate } from '../bit-rate';
import type { WayLimit } from '../limits-on-way';
import { burstHolds, CLOSE, rateHolds } from './limit-figures';

/** What one direction came to; `way` as the guest feels it. Bytes, and bytes per second as the limit counts them. */
export type WayFigures = {
  readonly way: 'inbound' | 'outbound';
  readonly limits: readonly WayLimit[];
  readonly tcp: number;
  readonly again: number;
  readonly udp: { readonly rate: number; readonly sent: number; readonly lost: number } | null;
  readonly burst: number | null;
};

type Judged = { readonly ok: boolean; readonly words: string; readonly details: readonly string[] };

const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
const DOES = { inbound: 'gets', outbound: 'sends' } as const;

/** Whichever was faster: TCP may have reasons of its own to be slow, and a busy machine sends datagrams late. */
const reached = ({ udp, tcp }: WayFigures): number => Math.max(tcp, udp?.rate ?? 0);

function judge(figures: WayFigures): Judged {
  const { way, limits, tcp, again, udp, burst } = figures;
  const [limit] = limits;
  const does = DOES[way];
  const at = reached(figures);
  const counted = [
    ...(udp === null
      ? []
      : [`${way} over UDP: ${bitRate(udp.rate)}, ${udp.lost} of ${udp.sent} datagrams did not arrive`]),
    `${way} over TCP: ${bitRate(tcp)}, ${again} segments sent again`,
  ];
  if (limit === undefined) return { ok: at > 0, words: `${does} ${bitRate(at)}`, details: counted };
  const holds = rateHolds(at, limit.rate);
  const burstOk = burst === null || limit.burst === null || burstHolds(burst, limit.burst);
  const off =
    !holds || burst === null || limit.burst === null || burstOk
      ? ''
      : `, though with a burst of ${kib(burst)} instead of ${kib(limit.burst)}`;
  return {
    ok: holds && burstOk,
    words: `${does} ${bitRate(at)} of ${bitRate(limit.rate)}${off}`,
    details: [...counted, ...burstLine(figures, limit), ...limits.map((l) => limitLine(way, l))],
  };
}

function burstLine({ way, burst }: WayFigures, limit: WayLimit): readonly string[] {
  if (limit.burst === null) return [];
  return burst === null
    ? [`${way} burst: ${kib(limit.burst)} could not be tried, it takes too long to fill and to empty`]
    : [`${way} burst: ${kib(burst)} of ${kib(limit.burst)} went through beyond the average`];
}

const HOW = {
  queue: 'by a queue',
  redirect: 'by a queue behind an ifb device',
  police: 'by a policer',
} as const;

function limitLine(way: WayFigures['way'], { device, of, rate, peak, by, designed }: WayLimit): string {
  const most = peak !== null && peak > rate ? `, peak ${bitRate(peak)}` : '';
  const said = designed ? '' : ', which no design of Patchbay says';
  return `${way} limit: ${device} ${of === 'sent' ? 'sends' : 'takes'} at most ${bitRate(rate)}${most} (${HOW[by]})${said}`;
}

/** Of TCP that stays below what UDP has shown to be let through. */
function slowTcp({ way, udp, tcp, limits }: WayFigures): readonly string[] {
  const [limit] = limits;
  if (limit === undefined || udp === null || tcp > udp.rate || tcp >= limit.rate * (1 - CLOSE.rate))
    return [];
  const why = limit.by === 'police' ? ': a policer drops what does not fit its bucket' : '';
  return [`${way}: TCP reaches only ${Math.round((tcp / limit.rate) * 100)} % of it${why}`];
}

export type LimitVerdict = {
  readonly verdict: 'ok' | 'fault';
  readonly sentence: string;
  readonly details: readonly string[];
};

/** Of both directions of a guest. */
export function limitVerdict(guest: string, ways: readonly WayFigures[]): LimitVerdict {
  const judged = ways.map((figures) => ({ figures, ...judge(figures) }));
  const limited = judged.filter(({ figures }) => figures.limits.length > 0);
  const good = judged.every((j) => j.ok);
  const words = judged
    .map((j) => (limited.length > 0 && !limited.includes(j) ? `${j.words} without a limit` : j.words))
    .join(' and ');
  const many = limited.length > 1;
  const end =
    limited.length === 0
      ? ': nothing limits it'
      : limited.every((j) => j.ok)
        ? `: the ${many ? 'limits hold' : 'limit holds'}`
        : `: ${endOf(limited)}`;
  return {
    verdict: good ? 'ok' : 'fault',
    sentence: `${guest} ${words}${end}.`,
    details: judged.flatMap((j) => [...j.details, ...slowTcp(j.figures)]),
  };
}

function endOf(limited: readonly (Judged & { readonly figures: WayFigures })[]): string {
  const wrong = limited.filter((j) => !j.ok);
  const over = wrong.some(({ figures: f }) =>
    f.limits.slice(0, 1).some((l) => reached(f) > l.rate * (1 + CLOSE.rate)),
  );
  const under = wrong.some(({ figures: f }) =>
    f.limits.slice(0, 1).some((l) => reached(f) < l.rate * (1 - CLOSE.rate)),
  );
  const which = limited.length > 1 && wrong.length === 1 ? `the ${wrong[0]?.figures.way} limit` : 'the limit';
  if (over) return `${which} does not hold`;
  return under ? `${which} is not reached, something else is slower` : `${which} holds, its burst does not`;
}
