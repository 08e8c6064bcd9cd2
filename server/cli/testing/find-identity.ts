import { findIdentity } from '../identity';

/* Run by a test in a process of its own: find-identity STATE-FOLDER. Prints what it says and what it finds. */

const found = await findIdentity((line) => console.log(`say: ${line}`), process.argv[2] ?? '');
console.log(JSON.stringify(found));
process.exit(found.ok ? 0 : 1);
