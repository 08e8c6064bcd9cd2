import { run } from '@/server/agent/exec';
import { Network } from '@/server/core/kinds/network';
import { change, hostIn, must, NOTHING, timed } from './inside';

/*
 * Runs in namespaces of its own, on a kernel with VLAN filtering: a change gives many ports of a Linux bridge another
 * VLAN, against as many single commands. Arguments: folder, ports. Prints one JSON value.
 */

const [folder = '', ports = '500'] = process.argv.slice(2);
const taps = Array.from({ length: Number(ports) }, (_, i) => `tap${i}`);
const inVlan = (id: number) => ({
  ...NOTHING,
  networks: [
    Network.parse({
      ...{ kind: 'network', name: 'fabric', forward: { mode: 'none' }, subnets: [] },
      bridge: { name: 'br0', stp: false },
      portgroups: [{ name: 'guests', vlan: { tags: [{ id }] } }],
    }),
  ],
});

await must('mount', '-t', 'tmpfs', 'run', '/run');
await must('ip', 'link', 'set', 'dev', 'lo', 'up');
const host = await hostIn(`${folder}/run`);
await change(host, inVlan(10));
const lines = taps.flatMap((tap) => [
  `tuntap add dev ${tap} mode tap`,
  `link set dev ${tap} alias patchbay:port:fabric:guests master br0`,
]);
const plugged = await run(['ip', '-batch', '-'], { stdin: `${lines.join('\n')}\n`, timeout: 600_000 });
if (!plugged.ok) throw new Error(plugged.error.detail ?? plugged.error.message);
await change(host, inVlan(10));
const one = await change(host, inVlan(20));
const single = await timed(async () => {
  for (const tap of taps) {
    await must('bridge', 'vlan', 'add', 'dev', tap, 'vid', '30', 'pvid', 'untagged');
    await must('bridge', 'vlan', 'del', 'dev', tap, 'vid', '20');
  }
});
const whole = one.read + one.plan + one.apply + one.verify;
process.stdout.write(
  JSON.stringify({ apply: Math.round(one.apply), whole: Math.round(whole), single: Math.round(single) }),
);
