import type { AgentFacts, Observed } from '@/server/core/observed';
import { type AgentEvent, OpenedChange, PROTOCOL_VERSION } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { readOutcomes } from './committed';
import type { GuestKeeper } from './guests';
import { readJournal } from './journal';
import type { LabKeeper } from './lab';
import { checkOpenqa } from './openqa';
import type { Caller, Handlers } from './serve';
import type { Transactions } from './transaction';

export type Parts = {
  readonly home: string;
  readonly agent: AgentFacts;
  readonly observe: () => Promise<Observed>;
  /** The newest facts, whole. What changes from then on is told as `observed` events. */
  readonly snapshot: () => Observed;
  /** Rates are sampled only while somebody wants them; answers how to want them no longer. */
  readonly wantRates: () => () => void;
  readonly transactions: Transactions;
  /** Lab agents have guests, the machine's has labs. */
  readonly guests: GuestKeeper | null;
  readonly labs: LabKeeper | null;
  /** Tells everybody who has joined. */
  readonly tell: (event: AgentEvent) => void;
  /** Adds one to those who are told of everything; answers how to leave. */
  readonly join: (listener: (event: AgentEvent) => void) => () => void;
};

const NO_GUESTS = fail('NO_GUESTS', 'Only labs have guests that are made here.');
const NO_LABS = fail('NO_LABS', "Only the machine's agent has labs.");

/** What the agent does for each operation. */
export function handlersOf(parts: Parts): Handlers {
  const { agent, transactions, guests, labs } = parts;
  return {
    hello: async () => ok({ protocol: PROTOCOL_VERSION, agent }),
    observe: async () => ok(await parts.observe()),
    status: async () => ok({ ...transactions.current(), outcomes: [...readOutcomes(parts.home)] }),
    opened: async () => {
      const journal = transactions.current().transaction.state === 'idle' ? null : readJournal(parts.home);
      return ok(journal && OpenedChange.parse(journal.opened));
    },
    watch: ({ rates }, caller) => watch(parts, rates, caller),
    plan: transactions.plan,
    apply: transactions.apply,
    confirm: transactions.confirm,
    rollback: transactions.rollback,
    'guest.add': async (input) => (guests ? guests.add(input) : NO_GUESTS),
    'guest.plug': async (input) => (guests ? guests.plug(input) : NO_GUESTS),
    'guest.limit': async (input) => (guests ? guests.limit(input) : NO_GUESTS),
    'guest.remove': async (input) => (guests ? guests.remove(input) : NO_GUESTS),
    'guest.real': async () => (guests ? guests.real() : NO_GUESTS),
    'guest.start': async (input) => (guests ? guests.start(input) : NO_GUESTS),
    'guest.stop': async (input) => (guests ? guests.stop(input) : NO_GUESTS),
    'guest.nic.add': async (input) => (guests ? guests.addNic(input) : NO_GUESTS),
    'guest.nic.remove': async (input) => (guests ? guests.removeNic(input) : NO_GUESTS),
    'guest.nic.cable': async (input) => (guests ? guests.setCable(input) : NO_GUESTS),
    'guest.ping': async (input) => (guests ? guests.ping(input) : NO_GUESTS),
    'guest.check': async ({ id, check }) =>
      guests
        ? guests.check(check, (doing) => parts.tell({ event: 'check', progress: { id, doing } }))
        : NO_GUESTS,
    'openqa.check': (input) => checkOpenqa(parts.observe, input),
    'lab.list': async () => (labs ? ok(labs.list()) : NO_LABS),
    'lab.create': async ({ name }) => (labs ? labs.create(name) : NO_LABS),
    'lab.reset': async ({ name }) => (labs ? labs.reset(name) : NO_LABS),
    'lab.remove': async ({ name }) => {
      if (!labs) return NO_LABS;
      const removed = await labs.remove(name);
      return removed.ok ? ok({}) : removed;
    },
  };
}

async function watch(
  { snapshot, wantRates, transactions, join, labs }: Parts,
  rates: boolean,
  caller: Caller,
): Promise<Result<{ observed: Observed } & ReturnType<Transactions['current']>>> {
  // Nothing waits in here: no event is missed, and none is told that the snapshot has already.
  const observed = snapshot();
  const leave = join((event) => {
    if (event.event !== 'rates' || rates) caller.send(event);
  });
  const unwant = rates ? wantRates() : () => {};
  caller.onClose(() => {
    leave();
    unwant();
  });
  if (labs) caller.send({ event: 'labs', labs: labs.list() });
  return ok({ observed, ...transactions.current() });
}
