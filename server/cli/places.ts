import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Identity } from '@/server/agent/exec';
import { fail, ok, type Result } from '@/server/core/result';

/** Where everything of one installation is kept. All paths are absolute. */
export type Places = {
  readonly state: string;
  /** The machine agent's own files: committed state, journal, log. */
  readonly agentHome: string;
  readonly agentSocket: string;
  /** One folder per lab, with the lab agent's socket and files. */
  readonly labs: string;
  readonly postgres: string;
  /** Web's log. Ours also when web runs as somebody else: we open it, and its owner could put a link in its place. */
  readonly web: string;
  /** Who runs `up` here, and at which address. */
  readonly running: string;
};

/** A Unix socket's path has at most 107 bytes; the longest of ours is `labs/NAME/agent.sock` with 24 bytes of name. */
const LONGEST_STATE = 107 - '/labs//agent.sock'.length - 24;

/** PATCHBAY_STATE, or /var/lib/patchbay for root, or the user's state folder. Creates nothing. */
export function places(state?: string): Places {
  const chosen = state ?? process.env.PATCHBAY_STATE;
  const root = process.getuid?.() === 0;
  const usual = root
    ? '/var/lib/patchbay'
    : path.join(process.env.XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'patchbay');
  const at = path.resolve(chosen || usual);
  return {
    state: at,
    agentHome: path.join(at, 'agent'),
    agentSocket: path.join(at, 'run', 'agent.sock'),
    labs: path.join(at, 'labs'),
    postgres: path.join(at, 'postgres'),
    web: path.join(at, 'web'),
    running: path.join(at, 'run', 'up.json'),
  };
}

/**
 * Creates the folders (the database prepares its own). `identity` is whom labs, Postgres and web run as when we are root; what only the machine
 * agent may touch stays ours. Failure STATE_FOLDER: cannot be created, or its path is too long for a socket.
 */
export function preparePlaces(p: Places, identity: Identity | null): Result<Places> {
  if (Buffer.byteLength(p.state) > LONGEST_STATE)
    return fail(
      'STATE_FOLDER',
      `The state folder's path ${p.state} is too long for sockets below it (at most ${LONGEST_STATE} bytes). ` +
        'Set PATCHBAY_STATE to a shorter one.',
    );
  try {
    folder(p.state, 0o755, null);
    folder(path.dirname(p.agentSocket), 0o755, null);
    folder(p.agentHome, 0o711, null); // dnsmasq, as a user of its own, reads what lies below
    folder(p.web, 0o700, null);
    folder(p.labs, 0o700, identity);
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    return fail('STATE_FOLDER', `The state folder ${p.state} cannot be used: ${why}.`);
  }
  return ok(p);
}

/** Modes and owners are set again on folders that exist: an earlier start as somebody else may have left others. */
function folder(at: string, mode: number, owner: Identity | null): void {
  mkdirSync(at, { recursive: true, mode });
  if (owner !== null) chownSync(at, owner.uid, owner.gid);
  else if (process.getuid?.() === 0) chownSync(at, 0, 0);
  chmodSync(at, mode);
}
