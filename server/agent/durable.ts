import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** Makes a rename or a new name in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The kernel may take only the first part, where the disk fills up: that is no error until nothing more fits. */
function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Replaces a file as one: readers see the old or the new text, also after a power cut. Throws what the disk says. */
export function writeDurably(file: string, content: string, mode = 0o600): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  const temporary = path.join(folder, `.${path.basename(file)}.${process.pid}`);
  const fd = openSync(temporary, 'w', mode);
  try {
    writeWhole(fd, content);
    fsyncSync(fd);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw e;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
  syncFolder(folder);
}

/**
 * Adds a line to a file that exists and waits until the disk has it. A torn last line goes first, and one that does
 * not fit leaves nothing behind: what is added later would continue it.
 */
export function appendDurably(file: string, line: string): void {
  const fd = openSync(file, constants.O_RDWR | constants.O_APPEND);
  try {
    const whole = endOfLastLine(fd);
    try {
      if (fstatSync(fd).size > whole) ftruncateSync(fd, whole);
      writeWhole(fd, `${line}\n`);
      fsyncSync(fd);
    } catch (e) {
      ftruncateSync(fd, whole);
      throw e;
    }
  } finally {
    closeSync(fd);
  }
}

/** Bytes up to and with the last line break. */
function endOfLastLine(fd: number): number {
  const byte = Buffer.alloc(1);
  let end = fstatSync(fd).size;
  while (end > 0 && readSync(fd, byte, 0, 1, end - 1) === 1 && byte[0] !== 0x0a) end -= 1;
  return end;
}

/** The file's text, or null where there is none. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return null;
    throw e;
  }
}
