import path from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { HostId, LabName, labHostId, MACHINE } from '@/server/core/ids';
import { type AgentLink, connectAgent } from '@/server/link/link';
import { places } from './places';

type Schema<T> = {
  safeParse: (
    value: unknown,
  ) => { success: true; data: T } | { success: false; error: { issues: readonly { message: string }[] } };
};

/** A commander argument or option that a schema checks: wrong usage is told in the schema's words. */
export const parsedBy =
  <T>(schema: Schema<T>) =>
  (text: string): T => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? '');
  };

export type WhichHost = { readonly host?: HostId; readonly lab?: LabName };

export const hostOption = () =>
  new Option('--host <host>', '"machine" or "lab:NAME"').argParser(parsedBy(HostId)).conflicts('lab');
export const labOption = () => new Option('--lab <name>', 'a lab, by its name').argParser(parsedBy(LabName));

export const hostOf = ({ host, lab }: WhichHost): HostId => host ?? (lab ? labHostId(lab) : MACHINE);

function socketOf(host: HostId): string {
  const at = places();
  return host === MACHINE ? at.agentSocket : path.join(at.labs, host.slice('lab:'.length), 'agent.sock');
}

/** Talks to a host's agent and hangs up afterwards. */
export async function withAgent<T>(host: HostId, talk: (link: AgentLink) => Promise<T>): Promise<T> {
  const link = connectAgent(socketOf(host));
  try {
    return await talk(link);
  } finally {
    link.close();
  }
}
