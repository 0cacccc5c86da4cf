/** Logins of the API: issues and checks access and refresh tokens. */

import { randomBytes } from "node:crypto";
import type { Caller } from "../../core/access/caller.ts";
import { mustChangePassword, type SessionRecord, type UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { dayMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Accounts } from "./accounts.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Authentication, LoginRequest } from "./authentication.ts";
import { accessSeconds, type Tokens } from "./tokens.ts";
import { Turns } from "./turns.ts";

/** A login that is not refreshed for this long ends. */
const idleMs = 7 * dayMs;
/** Any login ends after this long. */
const longestMs = 30 * dayMs;

export interface TokenPair {
  token: string;
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
  /** Whether somebody else set the password. */
  password_change_required: boolean;
}

/** The user behind an access token. */
export interface UserCaller extends Caller {
  tokenVersion: number;
  /** Whether somebody else set the password: until it is changed, nothing else is allowed. */
  mustChangePassword: boolean;
  sessionId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

interface Parts {
  admin: Store["admin"];
  clock: Clock;
  accounts: Accounts;
  authentication: Authentication;
  tokens: Tokens;
  audit: AuditLog;
}

export class Logins {
  readonly #parts: Parts;
  readonly #sessions = new Map<string, SessionRecord>();
  /** Runs one refresh of a login at a time. */
  readonly #turns = new Turns();
  readonly #undeleted = new Set<string>();
  #onEnded: () => void = () => {};

  private constructor(parts: Parts) {
    this.#parts = parts;
    parts.accounts.onRevoked((userId) => this.#endAll(userId));
  }

  static async load(parts: Parts): Promise<Logins> {
    const logins = new Logins(parts);
    for (const session of await parts.admin.listSessions()) {
      logins.#sessions.set(session.id, session);
      const user = parts.accounts.byId(session.userId);
      if (user !== null) parts.authentication.known(user, session.address, session.refreshedAt);
    }
    return logins;
  }

  /** Called after a change of the account ended a user's logins. */
  onEnded(listener: () => void): void {
    this.#onEnded = listener;
  }

  /** @throws EdgeError as `Authentication.check` */
  async login(request: LoginRequest): Promise<TokenPair> {
    const { authentication, clock, admin } = this.#parts;
    const { address } = request;
    const authenticated = await authentication.check(request, "api");
    const now = clock.now();
    const session: SessionRecord = {
      id: `ses-${randomBytes(16).toString("hex")}`,
      userId: authenticated.user.id,
      counter: 1,
      createdAt: now,
      refreshedAt: now,
      address,
    };
    await authentication.complete(
      authenticated,
      { address, source: "api" },
      {
        begin: async () => {
          await admin.insertSession(session);
          this.#sessions.set(session.id, session);
        },
        undo: () => this.end(session.id),
      },
    );
    return this.#pair(session, authenticated.user);
  }

  /** @throws EdgeError refresh_refused */
  async refresh(token: string, address: string): Promise<TokenPair> {
    const claim = this.#parts.tokens.readRefresh(token);
    if (claim === null) throw refreshRefused();
    return this.#turns.run(claim.sessionId, () => this.#refresh(claim, address));
  }

  async #refresh(claim: NonNullable<ReturnType<Tokens["readRefresh"]>>, address: string): Promise<TokenPair> {
    const { accounts, clock, audit, admin } = this.#parts;
    const session = this.#sessions.get(claim.sessionId);
    if (session === undefined) throw refreshRefused();
    const user = accounts.present({ id: session.userId, tokenVersion: claim.tokenVersion });
    if (user === null) throw refreshRefused();
    if (claim.counter !== session.counter) {
      // The token was used before, so it may have been stolen: the login ends.
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
    // Stored first: if that fails, the token counts as unused and can be sent again.
    await admin.updateSession(next);
    if (!this.#sessions.has(session.id)) throw refreshRefused();
    this.#sessions.set(session.id, next);
    return this.#pair(next, user);
  }

  /** The user of an access token; null if the token is not valid. */
  async callerOf(token: string, address: string): Promise<UserCaller | null> {
    const claims = await this.#parts.tokens.readAccess(token);
    if (claims === null) return null;
    const user = this.#parts.accounts.present({ id: claims.userId, tokenVersion: claims.tokenVersion });
    const live = this.#sessions.get(claims.sessionId)?.userId === claims.userId;
    if (user === null || !live) return null;
    return {
      kind: "user",
      id: user.id,
      name: user.name,
      role: user.role,
      scopes: [],
      address,
      entities: user.entities.length === 0 ? null : user.entities,
      tokenVersion: user.tokenVersion,
      mustChangePassword: mustChangePassword(user),
      sessionId: claims.sessionId,
      expiresAt: claims.expiresAt,
    };
  }

  /** The session of a refresh token; null if the token is not valid. */
  sessionOf(refreshToken: string): string | null {
    const claim = this.#parts.tokens.readRefresh(refreshToken);
    const session = claim === null ? undefined : this.#sessions.get(claim.sessionId);
    return session !== undefined && session.counter === claim?.counter ? session.id : null;
  }

  /** The user of a login; null if it has ended. */
  ownerOf(sessionId: string): UserRecord | null {
    return this.#parts.accounts.byId(this.#sessions.get(sessionId)?.userId ?? "");
  }

  /** How many logins a user has. */
  countOf(userId: string): number {
    const now = this.#parts.clock.now();
    return [...this.#sessions.values()].filter((one) => one.userId === userId && !hasEnded(one, now)).length;
  }

  async end(sessionId: string): Promise<void> {
    this.#sessions.delete(sessionId);
    await this.#delete([sessionId]);
  }

  /** Removes expired logins, and ended ones that could not be deleted at the time. */
  async tick(): Promise<void> {
    const now = this.#parts.clock.now();
    const ended = [...this.#sessions.values()].filter((session) => hasEnded(session, now)).map(({ id }) => id);
    for (const id of ended) this.#sessions.delete(id);
    const all = [...new Set([...ended, ...this.#undeleted])];
    if (all.length > 0) await this.#delete(all);
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
      refresh_token: tokens.refresh({
        sessionId: session.id,
        counter: session.counter,
        tokenVersion: user.tokenVersion,
      }),
      password_change_required: mustChangePassword(user),
    };
  }

  async #endAll(userId: string): Promise<void> {
    const ids = [...this.#sessions.values()].filter((session) => session.userId === userId).map(({ id }) => id);
    for (const id of ids) this.#sessions.delete(id);
    this.#parts.authentication.secondFactors.forget(userId);
    if (ids.length > 0) await this.#delete(ids);
    this.#onEnded();
  }

  /** Deletes a login; if that fails, for example on a full disk, it is retried later, because a restart must not restore it. */
  async #delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#undeleted.add(id);
    await this.#parts.admin.deleteSessions(ids);
    for (const id of ids) this.#undeleted.delete(id);
  }
}

/** One of a time far ahead was begun by a clock that has been set back since, and would not end for years. */
function hasEnded({ createdAt, refreshedAt }: SessionRecord, now: number): boolean {
  return now - refreshedAt > idleMs || Math.abs(now - createdAt) > longestMs;
}

function refreshRefused(): EdgeError {
  return new EdgeError("refresh_refused", "this refresh token does not hold (any more): log in again");
}
