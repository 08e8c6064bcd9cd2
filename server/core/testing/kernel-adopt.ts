import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runAction } from '@/server/agent/apply';
import { run } from '@/server/agent/exec';
import { agentFacts, observe } from '@/server/agent/observe';
import { startLibvirt, startOpenVSwitch } from '@/server/agent/testing/services';
import { adopt } from '../adopt';
import { canonical } from '../canonical';
import { type Committed, type Desired, NOTHING, type Plan, Thing } from '../change';
import { commandText } from '../compile/render';
import { HostId } from '../ids';
import { items, type Observed } from '../observed';
import { nothingCommitted, planHost } from '../plan';
import { desiredOf, keyOf, thingsOf } from '../things';
import { verify } from '../verify';

/*
 * Runs inside network namespaces of its own: adopts what was made there by hand, changes it, takes that back, and
 * forgets it. Standard input has the setting, standard output gets what was seen.
 */

const Setting = z.object({
  runDir: z.string(),
  /** Folders of services that really run. */
  libvirt: z.string().optional(),
  ovs: z.string().optional(),
  /** Commands that make what is there. */
  prepare: z.array(z.array(z.string())),
  targets: z.array(z.object({ is: z.enum(['interface', 'network']), name: z.string() })),
  /** Fields that are changed afterwards, by name of the thing. */
  change: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Commands that say how it is; what they print must be the same before and after. */
  probe: z.array(z.array(z.string())),
});
export type AdoptSetting = z.infer<typeof Setting>;

export type AdoptSeen = {
  /** What was adopted, or the sentence why not. */
  readonly designs: readonly unknown[];
  /** Titles of the plans: adopting, changing, changing back, forgetting. */
  readonly plans: Readonly<Record<'adopt' | 'change' | 'back' | 'forget', readonly string[]>>;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
};

const faults: string[] = [];
const setting = Setting.parse(JSON.parse(readFileSync(0, 'utf8')));

/** What the kernel makes by itself, and when it does, says nothing. */
const BY_ITSELF = /fe80:|ff00::|^\s*$/;

async function said(facts: Observed): Promise<string> {
  const all: string[] = items(facts.links).map((l) => {
    const { name, kind, mac, mtu, up, master, alias, bridge, vlan, bond, tap } = l;
    const own = { ...{ name, kind, mac, mtu, up, master, alias, bridge, vlan, tap } };
    return canonical({ ...own, bond: bond === null ? null : { ...bond, activeMember: null } });
  });
  for (const argv of setting.probe) {
    const ran = await run(argv);
    all.push(ran.ok ? ran.value.stdout : `${argv.join(' ')}: ${ran.error.message}`);
  }
  const lines = all.join('\n').replaceAll(' linkdown', '').split('\n');
  return lines.filter((line) => !BY_ITSELF.test(line)).join('\n');
}

async function main(): Promise<AdoptSeen> {
  const libvirt = setting.libvirt === undefined ? null : await startLibvirt(setting.libvirt);
  const ovs = setting.ovs === undefined ? null : await startOpenVSwitch(setting.ovs);
  for (const argv of setting.prepare) {
    const ran = await run(argv.map((word) => word.replace('DATAPATH', ovs?.datapath ?? '')));
    if (!ran.ok) faults.push(`prepare ${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  }
  const { runDir } = setting;
  const agent = await agentFacts({ host: HostId.parse('lab:adopt'), version: 'test', runDir, role: 'lab' });
  const before = await said(await observe(agent));
  let committed: Committed = nothingCommitted(new Date(0).toISOString());
  const titles = async (desired: Desired, carryOut: boolean): Promise<readonly string[]> => {
    const planned = planHost({ observed: await observe(agent), committed, desired });
    if (!planned.ok) {
      faults.push(`refused: ${planned.error.message}`);
      return [];
    }
    notes.push(...planned.value.notes);
    if (carryOut) await carry(planned.value);
    const { left, refused } = verify({ observed: await observe(agent), committed, desired });
    if (refused) faults.push(refused.message);
    faults.push(...left.map((s) => `left over: ${s.title}: ${s.actions.map(commandText).join('; ')}`));
    committed = { ...committed, version: committed.version + 1, desired };
    return planned.value.steps.map((s) => s.title);
  };
  const carry = async ({ steps }: Plan) => {
    for (const action of steps.flatMap((s) => s.actions)) {
      const done = await runAction(action, runDir);
      if (!done.ok) faults.push(`${commandText(action)}: ${done.error.message}`);
    }
  };
  const notes: string[] = [];
  const designs: unknown[] = [];
  let desired: Desired = NOTHING;
  for (const target of setting.targets) {
    const made = adopt(await observe(agent), desired, target);
    designs.push(made.ok ? made.value : made.error.message);
    if (made.ok) desired = desiredOf([...thingsOf(desired), made.value]);
  }
  const adopted = await titles(desired, false);
  const changed = desiredOf(thingsOf(desired).map((t) => Thing.parse({ ...t, ...setting.change[t.name] })));
  const change = await titles(changed, true);
  const back = await titles(desired, true);
  const same = async (when: string) => {
    const now = await said(await observe(agent));
    if (now !== before) faults.push(`${when}, it differs: ${before} / ${now}`);
  };
  await same('changed and back');
  const forget = await titles(NOTHING, true);
  await same('forgotten');
  for (const thing of thingsOf(desired)) {
    const again = adopt(await observe(agent), NOTHING, {
      is: thing.kind === 'network' && thing.footing === 'libvirt' ? 'network' : 'interface',
      name: thing.kind === 'network' && thing.footing === 'ovs' ? (thing.bridge?.name ?? '') : thing.name,
    });
    if (!again.ok) faults.push(`${keyOf(thing)} cannot be adopted again: ${again.error.message}`);
  }
  await libvirt?.stop();
  await ovs?.stop();
  return { designs, plans: { adopt: adopted, change, back, forget }, notes, faults };
}

process.stdout.write(JSON.stringify(await main()));
