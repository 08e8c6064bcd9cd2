import { startDatabase } from '../postgres';

/*
 * Run by tests in a process of its own: start-database HOME UID-OR-EMPTY. Prints one line of JSON and waits, to be
 * killed or until its input closes.
 */

const [, , home = '', uid = ''] = process.argv;
const identity = uid === '' ? null : { uid: Number(uid), gid: Number(uid) };
const started = await startDatabase({ home, identity, url: '', throwAway: true });
console.log(JSON.stringify(started.ok ? { ...started.value, uid: process.getuid?.() } : started.error));
process.stdin.resume().once('end', () => process.exit(0));
