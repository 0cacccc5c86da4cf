/** Operations on API keys, users, logins, the audit log, positions of pollers, and saved settings. */
import type { AuditEntry } from "../../core/access/audit.ts";
import type { ConsoleSessionRecord, SessionRecord, UserRecord } from "../../core/access/user.ts";
import type { ApiKeyRecord } from "../../core/api-key.ts";
import type { PollPosition } from "../../core/pages/continuity.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import type { ReaderPlace } from "../events/event-log.ts";
import { insertApiKey, type KeyUse, listApiKeys, revokeApiKey, touchApiKeys } from "./api-keys.ts";
import { type AuditQuery, addAudit, listAudit, pruneAudit } from "./audit.ts";
import {
  deleteConsoleSessions,
  insertConsoleSession,
  listConsoleSessions,
  touchConsoleSessions,
} from "./console-sessions.ts";
import {
  type ConnectionTest,
  listConnectionTests,
  listSavedSettings,
  saveConnectionTest,
  saveSettings,
} from "./saved-settings.ts";
import { cursorKey, listSealed, type Resealed, readKeyCheck, reseal } from "./sealed.ts";
import {
  deleteSessions,
  deleteUser,
  insertSession,
  insertUser,
  listPollPositions,
  listSessions,
  listUsers,
  savePollPositions,
  updateSession,
  updateUser,
} from "./users.ts";

export const accessOperations = {
  insertApiKey: { kind: "write", run: ({ database }, key: ApiKeyRecord) => insertApiKey(database, key) },
  listApiKeys: { kind: "read", run: ({ database }) => listApiKeys(database) },
  revokeApiKey: { kind: "write", run: ({ database }, id: string, now: number) => revokeApiKey(database, id, now) },
  touchApiKeys: {
    kind: "write",
    run: ({ database }, uses: readonly KeyUse[]) => touchApiKeys(database, uses),
  },
  listUsers: { kind: "read", run: ({ database }) => listUsers(database) },
  insertUser: { kind: "write", run: ({ database }, user: UserRecord) => insertUser(database, user) },
  updateUser: {
    kind: "write",
    run: ({ database }, user: UserRecord, tokenVersion: number) => updateUser(database, user, tokenVersion),
  },
  deleteUser: { kind: "write", run: ({ database }, id: string) => deleteUser(database, id) },
  listSessions: { kind: "read", run: ({ database }) => listSessions(database) },
  insertSession: { kind: "write", run: ({ database }, session: SessionRecord) => insertSession(database, session) },
  updateSession: { kind: "write", run: ({ database }, session: SessionRecord) => updateSession(database, session) },
  deleteSessions: { kind: "write", run: ({ database }, ids: readonly string[]) => deleteSessions(database, ids) },
  listConsoleSessions: { kind: "read", run: ({ database }) => listConsoleSessions(database) },
  insertConsoleSession: {
    kind: "write",
    run: ({ database }, session: ConsoleSessionRecord) => insertConsoleSession(database, session),
  },
  touchConsoleSessions: {
    kind: "write",
    run: ({ database }, uses: readonly (readonly [string, number])[]) => touchConsoleSessions(database, uses),
  },
  deleteConsoleSessions: {
    kind: "write",
    run: ({ database }, sha256s: readonly string[]) => deleteConsoleSessions(database, sha256s),
  },
  addAudit: { kind: "write", run: ({ database }, entries: readonly AuditEntry[]) => addAudit(database, entries) },
  pruneAudit: {
    kind: "write",
    run: ({ database }, before: number, most: number) => pruneAudit(database, before, most),
  },
  listPollPositions: { kind: "read", run: ({ database }) => listPollPositions(database) },
  savePollPositions: {
    kind: "write",
    run: ({ database }, positions: readonly PollPosition[], before: number) =>
      savePollPositions(database, positions, before),
  },
} satisfies Operations<OpenDatabase>;

export const settingsOperations = {
  listSavedSettings: { kind: "read", run: ({ database }) => listSavedSettings(database) },
  saveSettings: {
    kind: "write",
    run: (
      { database },
      changes: readonly { name: string; value: string | null; secret: boolean }[],
      who: string,
      now: number,
      place: ReaderPlace | null = null,
    ) => saveSettings(database, changes, { who, now, place }),
  },
  listSealed: { kind: "read", run: ({ database }) => listSealed(database) },
  readKeyCheck: { kind: "read", run: ({ database }) => readKeyCheck(database) },
  cursorKey: { kind: "write", run: ({ database }, candidate: string) => cursorKey(database, candidate) },
  reseal: {
    kind: "write",
    run: ({ database }, values: readonly Resealed[], check: string) => reseal(database, values, check),
  },
  listConnectionTests: { kind: "read", run: ({ database }) => listConnectionTests(database) },
  saveConnectionTest: {
    kind: "write",
    run: ({ database }, test: ConnectionTest) => saveConnectionTest(database, test),
  },
} satisfies Operations<OpenDatabase>;

export const auditReading = {
  listAudit: { kind: "read", run: ({ database }, query: AuditQuery) => listAudit(database, query) },
} satisfies Operations<OpenDatabase>;
