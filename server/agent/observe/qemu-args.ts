import { z } from 'zod';
import { parseJson } from '@/server/core/wire';

/* What a QEMU was told about its NICs, from its command line: as libvirt writes it (JSON), as people do, and as in old times. */

export type QemuNicArgs = {
  readonly mac: string | null;
  /** Of the tap it opened by name. */
  readonly ifname: string | null;
  /** Numbers of the descriptors that it was handed. */
  readonly fds: readonly number[];
};
export type QemuArgs = { readonly name: string | null; readonly nics: readonly QemuNicArgs[] };

type Options = Readonly<Record<string, string>>;

const Json = z.record(z.string(), z.unknown());

/** `a,b=c,,d` has the leading word `a` under this name, and `b` with the value `c,d`. JSON objects are taken as they are. */
function optionsOf(word: string, leading: string): Options {
  if (word.startsWith('{')) {
    const parsed = Json.safeParse(parseJson(word));
    return parsed.success
      ? Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [name, String(value)]))
      : {};
  }
  const parts = word.replaceAll(',,', '\0').split(',');
  return Object.fromEntries(
    parts.map((part, i) => {
      const at = part.indexOf('=');
      const [name, value] =
        at >= 0 ? [part.slice(0, at), part.slice(at + 1)] : i === 0 ? [leading, part] : [part, 'on'];
      return [name, value.replaceAll('\0', ',')];
    }),
  );
}

/** The values of an option that may be given several times. */
const valuesOf = (argv: readonly string[], option: string): readonly string[] =>
  argv.flatMap((word, i) => (word === option || word === `-${option}` ? (argv[i + 1] ?? []) : []));

function netdevOf({ ifname, fd, fds }: Options): Omit<QemuNicArgs, 'mac'> {
  const numbers = (fds?.split(':') ?? [fd ?? '']).filter(Boolean).map(Number).filter(Number.isInteger);
  return { ifname: ifname ?? null, fds: numbers };
}

/** Never fails: what is not understood is not there. */
export function parseQemuArgs(argv: readonly string[]): QemuArgs {
  const [first] = valuesOf(argv, '-name').map((word) => optionsOf(word, 'guest'));
  const netdevs = new Map(
    valuesOf(argv, '-netdev').map((word) => {
      const options = optionsOf(word, 'type');
      return [options.id ?? '', options] as const;
    }),
  );
  const cards = valuesOf(argv, '-device')
    .map((word) => optionsOf(word, 'driver'))
    .flatMap(({ netdev, mac }) => {
      const behind = netdev === undefined ? undefined : netdevs.get(netdev);
      return behind === undefined ? [] : [{ mac: mac ?? null, ...netdevOf(behind) }];
    });
  const short = valuesOf(argv, '-nic')
    .map((word) => optionsOf(word, 'type'))
    .map((options) => ({ mac: options.mac ?? null, ...netdevOf(options) }));
  return { name: first?.guest ?? null, nics: [...cards, ...short] };
}
