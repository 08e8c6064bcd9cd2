import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TRPCClientError } from '@trpc/client';
import { API, type Api, apiOf, labHost, labSocket } from './api';
import { expect, test } from './fixtures';
import { natNetwork, statusOf } from './lab-state';

/*
 * What no name is: every text field of every operation, through the API and at the agents' sockets, is given each of
 * these. All are refused with a sentence, and no process is started that has one among its arguments.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'pb-canary-'));
const canary = path.join(folder, 'here');
const MARK = 'hostile7f3a';
const HOSTILE: Readonly<Record<string, string>> = {
  'a substitution': `${MARK}$(touch ${canary})`,
  backticks: `${MARK}\`touch ${canary}\``,
  'a second command': `${MARK}; touch ${canary}`,
  'a quote': `${MARK}'; touch ${canary}; '`,
  'a double quote': `${MARK}" "touch ${canary}`,
  'a newline': `${MARK}\ntouch ${canary}\n`,
  'a carriage return': `${MARK}\rtouch`,
  'an option': `--${MARK}`,
  'a short option': `-${MARK}`,
  'a null byte': `${MARK}\0net`,
  'a path': `../../${MARK}`,
  'an absolute path': `/tmp/${MARK}`,
  'a wildcard': `${MARK}*`,
  'a pipe': `${MARK}|tee ${canary}`,
  'ten thousand characters': MARK.repeat(1000).slice(0, 10_000),
  blanks: ` ${MARK} x `,
  'not ASCII': `${MARK}é‮\u{1F4A3}`,
  markup: `<img src=x onerror=alert("${MARK}")>`,
  nothing: '',
};

let api: Api;
let cookie: string;

test.beforeAll(async ({ application }) => {
  ({ client: api, cookie } = await apiOf(application));
});
test.afterEach(() => {
  expect(existsSync(canary), 'a command in a name was run').toBe(false);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Looks at every process on the machine, as often as it can, while `work` is under way. */
async function watchingProcesses(work: () => Promise<void>): Promise<string[]> {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n) && Number(n) !== process.pid)) {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (argv.includes(MARK)) seen.add(argv.slice(0, 300));
      } catch {
        // it ended
      }
    }
  }, 2);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return [...seen];
}

/** The sentence with which it was refused. */
async function refusal(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
  } catch (e) {
    if (e instanceof TRPCClientError) {
      expect(e.data?.code, e.message).not.toBe('INTERNAL_SERVER_ERROR');
      return e.message;
    }
    throw e;
  }
  throw new Error('it was taken');
}

type Fields = Readonly<Record<string, (text: string) => Promise<unknown>>>;

const draft = (change: (network: ReturnType<typeof natNetwork>) => unknown) => () =>
  api.changes.draft.mutate({
    host: labHost(),
    baseVersion: 0,
    items: [{ op: 'create', after: change(natNetwork(7)) as ReturnType<typeof natNetwork> }],
  });
const subnet = (n: ReturnType<typeof natNetwork>, more: object) => ({
  ...n,
  subnets: [{ ...n.subnets[0], ...more }],
});

const fields: Fields = {
  "a network's name": (t) => draft((n) => ({ ...n, name: t }))(),
  "a bridge's name": (t) => draft((n) => ({ ...n, bridge: { name: t, stp: false } }))(),
  'the device of NAT': (t) => draft((n) => ({ ...n, forward: { mode: 'nat', dev: t } }))(),
  'a forward mode': (t) => draft((n) => ({ ...n, forward: { mode: t } }))(),
  'an address': (t) => draft((n) => subnet(n, { address: t }))(),
  'the start of a range': (t) =>
    draft((n) => subnet(n, { dhcp: { ranges: [{ start: t, end: '192.168.107.9' }], hosts: [] } }))(),
  'the MAC of a reservation': (t) =>
    draft((n) => subnet(n, { dhcp: { ranges: [], hosts: [{ mac: t, ip: '192.168.107.9' }] } }))(),
  'the name of a reservation': (t) =>
    draft((n) =>
      subnet(n, {
        dhcp: { ranges: [], hosts: [{ mac: '52:54:00:00:00:01', ip: '192.168.107.9', name: t }] },
      }),
    )(),
  'an unknown field': (t) => draft((n) => ({ ...n, [`x${t}`]: t }))(),
  "a host's name": (t) => api.changes.draft.mutate({ host: t as never, baseVersion: 0, items: [] }),
  "a lab's name": (t) => api.labs.create.mutate({ name: t }),
  'the lab to remove': (t) => api.labs.remove.mutate({ name: t }),
  "a guest's name": (t) => api.guests.add.mutate({ host: labHost(), name: t, bridge: null }),
  "a guest's bridge": (t) => api.guests.add.mutate({ host: labHost(), name: 'fine', bridge: t }),
  "a guest's MAC": (t) => api.guests.add.mutate({ host: labHost(), name: 'fine', bridge: null, mac: t }),
  'where a ping goes': (t) => ping('outside', t),
  'where a ping comes from': (t) => ping(t, 'outside'),
  'the change to apply': (t) => api.changes.run.mutate({ id: t, planHash: t, seconds: 60 }),
  'a nonce': (t) => api.changes.confirm.mutate({ host: labHost(), changeId: t, nonce: t }),
  'the change to read': (t) => api.changes.get.query({ id: t }),
};

