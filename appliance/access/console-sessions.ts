/**
 * Sign-ins of the console: a cookie of 256 random bits, of which the SHA-256 is stored. A session ends eight hours after its last use and
 * twelve after its beginning, at a sign-out, and at once when the user gets another password or other rights or is disabled, because it
 * holds only for the token version of its beginning.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Caller } from "../../core/access/caller.ts";
import { type ConsoleSessionRecord, mustChangePassword, type UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { hourMs, minuteMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Accounts } from "./accounts.ts";
import type { AuditLog } from "./audit-log.ts";
import { type Authenticated, type Authentication, loginRefused } from "./authentication.ts";
import type { Secrets } from "./master-key.ts";

const idleMs = 8 * hourMs;
const longestMs = 12 * hourMs;
/** How long the second step of a sign-in waits for its code. */
const pendingMs = 5 * minuteMs;
const mostPending = 1_000;
/** Of one user; the one that was used longest ago ends for the next. */
const mostOfUser = 40;
/** The time of the last use is stored when it has moved by so much. */
const storedEveryMs = minuteMs;

/** A person who works in the console. */
export interface ConsoleCaller extends Caller {
  /** The user's, for which the session holds. */
  tokenVersion: number;
  mustChangePassword: boolean;
  /** What a form of this session must carry. */
  formToken: string;
  /** Epoch milliseconds at which the session ends, used or not. */
  endsAt: number;
}

/** A sign-in that succeeded, or one that waits for the code of the second factor. */
export type SignIn = { cookie: string } | { pending: string };

interface Parts {
  admin: Store["admin"];
  clock: Clock;
  accounts: Accounts;
  authentication: Authentication;
  secrets: Secrets;
  audit: AuditLog;
}

type Session = ConsoleSessionRecord & { storedSeenAt: number };

export class ConsoleSessions {
  readonly #parts: Parts;
  readonly #sessions = new Map<string, Session>();
  readonly #pending = new Map<string, { userId: string; tokenVersion: number; at: number }>();
  readonly #undeleted = new Set<string>();
  #onEnded: () => void = () => {};

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async load(parts: Parts): Promise<ConsoleSessions> {
    const sessions = new ConsoleSessions(parts);
    for (const record of await parts.admin.listConsoleSessions()) {
      sessions.#sessions.set(record.sha256, { ...record, storedSeenAt: record.seenAt });
      const user = parts.accounts.byId(record.userId);
      if (user !== null) parts.authentication.known(user, record.address, record.createdAt);
    }
    return sessions;
  }

  /** Called after a sign-out. */
  onEnded(listener: () => void): void {
    this.#onEnded = listener;
  }

