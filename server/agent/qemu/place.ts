import path from 'node:path';
import type { GuestName } from '@/server/core/ids';
import { readIfThere } from '../durable';
import { type ProcessRef, processesGiven } from '../processes';
import type { TapSetup } from './tap-setup';

/*
 * QEMU guests outlive the agent that started them: whoever comes after finds them by the path of their monitor, and what
 * they hold (taps) goes with them.
 */

export const QEMU = 'qemu-system-x86_64';

export type MachinePlace = {
  /** One folder for each guest is made in here. */
  readonly folder: string;
  /** Folder of `vmlinuz` and `initramfs`. */
  readonly image: string;
  /** How taps are set up; default: as scripts and routes of their NICs say. */
  readonly taps?: TapSetup;
};

export const filesOf = ({ folder }: Pick<MachinePlace, 'folder'>, name: string) => {
  const home = path.join(folder, name);
  return {
    home,
    monitor: path.join(home, 'monitor'),
    serial: path.join(home, 'serial'),
    log: path.join(home, 'log'),
  };
};

/** What a guest has said on its serial line since it was started. */
export const serialOf = (place: Pick<MachinePlace, 'folder'>, name: GuestName): string =>
  readIfThere(filesOf(place, name).serial) ?? '';

export const monitorWord = (socket: string) => `unix:${socket},server=on,wait=off`;

/** The process of this guest, or null. */
export const findMachine = (place: Pick<MachinePlace, 'folder'>, name: GuestName): ProcessRef | null =>
  processesGiven(monitorWord(filesOf(place, name).monitor))[0] ?? null;
