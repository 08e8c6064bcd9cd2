import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type HostId, MACHINE } from '@/server/core/ids';
import type { AgentFacts } from '@/server/core/observed';
import { LAB_RUN } from './lab-inside';
import { agentFacts } from './observe';
import { VERSION } from './version';

export type Self = { readonly host: HostId; readonly home: string };

/** What an agent is: agent and watchdog say the same. */
export async function factsOf({ host, home }: Self): Promise<AgentFacts> {
  const role = host === MACHINE ? 'machine' : 'lab';
  const facts = await agentFacts({ host, role, runDir: home, version: VERSION });
  if (role === 'machine') return facts;
  // A later lab may get the number of this one's network namespace: a lab's life has a name of its own.
  const hostname = host.slice('lab:'.length);
  return { ...facts, hostname, incarnation: `${facts.incarnation}:${labLife()}` };
}

/** Made once in a lab's life, on a file system that goes with it. */
function labLife(): string {
  const file = path.join(LAB_RUN, 'life');
  if (!existsSync(file)) writeFileSync(file, randomBytes(8).toString('hex'));
  return readFileSync(file, 'utf8');
}
