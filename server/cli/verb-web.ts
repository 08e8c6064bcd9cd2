import { Command, InvalidArgumentError } from 'commander';
import { publicOrigin } from '@/server/core/public-url';
import { conclude, print } from './say';

const port = (text: string): number => {
  const n = Number(text);
  if (/^\d{1,5}$/.test(text) && n <= 65535) return n;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
};
const more = (name: string, before: readonly string[]) => [...before, name];

const origin = (text: string): string => {
  const parsed = publicOrigin(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(parsed.error.message);
};

type UpFlags = {
  readonly listen: string;
  readonly port?: number;
  readonly name: readonly string[];
  readonly publicUrl?: string;
};

export function upVerb(): Command {
  return new Command('up')
    .description(
      'Start database, agents, labs and web, and print a one-time login link. Ctrl-C stops everything.',
    )
    .option(
      '--listen <address>',
      'address to listen on; another than this machine needs a password',
      '127.0.0.1',
    )
    .option('--port <number>', 'port to listen on (default: 7272, or the next free one)', port)
    .option('--name <name>', 'a further host name that people reach it by; may be repeated', more, [])
    .option(
      '--public-url <address>',
      'address that a proxy in front of it has, as in https://kvm.lan',
      origin,
    )
    .action(async ({ listen, port, name, publicUrl }: UpFlags) => {
      const { upCommand } = await import('./up');
      const code = await upCommand({ listen, port, names: name, publicOrigin: publicUrl ?? null });
      process.exit(code);
    });
}

export function loginVerb(): Command {
  return new Command('login')
    .description('Print a new one-time login link to the Patchbay that runs here.')
    .action(async () => {
      const { loginCommand } = await import('./login');
      conclude(await loginCommand(), print);
    });
}

export function passwordVerb(): Command {
  return new Command('password')
    .description('Set the password, from the terminal or from the first line of standard input.')
    .action(async () => {
      const { passwordCommand } = await import('./login');
      conclude(await passwordCommand(), print);
    });
}
