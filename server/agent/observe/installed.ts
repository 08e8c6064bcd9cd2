import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnv } from '../exec';

/**
 * Why a service cannot be asked, told without starting a process: its program is missing, or none of its sockets is
 * there. Null when it can be asked.
 */
export function whyAbsent(service: string, program: string, sockets: readonly string[]): string | null {
  if (sockets.some((path) => existsSync(path))) return null;
  return isInstalled(program) ? `${service} is not running` : `${service} is not installed`;
}

/** Is there such a program where administrators' tools are looked for? */
export function isInstalled(program: string): boolean {
  return (toolEnv().PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
