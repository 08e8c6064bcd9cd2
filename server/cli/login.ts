import { fail, ok, type Result } from '@/server/core/result';
import { issueLoginToken, setPassword } from '@/server/store';
import { places } from './places';
import { readSecret } from './read-secret';
import { whoRuns } from './running';
import { withStore } from './with-store';

/** A fresh one-time link to the Patchbay that runs here. NOT_RUNNING when none does. */
export async function loginCommand(): Promise<Result<string>> {
  const running = whoRuns(places().running);
  if (running === null || running.address === null)
    return fail(
      'NOT_RUNNING',
      'Patchbay does not run here. Start it with `npm run up`: it prints a login link.',
    );
  const { address } = running;
  return withStore(async (store) => ok(`${address}/login#token=${await issueLoginToken(store)}`));
}

/** Asks for a password (twice in a terminal; else the first line of the input) and sets it. */
export async function passwordCommand(): Promise<Result<string>> {
  const secret = await readSecret();
  if (!secret.ok) return secret;
  const set = await withStore((store) => setPassword(store, secret.value));
  return set.ok ? ok('The password is set. Everybody who was logged in is logged out.') : set;
}
