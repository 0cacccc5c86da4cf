/** Second factors of users: setting one up, and whether a code is right. */
import type { UserRecord } from "../../core/access/user.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { minuteMs } from "../../core/time.ts";
import type { Accounts } from "./accounts.ts";
import type { Secrets } from "./master-key.ts";
import { newSecret, otpauthUri, stepOf } from "./second-factor.ts";

/** A secret that nobody confirms is forgotten. */
const enrolmentMs = 10 * minuteMs;

export class SecondFactors {
  readonly #accounts: Accounts;
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  /** Secrets that wait for their first code, by user. */
  readonly #enrolling = new Map<string, { secret: string; at: number; tokenVersion: number }>();

  constructor(accounts: Accounts, secrets: Secrets, clock: Clock) {
    this.#accounts = accounts;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** A secret for an authenticator app; it counts once a code of it was given. */
  begin(user: UserRecord): { secret: string; otpauth_uri: string } {
    const secret = newSecret();
    this.#enrolling.set(user.id, { secret, at: this.#clock.now(), tokenVersion: user.tokenVersion });
    return { secret, otpauth_uri: otpauthUri(secret, user.name) };
  }

  /** @throws EdgeError totp_wrong, totp_not_begun, account_changed */
  async confirm(user: UserRecord, code: string): Promise<void> {
    const now = this.#clock.now();
    const begun = this.#enrolling.get(user.id);
    // Begun under another password or with other rights: somebody else may have begun it.
    if (begun?.tokenVersion !== user.tokenVersion || now - begun.at > enrolmentMs)
      throw new EdgeError(
        "totp_not_begun",
        "no second factor is being set up: ask for a secret first (POST /api/totp)",
      );
    const step = stepOf(begun.secret, code, now);
    if (step === null)
      throw new EdgeError("totp_wrong", "this is not the code of this moment: check the clock of the device");
    this.#enrolling.delete(user.id);
    await this.#accounts.setTotp(user, () => this.#secrets.seal(begun.secret, placeOf(user)), step);
  }

  /** Whether it is a code of this moment that was not used yet; from now on it is. */
  async accepts(user: UserRecord, code: string): Promise<boolean> {
    const secret = this.#secrets.open(user.totpSecret ?? "", placeOf(user));
    const step = stepOf(secret, code, this.#clock.now());
    return step !== null && (await this.#accounts.useTotpStep(user, step));
  }

  /** What was begun no longer counts. */
  forget(userId: string): void {
    this.#enrolling.delete(userId);
  }
}

function placeOf({ id }: UserRecord): string {
  return `users/${id}/totp_secret`;
}
