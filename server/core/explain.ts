import type { Action } from './change';
import { commandText } from './compile/render';
import type { Failure } from './result';

/*
 * Why a command failed, in people's words, with the tool's own words beside it.
 */

type Rule = readonly [pattern: RegExp, sentence: (...found: string[]) => string];

/** What tools say, and what it means. `found` are the groups of the pattern. */
const RULES: readonly Rule[] = [
  [
    /failed to create listening socket for (\S+): Address (?:already )?in use/,
    (at) => `another program answers DNS at ${at} already (port 53).`,
  ],
  [
    /failed to bind DHCP(v6)? server socket: Address already in use/,
    (six) => `another program answers DHCP${six ?? ''} on this host already (port ${six ? 547 : 67}).`,
  ],
  [/TFTP directory (\S+) inaccessible: (.*)/, (at, why) => `its TFTP folder ${at} cannot be read (${why}).`],
  [
    /Network is already in use by interface (\S+)/,
    (name) => `its subnet is that of interface ${name} already.`,
  ],
  [
    /cannot create a (?:bridge|port) named (\S+) because a (?:bridge|port) named/,
    (name) => `there is an interface named ${name} already.`,
  ],
  [
    /(?:Unable to create bridge|error creating bridge interface) (?:device )?'?([^\s':]+)'?: File exists/,
    (name) => `there is an interface named ${name} already.`,
  ],
  [/bridge name '(\S+)' already in use/, (name) => `there is an interface named ${name} already.`],
  // The switch in a process says "Invalid argument" of an interface that is no tap.
  [
    /while setting up '(\S+)': could not (?:open|add) network device .* ?\((?:File exists|Invalid argument)\)/,
    (name) => `there is an interface named ${name} already.`,
  ],
  [/Cannot find device "?([^\s"]+)"?/, (name) => `there is no device ${name} on this host any more.`],
  [
    /could not open network device (\S+) \(No such device\)/,
    (name) => `there is no device ${name} on this host any more.`,
  ],
];

/** One sentence without its beginning: `Step 2 (…) failed: ` goes before it. */
export function explain(action: Action, failure: Failure): string {
  const said = failure.detail ?? failure.message;
  for (const [pattern, sentence] of RULES) {
    const found = pattern.exec(said);
    if (found !== null) return sentence(...found.slice(1));
  }
  const made = /File exists/.test(said)
    ? /^link add (?:name )?(\S+)/.exec(failedLine(action, said) ?? '')
    : null;
  if (made?.[1] !== undefined) return `there is an interface named ${made[1]} already.`;
  // libvirt says first what failed, then why.
  const last = /^error: .*error: (.*)$/s.exec(said)?.[1]?.split('\n')[0];
  return last === undefined ? failure.message : `libvirt says "${last.trim()}".`;
}

/** The line of a batch that failed, or the only one: the words after the tool's name. */
function failedLine(action: Action, said: string): string | undefined {
  if (action.do !== 'run') return undefined;
  if (action.stdin === undefined) return action.args.join(' ');
  const line = /Command failed -:(\d+)/.exec(said)?.[1];
  return line === undefined ? undefined : action.stdin.split('\n')[Number(line) - 1];
}

/** The command and what its tool said, as in a terminal. */
export const inTerminal = (action: Action, { detail, message }: Failure): string =>
  `$ ${commandText(action)}\n${detail ?? message}`;

/**
 * Did a command that failed leave everything as it was? Commands of one wish do all or nothing, and a batch stops at the
 * first line that fails.
 */
export function didNothing(action: Action, { code, detail }: Failure): boolean {
  if (action.do !== 'run' || (code !== 'TOOL_FAILED' && code !== 'TOOL_MISSING')) return false;
  if (!action.args.includes('-batch')) return true;
  return !action.args.includes('-force') && /Command failed -:1\b/.test(detail ?? '');
}

/** A reason as it is kept: a sentence, and below it, from the second line on, the tool's own words. */
export const reasonText = ({ message, detail }: Pick<Failure, 'message' | 'detail'>): string =>
  detail === undefined ? message : `${message.split('\n').join(' ')}\n${detail}`;

export function readReason(text: string): { readonly sentence: string; readonly words: string | null } {
  const end = text.indexOf('\n');
  return end < 0
    ? { sentence: text, words: null }
    : { sentence: text.slice(0, end), words: text.slice(end + 1) };
}
