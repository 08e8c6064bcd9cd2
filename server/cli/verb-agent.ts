import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Identity } from '@/server/agent/exec';
import { HostId, type LabName, labHostId, MACHINE } from '@/server/core/ids';
import { complain } from './say';
import { labOption, parsedBy } from './which-host';

type AgentFlags = {
  readonly lab?: LabName;
  readonly home?: string;
  readonly socket?: string;
  readonly owner?: Identity;
  readonly labs: boolean;
};

/** The bundle that runs now. */
const program = (): readonly [string, string] => [process.execPath, path.resolve(process.argv[1] ?? '')];

/** `patchbay agent`: runs until it is told to end. */
export function agentVerb(): Command {
  return new Command('agent')
    .description('Run the agent of this machine, or of a lab from inside it. `up` starts it for you.')
    .addOption(labOption())
    .option('--home <folder>', 'folder of its own files (default: in the state folder)')
    .option('--socket <path>', 'Unix socket to listen on (default: in the state folder)')
    .addOption(new Option('--owner <uid:gid>', 'whom the socket is open to').argParser(parseOwner))
    .option('--no-labs', 'keep no labs')
    .action(async (flags: AgentFlags) => {
      const { runAgent } = await import('@/server/agent/main');
      const options = flags.lab ? labOptions(flags, flags.lab) : await machineOptions(flags);
      if (!options) return;
      const running = await runAgent({ ...options, program: program() });
      if (!running.ok) return complain(running.error);
      await toldToEnd(flags.lab === undefined);
      await running.value.stop();
      process.exit(0);
    });
}

function labOptions({ home, socket }: AgentFlags, lab: LabName) {
  if (home === undefined || socket === undefined) {
    complain({ code: 'USAGE', message: '--lab needs --home and --socket: the machine agent gives them.' });
    process.exitCode = 2;
    return null;
  }
  return { host: labHostId(lab), home: path.resolve(home), socket: path.resolve(socket) } as const;
}

async function machineOptions({ home, socket, owner, labs }: AgentFlags) {
  const [{ places, preparePlaces }, { prepareIdentity }] = await Promise.all([
    import('./places'),
    import('./identity'),
  ]);
  const launch = await prepareIdentity((line) => process.stderr.write(`${line}\n`));
  if (!launch.ok) return complain(launch.error);
  const identity = { uid: launch.value.uid, gid: launch.value.gid };
  const isRoot = process.getuid?.() === 0;
  const at = places();
  const prepared = preparePlaces(at, isRoot ? identity : null);
  if (!prepared.ok) return complain(prepared.error);
  const opened = owner ?? (isRoot ? identity : undefined);
  return {
    host: MACHINE,
    home: path.resolve(home ?? at.agentHome),
    socket: path.resolve(socket ?? at.agentSocket),
    ...(opened ? { owner: opened } : {}),
    ...(labs ? { labs: { folder: at.labs, launch: launch.value } } : {}),
  } as const;
}

function parseOwner(text: string): Identity {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(text) ?? [];
  if (uid === undefined || gid === undefined) throw new InvalidArgumentError('It is UID:GID, two numbers.');
  return { uid: Number(uid), gid: Number(gid) };
}

/** By a signal; and, when `up` started us, by the end of `up`, which closes our input. */
function toldToEnd(mayHaveParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (!mayHaveParent || process.env.PATCHBAY_PARENT_PIPE !== '1') return;
    process.stdin.on('end', () => resolve());
    process.stdin.on('error', () => resolve());
    process.stdin.resume();
  });
}

/** `patchbay watchdog`: started by the agent for one change. */
export function watchdogVerb(): Command {
  return new Command('watchdog')
    .description(
      'Take back a change that is not confirmed, whatever happens to its agent. The agent starts it.',
    )
    .requiredOption('--home <folder>', "the agent's folder")
    .addOption(new Option('--host <host>').argParser(parsedBy(HostId)).makeOptionMandatory())
    .action(async ({ home, host }: { readonly home: string; readonly host: HostId }) => {
      const { runWatchdog } = await import('@/server/agent/watchdog');
      await runWatchdog(home, host);
    });
}
