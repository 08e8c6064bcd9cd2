import type { HostSummary } from '@/server/api/live';
import type { HostId } from '@/server/core/ids';
import type { Tone } from '../ui/Badge';

/** `This machine`, or the lab's name, as a title. */
export const hostName = (host: HostId | string): string =>
  host === 'machine' ? 'This machine' : onHost(host);

/** The same inside of a sentence. */
export const onHost = (host: HostId | string): string => labOf(host) ?? 'this machine';

export const labOf = (host: HostId | string): string | null =>
  host.startsWith('lab:') ? host.slice('lab:'.length) : null;

/** The one word for a host's state and its colour. */
export function hostState(h: HostSummary): {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string | null;
} {
  if (h.lab?.is === 'stopped') return { tone: 'red', word: 'stopped', why: h.lab.why };
  if (h.lab?.is === 'starting') return { tone: 'amber', word: 'starting', why: null };
  if (h.link.is === 'connecting') return { tone: 'amber', word: 'connecting', why: null };
  if (h.link.is === 'lost') return { tone: 'red', word: 'not connected', why: h.link.why };
  if (h.transaction?.state === 'stuck')
    return {
      tone: 'red',
      word: 'stuck',
      why: 'A change could not be taken back: the bar at the top says more.',
    };
  if (h.transaction?.state === 'awaiting') return { tone: 'amber', word: 'waits to be confirmed', why: null };
  if (h.transaction?.state === 'applying') return { tone: 'accent', word: 'applying', why: null };
  if (h.transaction?.state === 'rolling-back') return { tone: 'amber', word: 'rolling back', why: null };
  return { tone: 'green', word: 'connected', why: null };
}

/** The hosts where something can be changed, and which of them is usually meant: a lab before the machine. */
export function changeable(hosts: readonly HostSummary[]): {
  readonly able: readonly HostSummary[];
  readonly usual: HostId | null;
} {
  const able = hosts.filter((h) => readOnly(h) === null);
  return { able, usual: (able.find((h) => h.host !== 'machine') ?? able[0])?.host ?? null };
}

/** Why nothing can be changed there, in one sentence, or null. */
export function readOnly(h: HostSummary | undefined): string | null {
  if (h === undefined) return 'This host is not known.';
  if (h.lab?.is === 'stopped') return h.lab.why;
  if (h.lab?.is === 'starting') return 'The lab is starting.';
  if (h.link.is === 'lost') return h.link.why;
  if (h.agent === null) return 'Its agent has not answered yet.';
  return h.agent.writable.yes ? null : h.agent.writable.why;
}
