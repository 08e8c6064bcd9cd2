// Progress for people, on standard error.

/** An expected obstacle, told in one sentence and without a stack. */
export class NotReady extends Error {
  name = 'NotReady';
}

/** @param {string} line */
export const say = (line) => process.stderr.write(`${line}\n`);

/**
 * Says what goes on, how long it takes when that is long, and how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function task(what, work) {
  const begun = performance.now();
  const seconds = () => ((performance.now() - begun) / 1000).toFixed(1);
  const live = process.stderr.isTTY;
  if (live) process.stderr.write(`${what} …`);
  else say(`${what} …`);
  const timer = setInterval(
    () => (live ? process.stderr.write(`\r${what} … ${seconds()} s`) : say(`  … ${seconds()} s`)),
    live ? 200 : 10_000,
  );
  try {
    const value = await work();
    say(`${live ? `\r${what} … ` : '  '}done in ${seconds()} s`);
    return value;
  } catch (e) {
    if (live) say('');
    throw e;
  } finally {
    clearInterval(timer);
  }
}
