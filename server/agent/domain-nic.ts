import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Action } from '@/server/core/change';
import { fail, ok, type Result } from '@/server/core/result';
import { run } from './exec';

/* NICs of libvirt domains: put in and taken out where they are not so yet, and seen to be so. */

const VIRSH = ['virsh', '-c', 'qemu:///system'];
/** Milliseconds that a command has. */
const PATIENCE = 60_000;
/** Milliseconds that a guest has to let go of a card. */
const LETTING_GO = 30_000;

type NicAction = Extract<Action, { do: 'nic' }>;
type Where = NicAction['at'][number];

/** Failures: those of virsh, NIC_HELD (the guest does not let go of it). */
export async function changeDomainNic(action: NicAction, runDir: string): Promise<Result<null>> {
  const { command, domain, mac } = action;
  const there: Where[] = [];
  const running = await isRunning(domain);
  if (!running.ok) return running;
  // A guest that ended has nothing to be changed but its record.
  const at = action.at.filter((where) => where === 'config' || running.value);
  for (const where of at) {
    const has = await hasNic(domain, mac, where);
    if (!has.ok) return has;
    if (has.value) there.push(where);
  }
  const where = command === 'attach' ? at.filter((w) => !there.includes(w)) : there;
  if (command === 'update' && there.length < at.length)
    return fail('NIC_GONE', `Guest ${domain} has no NIC with MAC ${mac} any more.`);
  if (where.length === 0) return ok(null);
  const done = await virsh(action, where, runDir);
  if (!done.ok || command !== 'detach' || !where.includes('live')) return done;
  return untilGone(domain, mac);
}

async function virsh(
  { command, domain, mac, xml }: NicAction,
  at: readonly Where[],
  runDir: string,
): Promise<Result<null>> {
  // virsh opens a file, and a pipe to a child of ours is none.
  const file = path.join(runDir, 'libvirt', `nic-${mac.replaceAll(':', '')}.xml`);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, xml, { mode: 0o600 });
  const flags = at.map((where) => `--${where}`);
  const ran = await run([...VIRSH, `${command}-device`, domain, file, ...flags], { timeout: PATIENCE });
  rmSync(file, { force: true });
  return ran.ok ? ok(null) : ran;
}

async function isRunning(domain: string): Promise<Result<boolean>> {
  const state = await run([...VIRSH, 'domstate', domain], { timeout: PATIENCE });
  return state.ok ? ok(!/shut off|crashed/.test(state.value.stdout)) : state;
}

async function hasNic(domain: string, mac: string, at: Where): Promise<Result<boolean>> {
  const flags = at === 'config' ? ['--inactive'] : [];
  const listed = await run([...VIRSH, 'domiflist', domain, ...flags], { timeout: PATIENCE });
  return listed.ok ? ok(listed.value.stdout.toLowerCase().includes(mac)) : listed;
}

/** libvirt asks the guest and does not wait for long: one that has not booted, or hangs, keeps its card. */
async function untilGone(domain: string, mac: string): Promise<Result<null>> {
  const end = performance.now() + LETTING_GO;
  for (;;) {
    const has = await hasNic(domain, mac, 'live');
    if (!has.ok) return has;
    if (!has.value) return ok(null);
    if (performance.now() > end)
      return fail(
        'NIC_HELD',
        `Guest ${domain} does not let go of the NIC with MAC ${mac}: it did not answer within ${LETTING_GO / 1000} s. A guest that is still booting, hangs or has no driver for it cannot; shut it down to take the NIC out.`,
      );
    await pause(250);
  }
}
