/** Checks of what is asked for of a user, and what a change comes to. */
import { createHash } from "node:crypto";
import { type Change, changesOf, secretWord } from "../../core/access/audit.ts";
import { refuseLimitedAdmin, type UserChange, type UserRecord } from "../../core/access/user.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";

/** A word for what an administrator may change of a user: it is another one after each change. */
export function userRevision(user: UserRecord): string {
  const { role, entities, disabledAt, displayName, totpSecret, tokenVersion } = user;
  const text = JSON.stringify([role, entities, disabledAt, displayName, totpSecret !== null, tokenVersion]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The user, if it has this revision; null = whichever. @throws EdgeError user_changed */
export function expectRevision(user: UserRecord, revision: string | null): UserRecord {
  if (revision === null || revision === userRevision(user)) return user;
  throw new EdgeError(
    "user_changed",
    `${user.name} was changed by somebody else meanwhile, so nothing was changed: look at the user again`,
  );
}

/** The user as asked for; another token version where that ends every login. @throws UsageError for a bad limit */
export function changedUser(
  user: UserRecord,
  change: UserChange,
  { passwordHash, now }: { passwordHash: string | null; now: number },
): UserRecord {
  const { role = user.role, entities = user.entities, disabled = user.disabledAt !== null } = change;
  const limit = cleaned(entities);
  // An administrator whom an earlier version limited can still be disabled or given another password.
  if (change.role !== undefined || change.entities !== undefined) refuseLimitedAdmin(role, limit);
  const isOther = passwordHash !== null || role !== user.role || !sameNames(limit, user.entities);
  const revokes = change.endSessions === true || disabled || isOther;
  return {
    ...user,
    role,
    entities: limit,
    disabledAt: disabled ? (user.disabledAt ?? now) : null,
    tokenVersion: user.tokenVersion + (revokes ? 1 : 0),
    ...(passwordHash === null ? {} : { passwordHash, passwordIsInitial: true }),
    ...(change.resetTotp ? { totpSecret: null, totpStep: 0, recoveryCodes: [] } : {}),
    ...(change.displayName === undefined ? {} : { displayName: change.displayName?.trim() || null }),
  };
}

/** What was asked for, and what changed by it. */
export function detailOf(before: UserRecord, after: UserRecord, change: UserChange): Record<string, unknown> {
  const { password, ...asked } = change;
  const shown = (user: UserRecord) => ({
    role: user.role,
    entities: user.entities,
    disabled: user.disabledAt !== null,
    second_factor: user.totpSecret !== null,
    display_name: user.displayName,
  });
  const changes: Change[] = changesOf(shown(before), shown(after));
  if (password !== undefined) changes.push({ name: "password", old: secretWord, new: secretWord });
  if (change.endSessions) changes.push({ name: "sessions", old: null, new: "ended" });
  return { ...asked, ...(password === undefined ? {} : { password: "changed" }), changes };
}

/** @throws UsageError if there is a problem with the field */
export function checked(field: string, problem: string | null): void {
  if (problem !== null) throw new UsageError(`${field}: ${problem}`);
}

/** Names of entities without blanks around them, each once. @throws UsageError for a blank one */
export function cleaned(entities: readonly string[]): string[] {
  const names = entities.map((entity) => entity.trim());
  // An empty name must not create a user for every tenant.
  if (names.includes("")) throw new UsageError("entities: a name is blank; leave the list empty for all entities");
  return [...new Set(names)];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}
