/** Users, kept in memory: read at the start and changed only here, so that no request waits for the database. */
import { randomBytes } from "node:crypto";
import {
  badDisplayName,
  badPassword,
  badUserName,
  type NewUser,
  refuseLimitedAdmin,
  type UserChange,
  type UserRecord,
} from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";
import type { PasswordHasher } from "../runtime/passwords.ts";
import { Turns } from "./turns.ts";
import { changedUser, checked, cleaned, detailOf, expectRevision } from "./user-change.ts";

/** The administrator who makes a change; null = the command line, or the users themselves. */
export type Authority = { id: string; tokenVersion: number } | null;

/** Called when a user's logins have to end. */
export type OnRevoked = (userId: string) => Promise<void>;

/** Half minutes by which the last code may be ahead of the present one: ten minutes. */
const stepsAhead = 20;

export class Accounts {
  readonly #admin: Store["admin"];
  readonly #clock: Clock;
  readonly #passwords: PasswordHasher;
  readonly #users = new Map<string, UserRecord>();
  /** A hash that matches no password, so that verifying an unknown user takes as long as a known one. */
  #nobody: string | null = null;
  #onRevoked: OnRevoked = async () => {};
  #onPasswordGone: (user: UserRecord) => void = () => {};
  readonly #turns = new Turns();

  private constructor(admin: Store["admin"], clock: Clock, passwords: PasswordHasher) {
    this.#admin = admin;
    this.#clock = clock;
    this.#passwords = passwords;
  }

  static async load(admin: Store["admin"], clock: Clock, passwords: PasswordHasher): Promise<Accounts> {
    const accounts = new Accounts(admin, clock, passwords);
    await accounts.reload();
    return accounts;
  }

  /** Reads all users again, after another node of a cluster has changed some. */
  async reload(): Promise<void> {
    const users = await this.#admin.listUsers();
    this.#users.clear();
    for (const user of users) this.#users.set(user.id, user);
  }

  onRevoked(listener: OnRevoked): void {
    this.#onRevoked = listener;
  }

  /** Called when a user's password was replaced, or the user was removed. */
  onPasswordGone(listener: (user: UserRecord) => void): void {
    this.#onPasswordGone = listener;
  }

