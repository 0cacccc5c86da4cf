/** Who somebody is: password, second factor, and the delays after failures, for logins of the API and sign-ins of the console alike. */
import { type Attempt, LoginThrottle } from "../../core/access/login-throttle.ts";
import type { UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Accounts } from "./accounts.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Secrets } from "./master-key.ts";
import { SecondFactors } from "./second-factors.ts";

export interface LoginRequest {
  username: string;
  password: string;
  totp: string | null;
  address: string;
}

/** Where it happens, for the audit log. */
export type LoginSource = "api" | "console";

/** Told what became of each attempt, for metrics. */
export type OnLogin = (source: LoginSource, outcome: "accepted" | "refused" | "code_wrong" | "throttled") => void;

/** A user whose password and code were right; until `complete` the attempt counts as a failure. */
export interface Authenticated {
  user: UserRecord;
  attempt: Attempt;
  /** How many recovery codes are left after one was used; null = none was. */
  recoveryCodesLeft: number | null;
}

export class Authentication {
  readonly secondFactors: SecondFactors;
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #throttle = new LoginThrottle();
  readonly #onLogin: OnLogin;

  constructor({ accounts, clock, audit, secrets, onLogin = () => {} }: AuthenticationParts) {
    this.#onLogin = onLogin;
    this.#accounts = accounts;
    this.#clock = clock;
    this.#audit = audit;
    this.secondFactors = new SecondFactors(accounts, secrets, clock);
  }

  /** The user has logged in from this address before, at `at` (epoch ms). */
  known(user: UserRecord, address: string, at: number): void {
    this.#throttle.known(user.name.toLowerCase(), address, at);
  }

  /**
   * @throws EdgeError login_refused (the same for unknown users, wrong passwords and disabled ones), totp_needed with `userId` and
   * `tokenVersion`, totp_wrong, login_throttled with `retryAfter` in seconds, logins_busy
   */
  async check({ username, password, totp, address }: LoginRequest, source: LoginSource): Promise<Authenticated> {
    const accounts = this.#accounts;
    const account = username.trim().toLowerCase().slice(0, 64);
    const user = accounts.find(username);
    // Counted before the hash is computed, so that concurrent attempts cannot avoid the delay.
    const attempt = this.#begin(account, address, source);
    const matches = await accounts.verify(user, password).catch((error: unknown) => {
      attempt.forgive();
      throw error;
    });
    // Checked again after each wait: an administrator may have changed the account meanwhile.
    if (!matches || user === null || accounts.present(user) === null) {
      this.#onLogin(source, "refused");
      await this.#audit.note({ who: account || "?", address, source }, "login.refused", account || "?");
      throw loginRefused();
    }
    if (user.totpSecret === null) return { user, attempt, recoveryCodesLeft: null };
    if (totp === null) {
      // The password was right and only the code is missing: neither a failure, nor a reason to clear earlier ones.
      attempt.forgive();
      const { id: userId, tokenVersion } = user;
      const data = { userId, tokenVersion };
      throw new EdgeError("totp_needed", "this user has a second factor: send its code as totp", { data });
    }
    return { user, attempt, recoveryCodesLeft: await this.#checkCode(user, totp, address, source) };
  }

  /** The second step of a user whose password was right. @throws EdgeError totp_wrong, login_throttled */
  async checkCode(user: UserRecord, code: string, address: string, source: LoginSource): Promise<Authenticated> {
    const attempt = this.#begin(user.name.toLowerCase(), address, source);
    return { user, attempt, recoveryCodesLeft: await this.#checkCode(user, code, address, source) };
  }

  /** Lets the user in: `begin` stores the login, `undo` takes it away if the account was changed meanwhile. @throws EdgeError login_refused */
  async complete(
    { user, attempt, recoveryCodesLeft }: Authenticated,
    { address, source }: { address: string; source: LoginSource },
    login: { begin(): Promise<void>; undo(): Promise<void> },
  ): Promise<void> {
    await login.begin().catch((error: unknown) => {
      // The password was right: a full disk is no failure of its owner.
      attempt.forgive();
      throw error;
    });
    if (this.#accounts.present(user) === null) {
      await login.undo();
      throw loginRefused();
    }
    attempt.succeeded();
    this.#onLogin(source, "accepted");
    await this.#accounts.noteLogin(user, address);
    const detail = recoveryCodesLeft === null ? {} : { recovery_codes_left: recoveryCodesLeft };
    await this.#audit.note({ who: user.name, address, source }, "login", user.name, detail);
  }

  /** Verifies the user's password; failures count like those of logins. @throws EdgeError login_throttled */
  async confirmPassword(user: UserRecord, password: string, address: string): Promise<boolean> {
    const attempt = this.#begin(user.name.toLowerCase(), address);
    const matches = await this.#accounts.verify(user, password).catch((error: unknown) => {
      attempt.forgive();
      throw error;
    });
    if (matches) attempt.succeeded();
    return matches;
  }

  /** Until when the next login of an account is put off, by its name in lower case: epoch milliseconds. */
  lockedUntil(): ReadonlyMap<string, number> {
    return this.#throttle.lockedUntil(this.#clock.now());
  }

  /** `source`: absent where it is no login. */
  #begin(account: string, address: string, source?: LoginSource): Attempt {
    const now = this.#clock.now();
    const waitMs = this.#throttle.waitMs(account, address, now);
    if (waitMs > 0 && source !== undefined) this.#onLogin(source, "throttled");
    if (waitMs > 0) throw throttled(waitMs);
    return this.#throttle.begin(account, address, now);
  }

  async #checkCode(
    user: UserRecord,
    code: string,
    address: string,
    source: LoginSource,
  ): Promise<Authenticated["recoveryCodesLeft"]> {
    const accepted = await this.secondFactors.accepts(user, code);
    if (accepted !== null) return accepted.recoveryCodesLeft;
    this.#onLogin(source, "code_wrong");
    await this.#audit.note({ who: user.name, address, source }, "login.refused", user.name, { totp: "wrong" });
    throw new EdgeError("totp_wrong", "the code is wrong or was used already: send the next one");
  }
}

export interface AuthenticationParts {
  accounts: Accounts;
  clock: Clock;
  audit: AuditLog;
  secrets: Secrets;
  onLogin?: OnLogin;
}

export function loginRefused(): EdgeError {
  return new EdgeError("login_refused", "user name or password is wrong");
}

function throttled(waitMs: number): EdgeError {
  const retryAfter = Math.ceil(waitMs / 1000);
  return new EdgeError("login_throttled", `too many failed logins: the next is looked at in ${retryAfter} s`, {
    data: { retryAfter },
  });
}
