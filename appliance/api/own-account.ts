/** Login, logout, and changes that users make to their own account. */
import type { Caller } from "../../core/access/caller.ts";
import type { UserRecord } from "../../core/access/user.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Accounts } from "../access/accounts.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { Authentication, LoginRequest } from "../access/authentication.ts";
import type { Logins, TokenPair } from "../access/logins.ts";
import { userJson } from "./administration.ts";

export class OwnAccount {
  readonly #accounts: Accounts;
  readonly #authentication: Authentication;
  readonly #logins: Logins;
  readonly #audit: AuditLog;

  constructor(accounts: Accounts, authentication: Authentication, logins: Logins, audit: AuditLog) {
    this.#accounts = accounts;
    this.#authentication = authentication;
    this.#logins = logins;
    this.#audit = audit;
  }

  login(request: LoginRequest): Promise<TokenPair> {
    return this.#logins.login(request);
  }

  refresh(token: string, address: string): Promise<TokenPair> {
    return this.#logins.refresh(token, address);
  }

  /** @throws EdgeError refresh_refused if there is no login to end */
  async logout(caller: { sessionId: string } | null, refreshToken: string | null, address: string): Promise<void> {
    const session = caller?.sessionId ?? (refreshToken === null ? null : this.#logins.sessionOf(refreshToken));
    if (session === null)
      throw new EdgeError(
        "refresh_refused",
        "send an access token in Authorization: Bearer, or a refresh_token, that holds",
      );
    const who = this.#logins.ownerOf(session)?.name ?? "?";
    await this.#logins.end(session);
    await this.#audit.note({ who, address, source: "api" }, "logout", who);
  }

  me(caller: Caller): Record<string, unknown> {
    return userJson(this.#user(caller));
  }

  /** @throws EdgeError password_wrong, login_throttled; UsageError for a bad new one */
  async changePassword(caller: Caller, current: string, next: string): Promise<void> {
    const user = await this.#confirmed(caller, current, "current_password");
    if (next === current) throw new UsageError("new_password: another one than the present password");
    await this.#accounts.changeOwnPassword(user, next);
    await this.#audit.note(auditAuthor(caller), "user.password", user.name);
  }

  /** How the person is called in lists and histories; blank = by the login. @throws UsageError, EdgeError account_changed */
  async changeDisplayName(caller: Caller, name: string): Promise<void> {
    const user = this.#user(caller);
    await this.#accounts.setDisplayName(user, name.trim() === "" ? null : name.trim());
    await this.#audit.note(auditAuthor(caller), "user.display_name", user.name, { name: name.trim() });
  }

  /** @throws EdgeError password_wrong, login_throttled */
  async beginTotp(caller: Caller, password: string): Promise<Record<string, unknown>> {
    return { ...this.#authentication.secondFactors.begin(await this.#confirmed(caller, password)) };
  }

  /** `withCodes`: answers the first recovery codes, which cannot be shown again. @throws EdgeError totp_wrong, totp_not_begun */
  async confirmTotp(caller: Caller, code: string, withCodes: boolean): Promise<string[]> {
    const user = this.#user(caller);
    const { secondFactors } = this.#authentication;
    await secondFactors.confirm(user, code);
    const codes = withCodes ? await secondFactors.newRecoveryCodes(this.#user(caller)) : [];
    const detail = { set: true, recovery_codes: codes.length };
    await this.#audit.note(auditAuthor(caller), "user.second_factor", user.name, detail);
    return codes;
  }

  /** A new set, which ends the one before. @throws EdgeError password_wrong, login_throttled, totp_not_set */
  async newRecoveryCodes(caller: Caller, password: string): Promise<string[]> {
    const user = await this.#confirmed(caller, password);
    const codes = await this.#authentication.secondFactors.newRecoveryCodes(user);
    await this.#audit.note(auditAuthor(caller), "user.recovery_codes", user.name, { made: codes.length });
    return codes;
  }

  /** Before something that a page left open must not do by itself. @throws EdgeError password_wrong, login_throttled */
  async confirmPassword(caller: Caller, password: string): Promise<void> {
    await this.#confirmed(caller, password, "your own password");
  }

  /** @throws EdgeError password_wrong, login_throttled */
  async removeTotp(caller: Caller, password: string): Promise<void> {
    const user = await this.#confirmed(caller, password);
    await this.#accounts.setTotp(user, null);
    await this.#audit.note(auditAuthor(caller), "user.second_factor", user.name, { set: false });
  }

  #user({ id }: Caller): UserRecord {
    const user = this.#accounts.byId(id);
    if (user === null) throw new EdgeError("user_unknown", "this user has been removed");
    return user;
  }

  async #confirmed(caller: Caller, password: string, field = "password"): Promise<UserRecord> {
    const user = this.#user(caller);
    if (await this.#authentication.confirmPassword(user, password, caller.address)) return user;
    await this.#audit.note(auditAuthor(caller), "user.password_refused", user.name);
    throw new EdgeError("password_wrong", `${field}: this is not the password of ${user.name}`);
  }
}
