/** Logins: password and second factor in, access and refresh tokens out; what a token stands for. */

import { randomBytes } from "node:crypto";
import type { Caller } from "../../core/access/caller.ts";
import { LoginThrottle } from "../../core/access/login-throttle.ts";
import type { SessionRecord, UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { dayMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Accounts } from "./accounts.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Secrets } from "./master-key.ts";
import { newSecret, otpauthUri, stepOf } from "./second-factor.ts";
import { accessSeconds, type Tokens } from "./tokens.ts";

/** A login that is not refreshed for so long has ended. */
const idleMs = 7 * dayMs;
/** And any login after so long. */
const longestMs = 30 * dayMs;
/** A secret that nobody confirms is forgotten. */
const enrolmentMs = 600_000;

export interface TokenPair {
  token: string;
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
  /** Somebody else has set the password. */
  password_change_required: boolean;
}

export interface LoginRequest {
  username: string;
  password: string;
  totp: string | null;
  address: string;
}

/** The user behind an access token. */
export interface UserCaller extends Caller {
  sessionId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

interface Parts {
  admin: Store["admin"];
  clock: Clock;
  accounts: Accounts;
  tokens: Tokens;
  secrets: Secrets;
  audit: AuditLog;
}

export class Logins {
  readonly #parts: Parts;
  readonly #throttle = new LoginThrottle();
  readonly #sessions = new Map<string, SessionRecord>();
  /** Secrets that wait for their first code, by user. */
  readonly #enrolling = new Map<string, { secret: string; at: number }>();

  private constructor(parts: Parts) {
    this.#parts = parts;
    parts.accounts.onRevoked((userId) => this.#endAll(userId));
  }

  static async load(parts: Parts): Promise<Logins> {
    const logins = new Logins(parts);
    for (const session of await parts.admin.listSessions()) logins.#sessions.set(session.id, session);
    return logins;
  }

  /**
   * @throws EdgeError login_refused (the same for unknown users, wrong passwords and disabled ones), totp_needed, totp_wrong, login_throttled
   * with `retryAfter` in seconds, logins_busy
   */
  async login({ username, password, totp, address }: LoginRequest): Promise<TokenPair> {
    const { accounts, clock, audit } = this.#parts;
    const account = username.trim().toLowerCase().slice(0, 64);
    const waitMs = this.#throttle.waitMs(account, address, clock.now());
    if (waitMs > 0) throw throttled(waitMs);
    const user = accounts.find(username);
    // Counted before the hash is made, so that many attempts at the same time are no way around the delay.
    this.#throttle.failed(account, address, clock.now());
    if (!(await accounts.verify(user, password)) || user === null) {
      await audit.note({ who: account || "?", address, source: "api" }, "login.refused", account || "?");
      throw new EdgeError("login_refused", "user name or password is wrong");
    }
    if (user.totpSecret !== null) await this.#secondFactor(user, totp, account, address);
    this.#throttle.succeeded(account, address);
    const now = clock.now();
    const session: SessionRecord = {
      id: `ses-${randomBytes(16).toString("hex")}`,
      userId: user.id,
      counter: 1,
      createdAt: now,
      refreshedAt: now,
      address,
    };
    await this.#parts.admin.saveSession(session);
    this.#sessions.set(session.id, session);
    await accounts.noteLogin(user);
    await audit.note({ who: user.name, address, source: "api" }, "login", user.name);
    return this.#pair(session, user);
  }

  /** @throws EdgeError refresh_refused */
  async refresh(token: string, address: string): Promise<TokenPair> {
    const { tokens, accounts, clock, audit, admin } = this.#parts;
    const claim = tokens.readRefresh(token);
    const session = claim === null ? undefined : this.#sessions.get(claim.sessionId);
    const user = session === undefined ? null : accounts.byId(session.userId);
    if (claim === null || session === undefined || user === null || user.disabledAt !== null) throw refreshRefused();
    if (claim.counter !== session.counter) {
      // Whoever has it has stolen it, or was stolen from: nobody goes on with this login.
      await this.end(session.id);
      await audit.note({ who: user.name, address, source: "api" }, "login.token_reused", user.name);
      throw refreshRefused();
    }
    const now = clock.now();
    if (hasEnded(session, now)) {
      await this.end(session.id);
      throw refreshRefused();
    }
    const next = { ...session, counter: session.counter + 1, refreshedAt: now };
    // At once, so that the same token cannot be used twice at the same time.
    this.#sessions.set(session.id, next);
    await admin.saveSession(next);
    return this.#pair(next, user);
  }

  /** Who an access token stands for, null for one that does not hold (any more). */
  async callerOf(token: string, address: string): Promise<UserCaller | null> {
    const claims = await this.#parts.tokens.readAccess(token);
    if (claims === null) return null;
    const user = this.#parts.accounts.byId(claims.userId);
    const live = this.#sessions.get(claims.sessionId)?.userId === claims.userId;
    if (user === null || user.disabledAt !== null || user.tokenVersion !== claims.tokenVersion || !live) return null;
    return {
      kind: "user",
      id: user.id,
      name: user.name,
      role: user.role,
      scopes: [],
      address,
      entities: user.entities.length === 0 ? null : user.entities,
      sessionId: claims.sessionId,
      expiresAt: claims.expiresAt,
    };
  }

  /** The session of a refresh token; null for one that does not hold. */
  sessionOf(refreshToken: string): string | null {
    const claim = this.#parts.tokens.readRefresh(refreshToken);
    const session = claim === null ? undefined : this.#sessions.get(claim.sessionId);
    return session !== undefined && session.counter === claim?.counter ? session.id : null;
  }

  async end(sessionId: string): Promise<void> {
    this.#sessions.delete(sessionId);
    await this.#parts.admin.deleteSessions([sessionId]);
  }

  /** Forgets logins that have run out. */
  async tick(): Promise<void> {
    const now = this.#parts.clock.now();
    const ended = [...this.#sessions.values()].filter((session) => hasEnded(session, now)).map(({ id }) => id);
    if (ended.length === 0) return;
    for (const id of ended) this.#sessions.delete(id);
    await this.#parts.admin.deleteSessions(ended);
  }

  /** Whether it is the user's password; failures count as those of logins do. @throws EdgeError login_throttled */
  async confirmPassword(user: UserRecord, password: string, address: string): Promise<boolean> {
    const account = user.name.toLowerCase();
    const { clock, accounts } = this.#parts;
    const waitMs = this.#throttle.waitMs(account, address, clock.now());
    if (waitMs > 0) throw throttled(waitMs);
    this.#throttle.failed(account, address, clock.now());
    const matches = await accounts.verify(user, password);
    if (matches) this.#throttle.succeeded(account, address);
    return matches;
  }

  /** A secret for an authenticator app; it counts once a code of it was given. */
  beginSecondFactor(user: UserRecord): { secret: string; otpauth_uri: string } {
    const secret = newSecret();
    this.#enrolling.set(user.id, { secret, at: this.#parts.clock.now() });
    return { secret, otpauth_uri: otpauthUri(secret, user.name) };
  }

  /** @throws EdgeError totp_wrong, totp_not_begun */
  async confirmSecondFactor(user: UserRecord, code: string): Promise<void> {
    const { clock, accounts, secrets } = this.#parts;
    const begun = this.#enrolling.get(user.id);
    if (begun === undefined || clock.now() - begun.at > enrolmentMs)
      throw new EdgeError(
        "totp_not_begun",
        "no second factor is being set up: ask for a secret first (POST /api/totp)",
      );
    const step = stepOf(begun.secret, code, clock.now());
    if (step === null)
      throw new EdgeError("totp_wrong", "this is not the code of this moment: check the clock of the device");
    this.#enrolling.delete(user.id);
    await accounts.setTotp(user, secrets.seal(begun.secret, placeOf(user)));
    await accounts.useTotpStep(user, step);
  }

  async #secondFactor(user: UserRecord, code: string | null, account: string, address: string): Promise<void> {
    const { secrets, accounts, clock, audit } = this.#parts;
    if (code === null) {
      // The password was right: only the code is missing, which is no failed attempt.
      this.#throttle.succeeded(account, address);
      throw new EdgeError("totp_needed", "this user has a second factor: send its code as totp");
    }
    const step = stepOf(secrets.open(user.totpSecret ?? "", placeOf(user)), code, clock.now());
    if (step !== null && (await accounts.useTotpStep(user, step))) return;
    await audit.note({ who: account, address, source: "api" }, "login.refused", account, { totp: "wrong" });
    throw new EdgeError("totp_wrong", "the code is wrong or was used already: send the next one");
  }

  async #pair(session: SessionRecord, user: UserRecord): Promise<TokenPair> {
    const { tokens } = this.#parts;
    const access = { userId: user.id, sessionId: session.id, tokenVersion: user.tokenVersion };
    const token = await tokens.access(access);
    return {
      token,
      access_token: token,
      token_type: "Bearer",
      expires_in: accessSeconds,
      refresh_token: tokens.refresh(session.id, session.counter),
      password_change_required: user.passwordIsInitial,
    };
  }

  async #endAll(userId: string): Promise<void> {
    const ids = [...this.#sessions.values()].filter((session) => session.userId === userId).map(({ id }) => id);
    for (const id of ids) this.#sessions.delete(id);
    if (ids.length > 0) await this.#parts.admin.deleteSessions(ids);
  }
}

function hasEnded({ createdAt, refreshedAt }: SessionRecord, now: number): boolean {
  return now - refreshedAt > idleMs || now - createdAt > longestMs;
}

function placeOf({ id }: UserRecord): string {
  return `users/${id}/totp_secret`;
}

function refreshRefused(): EdgeError {
  return new EdgeError("refresh_refused", "this refresh token does not hold (any more): log in again");
}

function throttled(waitMs: number): EdgeError {
  const retryAfter = Math.ceil(waitMs / 1000);
  return new EdgeError("login_throttled", `too many failed logins: the next is looked at in ${retryAfter} s`, {
    data: { retryAfter },
  });
}
