import { run } from '@/server/agent/exec';
import { NOTHING } from '@/server/core/change';
import { HostLink } from '@/server/core/kinds/link';
import { change, hostIn, must, timed } from './inside';

/*
 * Runs in namespaces of its own, with a bridge: a change makes many taps and plugs them in, or `ip -batch` does the same.
 * Arguments: folder, taps, `change` or `batch`. Prints one JSON value.
 */

const [folder = '', count = '1000', how = 'change'] = process.argv.slice(2);
const taps = Array.from({ length: Number(count) }, (_, i) => `tap${i}`);
const bridge = HostLink.parse({ kind: 'bridge', name: 'br0', stp: false });
const without = { ...NOTHING, links: [bridge] };
const desired = {
  ...NOTHING,
  links: [bridge, ...taps.map((name) => HostLink.parse({ kind: 'tap', name, bridge: 'br0' }))],
};

await must('mount', '-t', 'tmpfs', 'run', '/run');
await must('ip', 'link', 'set', 'dev', 'lo', 'up');
const lines = (name: string) => [
  `tuntap add dev ${name} mode tap`,
  `link set dev ${name} alias patchbay-link:tap:${name}`,
  `link set dev ${name} up`,
  `link set dev ${name} master br0`,
];
const batch = async (all: readonly string[]) => {
  const ran = await run(['ip', '-batch', '-'], { stdin: `${all.join('\n')}\n`, timeout: 600_000 });
  if (!ran.ok) throw new Error(ran.error.detail ?? ran.error.message);
};
const host = await hostIn(`${folder}/run`);
await change(host, without);
const print = (figures: Readonly<Record<string, number>>) =>
  process.stdout.write(
    JSON.stringify(Object.fromEntries(Object.entries(figures).map(([k, v]) => [k, Math.round(v)]))),
  );
if (how === 'batch') print({ single: await timed(() => batch(taps.flatMap(lines))) });
else {
  const { read, plan, apply, verify } = await change(host, desired);
  print({ apply, whole: read + plan + apply + verify });
}
