import { items, type Observed } from '../observed';
import { answerTo, type Check, type Flow, type PoolFacts } from './facts';
import { counted, inUse, type SeenPool, seatWords } from './seats';

const SERVICE = 'os-autoinst-openvswitch';
const RESTART = `systemctl restart ${SERVICE}`;

const unread = (why: string): readonly string[] => [`The rules cannot be read: ${why.replace(/\.?$/, '.')}`];
/** What the service learns there leads answers of the host back to the guest that asked. */
const learns = ({ table, rule }: Flow) => table === 0 && rule.includes('learn(table=1');
const leadsThere = ({ table, rule }: Flow) => table === 0 && rule.includes('resubmit(,1)');

/** Are the rules of os-autoinst-openvswitch there, and are they for this bridge as it is? */
export function checkFlows({ bridge }: SeenPool, observed: Observed, { after }: PoolFacts): Check {
  const { name } = bridge;
  const answer = answerTo({
    ...{ id: 'flows', title: `${SERVICE} has put its rules`, command: `ovs-ofctl dump-flows ${name}` },
  });
  if (!after.flows.known) return answer('unknown', unread(after.flows.why));
  const flows = after.flows.value;
  const missing = !flows.some(learns)
    ? `no rules of ${SERVICE}`
    : flows.some(leadsThere)
      ? null
      : 'no rule that leads answers to table 1';
  if (missing !== null)
    return answer('fault', [
      `${name} has ${missing}: guests do not reach the host. Does the service run? ${RESTART}`,
    ]);
  const link = items(observed.links).find((l) => l.name === name);
  const stale = [
    ...strayValues(
      'arp_tpa',
      flows,
      link?.addresses.filter((a) => a.family === 4).map((a) => a.address),
    ),
    ...strayValues('dl_dst', flows, link?.mac == null ? undefined : [link.mac]),
  ].map((words) => `${words}. The service sets its rules when it starts: ${RESTART}`);
  if (stale.length > 0) return answer('fault', stale);
  return answer('ok', [
    `${counted(flows.filter((f) => f.table === 0).length, 'rule')} in table 0 of ${name}.`,
  ]);
}

/** Values of a field in the rules that are not those of the bridge. */
function strayValues(
  field: 'arp_tpa' | 'dl_dst',
  flows: readonly Flow[],
  is: readonly string[] | undefined,
): readonly string[] {
  if (is === undefined || is.length === 0) return [];
  const values = flows
    .filter((f) => f.table === 0)
    .flatMap((f) => new RegExp(`\\b${field}=([0-9a-f.:]+)`).exec(f.rule)?.[1] ?? []);
  return [...new Set(values)]
    .filter((v) => !is.includes(v))
    .map((v) => `Rules are for ${v}, and the bridge has ${is.join(', ')}`);
}

/** Has anything that guests sent reached the host? */
export function checkHost({ bridge, seats }: SeenPool, { after }: PoolFacts): Check {
  const answer = answerTo({
    ...{ id: 'host', title: 'Guests reach the host', command: `ovs-ofctl dump-flows ${bridge.name} table=1` },
  });
  if (!after.flows.known) return answer('unknown', unread(after.flows.why));
  const rules = after.flows.value.filter((f) => f.table === 1);
  const packets = rules.reduce((sum, f) => sum + f.packets, 0);
  if (packets > 0)
    return answer('ok', [
      `${counted(packets, 'packet')} went back to guests by ${counted(rules.length, 'rule')} in table 1.`,
    ]);
  if (!seats.some(inUse)) return answer('unknown', ['No job runs: there is nobody who could.']);
  return answer('fault', [
    rules.length === 0
      ? 'Table 1 has no rules: nothing that guests sent to the host has come through their taps.'
      : 'No rule in table 1 has counted a packet: what the host answers does not go back to the guests.',
  ]);
}

/** Do the counters of taps in use move? */
export function checkCounters({ seats, bridge }: SeenPool, { before, after, seconds }: PoolFacts): Check {
  const used = seats.filter((s) => s.port !== undefined && inUse(s));
  const [first] = used;
  const answer = answerTo({
    ...{ id: 'counters', title: 'Taps in use carry packets' },
    command: first === undefined ? `ovs-ofctl dump-ports ${bridge.name}` : `ip -s link show ${first.tap}`,
  });
  if (first === undefined) return answer('unknown', ['No job runs: no tap is in use.']);
  if (!before.counts.known || !after.counts.known)
    return answer('unknown', ['The counters of interfaces cannot be read.']);
  const [then, now] = [before.counts.value, after.counts.value];
  const silent = used.filter((s) => (now[s.tap]?.rx ?? 0) === 0);
  if (silent.length > 0)
    return answer(
      'fault',
      silent.map((s) => `Nothing has ever come from the guest at ${seatWords(s)}.`),
    );
  const still = used.filter((s) => now[s.tap]?.rx === then[s.tap]?.rx && now[s.tap]?.tx === then[s.tap]?.tx);
  if (still.length > 0)
    return answer(
      'unknown',
      still.map(
        (s) =>
          `${seatWords(s)} carried packets before, and none within ${seconds} s: its guest may have had nothing to say.`,
      ),
    );
  return answer('ok', [`${used.map((s) => s.tap).join(', ')} carried packets within ${seconds} s.`]);
}
