/*
 * The records, in Postgres. What web and command line need of them; nothing else uses Prisma.
 *
 *   const store = openStore(url);                       // once per process; store.close() at the end
 *
 * A host's committed networks     getHost(store, host) → { version, committedAt, desired }
 * Editing                         createDraft → desiredAfter(id) → agent.plan → setPlanned(id, plan)
 *                                 → setApplying(id, planHash) → agent.apply (refused: reopenChange(id))
 * Following the agent             reconcileHost(host, status) when it was reached, then for each of its events
 *                                 recordTransaction, recordCommitted, recordOutcome (host, what it says);
 *                                 recordElsewhere(host, opened) first, when it is a change the records do not know
 * Undo                            createDraft with the items of core/undo, `undoOf` the committed change
 * History                         listChanges(query), listPending(host), getChange(id)
 * A lab was reset or removed      resetHost(host), removeHost(host); without us: forgetGoneLabs(those there are)
 * Logging in                      issueLoginToken → useLoginToken(token, label) → findSession(secret) → endSession
 * MAC addresses                   takeMac(nic, request), then the guest is made, or giveBackMac; freeNic, freeGuest when it goes,
 *                                 freeGoneNics(host, there) when it went without us; previewMac; listMacPools, …
 * Checks of NICs                  keepCheck(host, check, result), listChecks(host)
 * Views of the topology            listViews, createView(name, data), updateView(id, …), removeView(id)
 * Profiles of bandwidth            listProfiles, createProfile(profile), removeProfile(name)
 *
 * Expected failures are Results with a sentence: NOT_FOUND, CONFLICT (somebody else changed it), TAKEN (a name is in
 * use), WRONG_STATE, STALE, BUSY, INVALID, LOGIN_REFUSED. A database that cannot be reached throws.
 */
export {
  reconcileHost,
  recordCommitted,
  recordOutcome,
  recordTransaction,
} from './agent-truth';
export { createProfile, listProfiles, removeProfile } from './bandwidth-profiles';
export type { Change } from './change-record';
export {
  createDraft,
  type Draft,
  desiredAfter,
  discardChange,
  getChange,
  reopenChange,
  setApplying,
  setPlanned,
  updateDraft,
} from './changes';
export { listChanges, listPending } from './history';
export { forgetGoneLabs, getHost, listHosts, removeHost, resetHost } from './hosts';
export { addMacPool, listMacPools, preferMacPool, removeMacPool } from './mac-pools';
export { freeGoneNics, freeGuest, freeNic, giveBackMac, type NicKey, previewMac, takeMac } from './macs';
export { recordElsewhere } from './made-elsewhere';
export { keepCheck, listChecks } from './nic-checks';
export { openStore, type Store } from './open';
export { hasPassword, setPassword, verifyPassword } from './password';
export {
  endAllSessions,
  endSession,
  findSession,
  issueLoginToken,
  listSessions,
  type Session,
  startSession,
  useLoginToken,
} from './sessions';
export { getSetting, setSetting, settings } from './settings';
export { createView, listViews, removeView, updateView } from './views';