  /** @throws EdgeError login_refused, login_throttled, logins_busy, console_refused */
  async signIn(request: { username: string; password: string; address: string }): Promise<SignIn> {
    const { authentication, clock } = this.#parts;
    try {
      return await this.#begin(await authentication.check({ ...request, totp: null }, "console"), request.address);
    } catch (error) {
      if (!(error instanceof EdgeError) || error.code !== "totp_needed") throw error;
      const pending = randomBytes(32).toString("base64url");
      const { userId, tokenVersion } = error.data as { userId: string; tokenVersion: number };
      this.#pending.set(pending, { userId, tokenVersion, at: clock.now() });
      for (const oldest of this.#pending.keys()) if (this.#pending.size > mostPending) this.#pending.delete(oldest);
      return { pending };
    }
  }

  /** The second step. @throws EdgeError totp_wrong, login_throttled, sign_in_outdated, console_refused */
  async confirm({ pending, code, address }: { pending: string; code: string; address: string }): Promise<SignIn> {
    const { accounts, authentication, clock } = this.#parts;
    const begun = this.#pending.get(pending);
    const user = begun === undefined ? null : accounts.present({ id: begun.userId, tokenVersion: begun.tokenVersion });
    if (begun === undefined || user === null || clock.now() - begun.at > pendingMs) {
      this.#pending.delete(pending);
      throw new EdgeError("sign_in_outdated", "the code took too long: give name and password again");
    }
    const signIn = await this.#begin(await authentication.checkCode(user, code, address, "console"), address);
    this.#pending.delete(pending);
    return signIn;
  }

  /** The person behind a cookie at this moment; null if it does not hold. `isUse`: whether it counts against the idle end. */
  callerOf(cookie: string, address: string, isUse: boolean): ConsoleCaller | null {
    const { accounts, secrets, clock } = this.#parts;
    const sha256 = sha256Of(cookie);
    const session = this.#sessions.get(sha256);
    if (session === undefined) return null;
    const now = clock.now();
    const user = accounts.present({ id: session.userId, tokenVersion: session.tokenVersion });
    if (user === null || hasEnded(session, now)) return null;
    if (isUse) session.seenAt = Math.max(session.seenAt, now);
    return {
      kind: "user",
      id: user.id,
      name: user.name,
      role: user.role,
      scopes: [],
      address,
      entities: user.entities.length === 0 ? null : user.entities,
      via: "console",
      tokenVersion: user.tokenVersion,
      mustChangePassword: mustChangePassword(user),
      formToken: createHmac("sha256", secrets.key("console forms")).update(sha256).digest("base64url"),
      endsAt: session.createdAt + longestMs,
    };
  }

  /** How many sessions a user has. */
  countOf(userId: string): number {
    const { accounts, clock } = this.#parts;
    const now = clock.now();
    return [...this.#sessions.values()].filter(
      (one) =>
        one.userId === userId &&
        !hasEnded(one, now) &&
        accounts.present({ id: userId, tokenVersion: one.tokenVersion }) !== null,
    ).length;
  }

  async signOut(cookie: string, address: string): Promise<void> {
    const sha256 = sha256Of(cookie);
    const session = this.#sessions.get(sha256);
    if (session === undefined) return;
    const who = this.#parts.accounts.byId(session.userId)?.name ?? "?";
    this.#sessions.delete(sha256);
    this.#onEnded();
    await this.#delete([sha256]);
    await this.#parts.audit.note({ who, address, source: "console" }, "logout", who);
  }

  /** A new session for a user who has just chosen another password, which has ended all others. @throws EdgeError login_refused */
  async renew(userId: string, address: string): Promise<{ cookie: string }> {
    const user = this.#parts.accounts.byId(userId);
    if (user === null || this.#parts.accounts.present(user) === null) throw loginRefused();
    const { cookie, session } = this.#made(user, address);
    await this.#insert(session);
    return { cookie };
  }

  /** Removes sessions that have ended, and stores when the others were last used. */
  async tick(): Promise<void> {
    const { admin, accounts, clock } = this.#parts;
    const now = clock.now();
    for (const [sha256, session] of this.#sessions) {
      const isLeft = accounts.present({ id: session.userId, tokenVersion: session.tokenVersion }) === null;
      if (!isLeft && !hasEnded(session, now)) continue;
      this.#sessions.delete(sha256);
      this.#undeleted.add(sha256);
    }
    for (const [pending, { at }] of this.#pending) if (now - at > pendingMs) this.#pending.delete(pending);
    if (this.#undeleted.size > 0) await this.#delete([...this.#undeleted]);
    const used = [...this.#sessions.values()].filter((one) => one.seenAt - one.storedSeenAt >= storedEveryMs);
    if (used.length === 0) return;
    await admin.touchConsoleSessions(used.map(({ sha256, seenAt }) => [sha256, seenAt]));
    for (const one of used) one.storedSeenAt = one.seenAt;
  }

  async #begin(authenticated: Authenticated, address: string): Promise<SignIn> {
    const { authentication } = this.#parts;
    const { user, attempt } = authenticated;
    if (user.role === "soar") {
      attempt.forgive();
      throw new EdgeError(
        "console_refused",
        "this is an account for programs (role soar): it may use the API, and the console is for people",
      );
    }
    const { cookie, session } = this.#made(user, address);
    const where = { address, source: "console" } as const;
    await authentication.complete(authenticated, where, {
      begin: () => this.#insert(session),
      undo: async () => {
        this.#sessions.delete(session.sha256);
        await this.#delete([session.sha256]);
      },
    });
    return { cookie };
  }

  #made({ id, tokenVersion }: UserRecord, address: string): { cookie: string; session: Session } {
    const cookie = randomBytes(32).toString("base64url");
    const now = this.#parts.clock.now();
    const times = { createdAt: now, seenAt: now, storedSeenAt: now };
    return { cookie, session: { sha256: sha256Of(cookie), userId: id, tokenVersion, address, ...times } };
  }

  async #insert(session: Session): Promise<void> {
    await this.#parts.admin.insertConsoleSession(session);
    this.#sessions.set(session.sha256, session);
    const own = [...this.#sessions.values()].filter(({ userId }) => userId === session.userId);
    const surplus = own.sort((a, b) => a.seenAt - b.seenAt).slice(0, Math.max(0, own.length - mostOfUser));
    for (const { sha256 } of surplus) this.#sessions.delete(sha256);
    if (surplus.length > 0) await this.#delete(surplus.map(({ sha256 }) => sha256));
  }

  /** If it fails, for example on a full disk, it is tried again later, because a restart must not bring them back. */
  async #delete(sha256s: readonly string[]): Promise<void> {
    for (const one of sha256s) this.#undeleted.add(one);
    await this.#parts.admin.deleteConsoleSessions(sha256s);
    for (const one of sha256s) this.#undeleted.delete(one);
  }
}

/** One of a time far ahead was begun by a clock that has been set back since, and would not end for years. */
function hasEnded({ createdAt, seenAt }: ConsoleSessionRecord, now: number): boolean {
  return now - seenAt > idleMs || Math.abs(now - createdAt) > longestMs;
}

function sha256Of(cookie: string): string {
  return createHash("sha256").update(cookie).digest("hex");
}
