import type { IfName } from '@/server/core/ids';
import type { Flow, Reading } from '@/server/core/openqa/facts';
import { fail, ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { isInstalled } from './installed';
import { whyNot } from './reading';

/** A rule on a line; before them versions up to 3 print a heading. */
const RULE =
  /^\s*cookie=\S+, duration=\S+, table=(\d+), n_packets=(\d+), n_bytes=\d+, (?:(?:idle_age|hard_age|idle_timeout|hard_timeout|importance)=\d+, |reset_counts )*(.+)$/;

/** What `ovs-ofctl dump-flows` prints. */
export function parseFlows(text: string): Result<Flow[]> {
  const flows: Flow[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || /^(NXST|OFPST)_FLOW reply/.test(line)) continue;
    const [, table, packets, rule] = RULE.exec(line) ?? [];
    if (table === undefined || packets === undefined || rule === undefined)
      return fail('NOT_UNDERSTOOD', `a line of ovs-ofctl cannot be understood: ${line.trim().slice(0, 200)}`);
    flows.push({ table: Number(table), packets: Number(packets), rule });
  }
  return ok(flows);
}

/** The rules of a bridge, asked of the switch itself: its database does not have them. */
export async function observeFlows(bridge: IfName): Promise<Reading['flows']> {
  const argv = ['ovs-ofctl', '--timeout=3', 'dump-flows', bridge];
  const command = commandLine(argv);
  if (!isInstalled('ovs-ofctl')) return { known: false, command, why: 'Open vSwitch is not installed' };
  const ran = await run(argv, { timeout: 4_000 });
  if (!ran.ok) return { known: false, command, why: whyNot(ran.error, 'the rules of Open vSwitch') };
  const flows = parseFlows(ran.value.stdout);
  return flows.ok
    ? { known: true, command, value: flows.value }
    : { known: false, command, why: flows.error.message };
}