  /** By name. */
  list(): UserRecord[] {
    return [...this.#users.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  byId(id: string): UserRecord | null {
    return this.#users.get(id) ?? null;
  }

  find(name: string): UserRecord | null {
    const wanted = name.trim().toLowerCase();
    return this.list().find((user) => user.name.toLowerCase() === wanted) ?? null;
  }

  /** @throws EdgeError user_unknown */
  known(name: string): UserRecord {
    const user = this.find(name);
    if (user === null)
      throw new EdgeError(
        "user_unknown",
        `there is no user ${JSON.stringify(name.slice(0, 64))}: \`rhythmx user list\` shows them`,
      );
    return user;
  }

  get hasAdmin(): boolean {
    return this.list().some(({ role }) => role === "admin");
  }

  /** @throws UsageError for a bad name, password or limit; EdgeError user_exists, caller_revoked */
  async create({ name, role, password, entities }: NewUser, initial = true, by: Authority = null): Promise<UserRecord> {
    checked("name", badUserName(name));
    checked("password", badPassword(password, name));
    const limit = cleaned(entities);
    refuseLimitedAdmin(role, limit);
    this.#refuseTaken(name);
    const passwordHash = await this.#passwords.hash(password);
    return this.#changing(by, async () => {
      this.#refuseTaken(name);
      const user: UserRecord = {
        id: `user-${randomBytes(6).toString("hex")}`,
        name,
        role,
        entities: limit,
        passwordHash,
        passwordIsInitial: initial,
        tokenVersion: 1,
        totpSecret: null,
        totpStep: 0,
        recoveryCodes: [],
        createdAt: this.#clock.now(),
        disabledAt: null,
        lastLoginAt: null,
        lastLoginFrom: null,
        displayName: null,
      };
      await this.#admin.insertUser(user);
      this.#users.set(user.id, user);
      return user;
    });
  }

  /**
   * `detail`: for the audit log. `revision`: which the user must have (`userRevision`); null = whichever.
   * @throws EdgeError user_unknown, user_changed, last_admin, caller_revoked; UsageError for a bad password or limit
   */
  async change(
    name: string,
    change: UserChange,
    by: Authority = null,
    revision: string | null = null,
  ): Promise<{ user: UserRecord; detail: Record<string, unknown> }> {
    const { password } = change;
    const displayName = change.displayName?.trim() || null;
    checked("display_name", displayName === null ? null : badDisplayName(displayName));
    if (password !== undefined) checked("password", badPassword(password, this.known(name).name));
    const passwordHash = password === undefined ? null : await this.#passwords.hash(password);
    return this.#changing(by, async () => {
      const user = expectRevision(this.known(name), revision);
      const changed = changedUser(user, change, { passwordHash, now: this.#clock.now() });
      if (changed.role !== "admin" || changed.disabledAt !== null) this.#keepAnAdmin(user);
      await this.#save(changed, user);
      if (changed.tokenVersion !== user.tokenVersion) await this.#onRevoked(user.id);
      if (passwordHash !== null) this.#onPasswordGone(user);
      return { user: changed, detail: detailOf(user, changed, change) };
    });
  }

  /** Changes the user's own password; `user` is the record against which the present password was checked. @throws UsageError for a bad one; EdgeError account_changed */
  async changeOwnPassword(user: UserRecord, password: string): Promise<void> {
    checked("new_password", badPassword(password, user.name));
    const passwordHash = await this.#passwords.hash(password);
    await this.#changing(null, async () => {
      const current = this.#unchanged(user);
      const { tokenVersion } = current;
      await this.#save({ ...current, passwordHash, passwordIsInitial: false, tokenVersion: tokenVersion + 1 }, current);
      await this.#onRevoked(user.id);
      this.#onPasswordGone(user);
    });
  }

  /** Sets the second factor; `seal` encrypts the secret with the key in force, null removes it. @throws EdgeError account_changed */
  async setTotp(user: UserRecord, seal: (() => string) | null, step = 0): Promise<void> {
    await this.#changing(null, async () => {
      const current = this.#unchanged(user);
      const totpSecret = seal === null ? null : seal();
      // Recovery codes belong to the second factor that they were made for.
      await this.#save({ ...current, totpSecret, totpStep: step, recoveryCodes: [] }, current);
    });
  }

  /** Replaces the recovery codes. @throws EdgeError account_changed, totp_not_set */
  async setRecoveryCodes(user: UserRecord, recoveryCodes: readonly string[]): Promise<void> {
    await this.#changing(null, async () => {
      const current = this.#unchanged(user);
      if (current.totpSecret === null)
        throw new EdgeError("totp_not_set", "there is no second factor that recovery codes could stand in for");
      await this.#save({ ...current, recoveryCodes }, current);
    });
  }

  /** Uses a recovery code up; returns how many are left, null if it is none of the user's. */
  useRecoveryCode(user: UserRecord, sha256: string): Promise<number | null> {
    return this.#changing(null, async () => {
      const current = this.present(user);
      if (current === null || current.totpSecret === null || !current.recoveryCodes.includes(sha256)) return null;
      const recoveryCodes = current.recoveryCodes.filter((one) => one !== sha256);
      await this.#save({ ...current, recoveryCodes }, current);
      return recoveryCodes.length;
    });
  }

  /** Null = called by the login. @throws UsageError; EdgeError account_changed */
  async setDisplayName(user: UserRecord, displayName: string | null): Promise<void> {
    checked("display_name", displayName === null ? null : badDisplayName(displayName));
    await this.#changing(null, async () => {
      const current = this.#unchanged(user);
      await this.#save({ ...current, displayName }, current);
    });
  }

  /** Runs work during which no user may change, such as re-encrypting every secret. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run("users", work);
  }

  /** Reads the second factors again after a rotation of the master key. */
  async rereadSecondFactors(): Promise<void> {
    for (const { id, totpSecret } of await this.#admin.listUsers()) {
      const user = this.#users.get(id);
      if (user !== undefined) this.#users.set(id, { ...user, totpSecret });
    }
  }

  /** Records a code as used; returns false if it, or a later one, was already used. */
  useTotpStep(user: UserRecord, step: number): Promise<boolean> {
    return this.#changing(null, async () => {
      const current = this.present(user);
      if (current === null || current.totpSecret !== user.totpSecret) return false;
      // One that is far ahead was used by a clock that has been set back since, and no code would count for years.
      if (step <= current.totpStep && current.totpStep - step <= stepsAhead) return false;
      await this.#save({ ...current, totpStep: step }, current);
      return true;
    });
  }

  async noteLogin(user: UserRecord, lastLoginFrom: string): Promise<void> {
    await this.#changing(null, async () => {
      const current = this.present(user);
      if (current !== null) await this.#save({ ...current, lastLoginAt: this.#clock.now(), lastLoginFrom }, current);
    });
  }

  /** `revision`: as of `change`. @throws EdgeError user_unknown, user_changed, last_admin, caller_revoked */
  remove(name: string, by: Authority = null, revision: string | null = null): Promise<UserRecord> {
    return this.#changing(by, async () => {
      const user = expectRevision(this.known(name), revision);
      this.#keepAnAdmin(user);
      await this.#admin.deleteUser(user.id);
      this.#users.delete(user.id);
      await this.#onRevoked(user.id);
      this.#onPasswordGone(user);
      return user;
    });
  }

  /** The present record of the user; null if it was removed, disabled, or got other rights or another password since. */
  present({ id, tokenVersion }: Pick<UserRecord, "id" | "tokenVersion">): UserRecord | null {
    const current = this.#users.get(id) ?? null;
    return current === null || current.disabledAt !== null || current.tokenVersion !== tokenVersion ? null : current;
  }

  /** Verifies a password. For an unknown or disabled user it returns false after the same amount of work. */
  async verify(user: UserRecord | null, password: string): Promise<boolean> {
    this.#nobody ??= await this.#passwords.hash(randomBytes(24).toString("base64"));
    const matches = await this.#passwords.verify(password.slice(0, 256), user?.passwordHash ?? this.#nobody);
    return matches && user !== null && user.disabledAt === null;
  }

  #keepAnAdmin(leaving: UserRecord): void {
    const isAdmin = ({ role, disabledAt }: UserRecord) => role === "admin" && disabledAt === null;
    if (!isAdmin(leaving)) return;
    if (!this.list().some((user) => user.id !== leaving.id && isAdmin(user)))
      throw new EdgeError("last_admin", `${leaving.name} is the last administrator: make another one first`);
  }

  #refuseTaken(name: string): void {
    if (this.find(name) !== null)
      throw new EdgeError("user_exists", `there is a user ${name} already: choose another name`);
  }

  #unchanged(user: UserRecord): UserRecord {
    const current = this.present(user);
    if (current === null)
      throw new EdgeError("account_changed", "this account was changed by an administrator meanwhile: log in again");
    return current;
  }

  /** Runs changes of users one after the other, so that nothing changes between reading and writing. */
  #changing<T>(by: Authority, work: () => Promise<T>): Promise<T> {
    return this.#turns.run("users", async () => {
      if (by !== null && this.present(by)?.role !== "admin")
        throw new EdgeError("caller_revoked", "your rights were changed while this was under way: log in again");
      return work();
    });
  }

  async #save(user: UserRecord, before: UserRecord): Promise<void> {
    if (!(await this.#admin.updateUser(user, before.tokenVersion)))
      throw new EdgeError("user_unknown", "this user has been changed or removed by another program");
    this.#users.set(user.id, user);
  }
}
