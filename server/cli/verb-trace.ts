import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { MACHINE } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import type { TraceReport } from '@/server/core/reach/report';
import { trace } from '@/server/core/reach/trace';
import type { Result } from '@/server/core/result';
import { observeHere } from './observe-here';
import { complain, print } from './say';
import { hostOf, hostOption, labOption, type WhichHost, withAgent } from './which-host';

type Flags = WhichHost & {
  readonly json?: boolean;
  readonly proto: 'icmp' | 'tcp' | 'udp';
  readonly port?: number;
};

/** Of the exit code: 0 it gets there, 1 something is in the way, 3 that cannot be known; 2 is wrong usage. */
const CODES: Readonly<Record<TraceReport['verdict'], number>> = {
  ...{ DELIVERED: 0, EXITS_SCOPE: 0, DROPPED: 1, REJECTED: 1, FORWARD_OK_RETURN_FAILS: 1, UNKNOWN: 3 },
};

/** `patchbay trace FROM TO`: without a host it needs no agent and reads the namespace that it is started in. */
export function traceVerb(): Command {
  return new Command('trace')
    .description('Say whether A reaches B, and if not, why: by the facts of the host, both ways.')
    .addArgument(new Argument('<from>', 'a guest, a port, a MAC, an address, "host" or "outside"'))
    .addArgument(new Argument('<to>', 'the same'))
    .addOption(
      new Option('--proto <protocol>', 'what is sent').choices(['icmp', 'tcp', 'udp']).default('icmp'),
    )
    .addOption(new Option('--port <number>', 'to which port (tcp and udp)').argParser(portNumber))
    .option('--json', 'everything, as JSON (see docs/trace.md)')
    .addOption(hostOption())
    .addOption(labOption())
    .action(async (from: string, to: string, flags: Flags) => {
      if (flags.proto !== 'icmp' && flags.port === undefined) {
        process.stderr.write(`patchbay: --proto ${flags.proto} needs --port: rules ask for it.\n`);
        process.exitCode = 2;
        return;
      }
      const observed = await readFacts(flags);
      if (!observed.ok) return complain(observed.error);
      const traced = trace(observed.value, { from, to, protocol: flags.proto, port: flags.port ?? null });
      if (!traced.ok) {
        complain(traced.error);
        process.exitCode = 2;
        return;
      }
      print(flags.json ? JSON.stringify(traced.value) : toText(traced.value));
      process.exitCode = CODES[traced.value.verdict];
    });
}

/** The facts of a host by its agent, or else of where this runs. */
export const readFacts = (flags: WhichHost): Promise<Result<Observed>> =>
  flags.host || flags.lab
    ? withAgent(hostOf(flags), (link) => link.request('observe', {}))
    : observeHere(MACHINE);

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  return port;
}

const MARKS = {
  passes: ' ',
  dropped: 'x',
  rejected: 'x',
  unknown: '?',
  delivered: '+',
  leaves: '>',
} as const;

function toText({ sentence, verdict, hops, blockers, fixes, unknowns }: TraceReport): string {
  const lines = [sentence, `verdict: ${verdict}`];
  for (const leg of ['there', 'back'] as const) {
    const of = hops.filter((h) => h.leg === leg);
    if (of.length === 0) continue;
    lines.push('', leg === 'there' ? 'There:' : 'Back:');
    for (const h of of)
      lines.push(`${MARKS[h.verdict]} ${String(h.n).padStart(2)}  ${h.object}, ${h.hook}: ${h.sentence}`);
  }
  if (blockers.length > 0) lines.push('', 'In the way:');
  for (const b of blockers) {
    lines.push(`- ${b.code}: ${b.sentence}`);
    for (const e of b.evidence) lines.push(`    ${e.command}`, `      ${e.output}`);
  }
  if (unknowns.length > 0) lines.push('', 'Not known:', ...unknowns.map((u) => `- ${u}`));
  if (fixes.length > 0) lines.push('', 'What would help:');
  for (const f of fixes) lines.push(`- ${f.sentence}`, ...f.commands.map((c) => `    ${c}`));
  return lines.join('\n');
}