const ping = (from: string, to: string) =>
  api.checks.run.mutate({ host: labHost(), id: randomUUID(), check: { check: 'ping', from, to } as never });

for (const [field, send] of Object.entries(fields))
  test(`${field} is refused when it is hostile`, async ({ application }) => {
    const before = await statusOf(application.state);
    const started = await watchingProcesses(async () => {
      for (const [what, text] of Object.entries(HOSTILE)) {
        const sentence = await refusal(() => send(text));
        expect(sentence.length, `${what}: a sentence for people`).toBeGreaterThan(9);
        expect(sentence.length, `${what}: not the whole input back`).toBeLessThan(1000);
      }
    });
    expect(started).toEqual([]);
    expect(await statusOf(application.state)).toEqual(before);
  });

/** One line to a socket, as a client that is not ours might send it; the answer line. */
function sayTo(socket: string, line: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = net.connect(socket);
    let answer = '';
    const late = setTimeout(() => {
      client.destroy();
      resolve(answer);
    }, 5000);
    client.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('\n')) client.end();
    });
    client.once('error', reject);
    client.once('close', () => {
      clearTimeout(late);
      resolve(answer);
    });
    client.write(line);
    client.write('\n');
  });
}

test("the agents' sockets refuse what is hostile by themselves", async ({ application }) => {
  test.setTimeout(300_000);
  const sockets = [path.join(application.state, 'run', 'agent.sock'), labSocket(application.state)];
  const started = await watchingProcesses(async () => {
    for (const socket of sockets)
      for (const [what, text] of Object.entries(HOSTILE)) {
        const desired = { networks: [{ ...natNetwork(7), name: text }], links: [] };
        const requests = [
          { op: text, input: {} },
          { op: 'plan', input: { desired, baseVersion: 0 } },
          {
            op: 'apply',
            input: { changeId: 'x', summary: 'x', desired, baseVersion: 0, planHash: text, seconds: 60 },
          },
          { op: 'guest.add', input: { name: text, bridge: null } },
          { op: 'guest.plug', input: { name: 'x', bridge: text } },
          { op: 'guest.ping', input: { from: 'outside', to: text } },
          { op: 'lab.create', input: { name: text } },
          { op: 'rollback', input: { changeId: text, extra: text } },
        ];
        for (const request of requests) {
          const answer = JSON.parse(await sayTo(socket, JSON.stringify({ id: 1, ...request })));
          expect(answer, `${request.op} with ${what}`).toMatchObject({ ok: false });
          expect(answer.error.message.length).toBeGreaterThan(9);
        }
      }
  });
  expect(started).toEqual([]);
});

test('the agents outlive what is no protocol at all', async ({ application }) => {
  const socket = labSocket(application.state);
  for (const line of [
    'nonsense',
    '{}',
    '[]',
    'null',
    '{"id":1}',
    '{"id":"1","op":"hello","input":{}}',
    '{"id":1,"op":"__proto__","input":{}}',
    '{"id":1,"op":"constructor","input":{}}',
    '{"id":1,"op":"hello","input":{"__proto__":{"x":1}}}',
    `${'['.repeat(50_000)}`,
    Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  ])
    await sayTo(socket, line);
  expect((await statusOf(application.state)).transaction.state).toBe('idle');
});

test('the API outlives what is no request at all', async ({ application }) => {
  const { origin } = application;
  const headers = { cookie, origin, 'content-type': 'application/json' };
  const post = (where: string, body: string) =>
    fetch(`${origin}${API}/${where}`, { method: 'POST', headers, body });
  for (const body of ['', 'nonsense', '{"a":', 'null', '[]', '"x"', `"${'x'.repeat(2_000_000)}"`]) {
    const answer = await post('labs.create', body);
    expect(answer.status, body.slice(0, 20)).toBeGreaterThanOrEqual(400);
    expect(answer.status, body.slice(0, 20)).toBeLessThan(500);
  }
  for (const where of ['__proto__', 'labs.__proto__', '..%2f..%2fetc', 'labs.create,labs.create', '%00'])
    expect((await post(where, '{}')).status, where).toBeLessThan(500);
  for (const where of [
    '/..%2f..%2fetc/passwd',
    '/%00',
    '/_next/static/..%2f..%2f..%2fpackage.json',
    '//evil.example',
  ]) {
    const answer = await fetch(`${origin}${where}`, { headers: { cookie }, redirect: 'manual' });
    expect(answer.status, where).toBeLessThan(500);
    expect(await answer.text(), where).not.toMatch(/root:x:0:0|"name": "patchbay"/);
  }
  expect((await api.networks.list.query()).length).toBeGreaterThan(0);
});

test('the command line refuses it too', async ({ application }) => {
  const command = path.join(import.meta.dirname, '..', 'server', 'cli', 'bootstrap.mjs');
  const env = { ...process.env, PATCHBAY_STATE: application.state };
  for (const [what, text] of Object.entries(HOSTILE)) {
    if (text.includes('\0')) continue; // no program can be given one
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(process.execPath, [command, 'lab', 'create', text], { env }, (error, _out, stderr) =>
        resolve({ code: error?.code ?? 0, stderr }),
      ),
    );
    expect([1, 2], what).toContain(code);
    expect(stderr.trim(), what).not.toBe('');
    expect(stderr, what).not.toMatch(/\n\s+at /);
  }
});
