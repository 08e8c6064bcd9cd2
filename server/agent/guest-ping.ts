import { z } from 'zod';
import type { PingResult } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { commandLine, run } from './exec';
import { INTERNET, OUTSIDE } from './lab-inside';

const PACKETS = 3;

/** Who can be pinged by name: namespaces, which are asked, and others with the addresses that are known of them. */
export type Pingable = {
  readonly namespaces: readonly string[];
  readonly others: ReadonlyMap<string, readonly string[]>;
};

/** Pings from a guest's namespace (or `outside`) to a guest by name, `outside` or an address. */
export async function pingFrom(from: string, to: string, guests: Pingable): Promise<Result<PingResult>> {
  const address = await addressOf(to, guests);
  if (!address.ok) return address;
  const system = await run(['ping', '-V']);
  // iputils takes an interval below a second; busybox 1.35 does not know fractions everywhere.
  const ping = system.ok ? ['ping', '-i', '0.3'] : ['busybox', 'ping'];
  const argv = [
    'ip',
    'netns',
    'exec',
    from,
    ...ping,
    '-c',
    String(PACKETS),
    '-W',
    '1',
    '-w',
    '5',
    address.value,
  ];
  const ran = await run(argv);
  // Nothing came back, or there is no way there: that is an answer too.
  if (!ran.ok && ran.error.code !== 'TOOL_FAILED') return ran;
  const output = ran.ok ? ran.value.stdout : (ran.error.detail ?? ran.error.message);
  return ok({ from, to, ...parsePing(output), command: commandLine(argv), output });
}

/** Both iputils' and busybox' words. */
export function parsePing(output: string): Pick<PingResult, 'sent' | 'received' | 'averageMs'> {
  const count = /(\d+) packets transmitted, (\d+)(?: packets)? received/.exec(output);
  const times = /min\/avg\/max(?:\/mdev)? = [\d.]+\/([\d.]+)\//.exec(output);
  return {
    sent: Number(count?.[1] ?? 0),
    received: Number(count?.[2] ?? 0),
    averageMs: times ? Number(times[1]) : null,
  };
}

const Addresses = z.array(
  z.object({
    addr_info: z.array(
      z.object({ local: z.string().optional(), scope: z.string(), tentative: z.boolean().optional() }),
    ),
  }),
);

export async function addressOf(to: string, { namespaces, others }: Pingable): Promise<Result<string>> {
  if (to === OUTSIDE) return ok(INTERNET.v4);
  const known = others.get(to);
  if (known !== undefined) return known[0] === undefined ? noAddress(to) : ok(known[0]);
  if (!namespaces.includes(to)) {
    // The input's schema allows names and addresses; a name without dot or colon is meant as a guest's.
    if (/[.:]/.test(to)) return ok(to);
    return fail('NO_SUCH_GUEST', `There is no guest ${to} in this lab.`);
  }
  const ran = await run(['ip', '-n', to, '-j', 'address', 'show', 'dev', 'eth0']);
  if (!ran.ok) return ran;
  const parsed = Addresses.safeParse(parseJson(ran.value.stdout));
  const infos = parsed.success ? parsed.data.flatMap((l) => l.addr_info) : [];
  const global = infos.flatMap((i) =>
    i.scope === 'global' && i.tentative !== true && i.local ? [i.local] : [],
  );
  const best = global.find((a) => !a.includes(':')) ?? global[0];
  return best === undefined ? noAddress(to) : ok(best);
}

const noAddress = (guest: string) => fail('NO_ADDRESS', `Guest ${guest} has no address yet.`);
