import { createTRPCClient, httpLink } from '@trpc/client';
import type { AppRouter } from '@/server/api/router';
import { LabName, labHostId } from '@/server/core/ids';
import { connectAgent } from '@/server/link/link';
import type { Application } from './application';

export const API = '/api/trpc';

/** The API as a browser of ours uses it, with a session of its own. */
export async function apiOf(application: Application) {
  const { origin } = application;
  const said = await application.patchbay('login');
  const token = /#token=(\S+)/.exec(said)?.[1];
  const answer = await fetch(`${origin}${API}/session.login`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined) throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  const client = createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${origin}${API}`, headers: { cookie, origin } })],
  });
  return { client, cookie };
}
export type Api = Awaited<ReturnType<typeof apiOf>>['client'];

/** Asks again until it is so; the last answer in the error otherwise. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isSo: (answer: T) => boolean,
  patience = 30_000,
): Promise<T> {
  let last: unknown;
  for (const end = performance.now() + patience; performance.now() < end; ) {
    try {
      const answer = await ask();
      if (isSo(answer)) return answer;
      last = answer;
    } catch (e) {
      last = e instanceof Error ? e.message : e;
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error(`${what}: not within ${patience / 1000} s; last: ${JSON.stringify(last)?.slice(0, 2000)}`);
}

/** The lab that a first start makes, by its agent's own socket. */
export const LAB = 'lab';
export const labSocket = (state: string, lab = LAB) => `${state}/labs/${lab}/agent.sock`;

/** Talks to an agent and hangs up. */
export async function withAgent<T>(
  socket: string,
  work: (agent: ReturnType<typeof connectAgent>) => Promise<T>,
): Promise<T> {
  const agent = connectAgent(socket);
  try {
    return await work(agent);
  } finally {
    agent.close();
  }
}

export const labHost = (lab = LAB) => labHostId(LabName.parse(lab));
